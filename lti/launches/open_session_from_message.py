"""Finds or creates the person, course and link that a verified message names."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.core.bulk_insert import add_once
from lti.grades.copied_link_grading_rules import note_services, note_target, take_over_rule
from lti.launches.launch_lookup import Known
from lti.models.courses import Context, ResourceLink
from lti.people.identities import SEEN_EVERY, ensure_identity, is_unchanged
from lti.protocol.content_target import Target
from lti.protocol.messages import Message
from lti.registrations.deployments import Tenant

LONGEST_TITLE: Final = 500
OPENED_EVERY: Final = timedelta(minutes=1)  # managers see when a course was last opened


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Row ids of the person, login, course and link of a launch; None for what the message does not name."""

    identity_id: int | None = None
    login_id: int | None = None
    context_id: int | None = None
    link_id: int | None = None


def find_or_make(
    session: Session,
    message: Message,
    known: Known,
    tenant: Tenant,
    target: Target | None,
    *,
    now: datetime,
) -> Whereabouts:
    """Return the rows of a launch, writing only what is new or has changed.

    `known` is what `find_launch` found for the same message, `target` what the message names. Creates
    the person on the first launch; without `sub` the person stays anonymous.
    """
    identity_id, login_id = _who(session, message, known, tenant, now)
    context_id = link_id = None
    if message.place.context_id is not None:
        context_id = known.context_id
        if context_id is None or not _is_known_course(known, message, now):
            context_id = _context(session, message, tenant, now)
        if message.place.link_id is not None:
            link_id = known.link_id
            if link_id is None or not _is_known_link(known, message, target, now):
                link_id = _link(session, message, context_id, tenant.id, target, now)
    return Whereabouts(identity_id, login_id, context_id, link_id)


def _who(
    session: Session, message: Message, known: Known, tenant: Tenant, now: datetime
) -> tuple[int | None, int | None]:
    person = message.person
    if person.sub is None:
        return None, None
    is_known = (
        known.identity_seen_at is not None
        and known.identity_seen_at > now - SEEN_EVERY
        and known.has_come
        and known.came_by == message.registration_id
        and is_unchanged(known.email, known.name, known.sis_id, person)
    )
    if is_known:
        return known.identity_id, known.login_id
    came = ensure_identity(
        session,
        issuer=message.issuer,
        organization_id=tenant.organization_id or 0,
        person=person,
        registration_id=message.registration_id,
        now=now,
    )
    return came.identity_id, came.login_id


def _is_known_course(known: Known, message: Message, now: datetime) -> bool:
    place, services = message.place, message.services
    return (
        known.context_seen_at is not None
        and known.context_seen_at > now - OPENED_EVERY
        and place.context_title[:LONGEST_TITLE] in ("", known.context_title)
        and services.line_items in (None, known.line_items_url)
        and services.memberships in (None, known.memberships_url)
    )


def _is_known_link(known: Known, message: Message, target: Target | None, now: datetime) -> bool:
    place, services = message.place, message.services
    return (
        known.link_seen_at is not None
        and known.link_seen_at > now - OPENED_EVERY
        and place.link_title[:LONGEST_TITLE] in ("", known.link_title)
        and (target is None or target.custom == known.target)
        and " ".join(sorted(services.scopes)) == known.scopes
        and services.line_item in (None, known.line_item_url)
    )


def _context(session: Session, message: Message, tenant: Tenant, now: datetime) -> int:
    """Return the course of a launch, with its service URLs updated."""
    place = message.place
    query = select(Context).where(
        Context.deployment_id == tenant.id, Context.context_id == place.context_id
    )
    found = session.scalar(query)
    if found is None:
        made = Context(
            deployment_id=tenant.id,
            context_id=place.context_id or "",
            created_at=now,
            seen_at=now,
        )
        # or a simultaneous launch created it
        found = made if add_once(session, made) else session.scalars(query).one()
    found.title = place.context_title[:LONGEST_TITLE] or found.title
    found.line_items_url = message.services.line_items or found.line_items_url
    if message.services.memberships not in (None, found.memberships_url):
        # the roster's changes are at the old URL, perhaps on a host that is gone
        found.memberships_url, found.differences_url = message.services.memberships, None
    if found.seen_at <= now - OPENED_EVERY:
        found.seen_at = now
    session.flush()
    return found.id


def _link(
    session: Session,
    message: Message,
    context_id: int,
    deployment_id: int,
    target: Target | None,
    now: datetime,
) -> int:
    """Return the link of a launch, with its target updated from the signed message."""
    place = message.place
    query = select(ResourceLink).where(
        ResourceLink.context_id == context_id, ResourceLink.resource_link_id == place.link_id
    )
    found = session.scalar(query)
    is_new = False
    if found is None:
        made = ResourceLink(
            context_id=context_id,
            resource_link_id=place.link_id or "",
            created_at=now,
            seen_at=now,
        )
        is_new = add_once(session, made)
        found = made if is_new else session.scalars(query).one()
    found.title = place.link_title[:LONGEST_TITLE] or found.title
    note_target(session, found, target)
    if found.seen_at <= now - OPENED_EVERY:
        found.seen_at = now
    if is_new:
        take_over_rule(session, found, deployment_id, place)
    scopes = " ".join(sorted(message.services.scopes))
    note_services(session, found, scopes=scopes, line_item_url=message.services.line_item, now=now)
    return found.id
