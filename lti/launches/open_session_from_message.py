"""Opens a session from a verified message: finds or makes the person, course and link."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lti.frames.session_creation import Opening, open_frame
from lti.grades.copied_link_grading_rules import note_services, take_over_rule
from lti.models.courses import Context, ResourceLink
from lti.models.launches import FrameRole, Purpose
from lti.people.identities import Known, know, note_registration
from lti.protocol.content_target import Target
from lti.protocol.messages import Message, MessageType

PURPOSES: Final = {
    MessageType.RESOURCE_LINK: Purpose.WATCH,
    MessageType.DEEP_LINKING: Purpose.PICK,
    MessageType.SUBMISSION_REVIEW: Purpose.REVIEW,
    MessageType.DATA_PRIVACY: Purpose.PRIVACY,
}
LONGEST_TITLE: Final = 500
OPENED_EVERY: Final = timedelta(minutes=1)  # managers read when a course was last opened


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Who launches from where, as rows of ours; None for what the message does not name."""

    context_id: int | None = None
    link_id: int | None = None
    identity_id: int | None = None
    login_id: int | None = None


def open_launch(
    session: Session,
    message: Message,
    *,
    target: Target | None,
    browser: str | None,
    public_id: str,
    now: datetime,
) -> str:
    """Open the framed session of a launch and return its secret.

    `target` is what the message names, `browser` the cookie that survived, `public_id` the outside id
    that the session shares with its line of the log. A person is made here
    the first time; somebody without `sub` stays unknown.
    """
    known = _who(session, message, now)
    context = _context(session, message, now)
    link = None if context is None else _link(session, message, context, target, now)
    where = Whereabouts(
        context_id=None if context is None else context.id,
        link_id=None if link is None else link.id,
        identity_id=None if known is None else known.identity_id,
        login_id=None if known is None else known.login_id,
    )
    opening = opening_of(message, where, target=target, browser=browser, public_id=public_id)
    return open_frame(session, opening, now=now)


def opening_of(
    message: Message,
    where: Whereabouts,
    *,
    target: Target | None,
    browser: str | None,
    public_id: str,
) -> Opening:
    """Return the framed session that a message opens for somebody at a place."""
    return Opening(
        purpose=PURPOSES[message.type],
        role=FrameRole.ANONYMOUS if where.identity_id is None else message.person.role,
        organization_id=message.organization_id,
        origins=message.origins,
        target=target,
        deployment_id=message.deployment_id,
        context_id=where.context_id,
        link_id=where.link_id,
        identity_id=where.identity_id,
        login_id=where.login_id,
        is_test_user=message.person.is_test_user,
        services=_kept_services(message),
        locale=message.locale,
        browser=browser,
        public_id=public_id,
    )


def _who(session: Session, message: Message, now: datetime) -> Known | None:
    if message.person.sub is None:
        return None
    known = know(
        session,
        issuer=message.issuer,
        organization_id=message.organization_id,
        sub=message.person.sub,
        person=message.person,
        now=now,
    )
    note_registration(session, known.identity_id, message.registration_id)
    return known


def _kept_services(message: Message) -> dict[str, Any]:
    said = message.services
    services: dict[str, Any] = {name: getattr(said, name) for name in said.__slots__}
    services["scopes"] = sorted(said.scopes)
    if message.deep_linking is not None:
        services["deep_linking"] = asdict(message.deep_linking)
    return services


def _context(session: Session, message: Message, now: datetime) -> Context | None:
    """Return the course of a launch, with the addresses of its services as they are now."""
    place = message.place
    if place.context_id is None:
        return None
    query = select(Context).where(
        Context.deployment_id == message.deployment_id, Context.context_id == place.context_id
    )
    found = session.scalar(query)
    if found is None:
        made = Context(
            deployment_id=message.deployment_id,
            context_id=place.context_id,
            created_at=now,
            seen_at=now,
        )
        try:
            with session.begin_nested():
                session.add(made)
            found = made
        except IntegrityError:  # another launch of the same moment made it
            found = session.scalars(query).one()
    found.title = place.context_title[:LONGEST_TITLE] or found.title
    found.line_items_url = message.services.line_items or found.line_items_url
    found.memberships_url = message.services.memberships or found.memberships_url
    if found.seen_at <= now - OPENED_EVERY:
        found.seen_at = now
    session.flush()
    return found


def _link(
    session: Session, message: Message, context: Context, target: Target | None, now: datetime
) -> ResourceLink | None:
    """Return the link of a launch, showing what the signed message names now."""
    place = message.place
    if place.link_id is None:
        return None
    query = select(ResourceLink).where(
        ResourceLink.context_id == context.id, ResourceLink.resource_link_id == place.link_id
    )
    found = session.scalar(query)
    is_new = found is None
    if found is None:
        made = ResourceLink(
            context_id=context.id, resource_link_id=place.link_id, created_at=now, seen_at=now
        )
        try:
            with session.begin_nested():
                session.add(made)
            found = made
        except IntegrityError:
            found, is_new = session.scalars(query).one(), False
    found.title = place.link_title[:LONGEST_TITLE] or found.title
    found.target = found.target if target is None else target.stored
    if found.seen_at <= now - OPENED_EVERY:
        found.seen_at = now
    if is_new:
        take_over_rule(session, found, context.deployment_id, place)
    scopes = " ".join(sorted(message.services.scopes))
    note_services(session, found, scopes=scopes, line_item_url=message.services.line_item, now=now)
    return found
