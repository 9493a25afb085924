"""Launches of somebody known by a known link, where nothing is new: which is what comes in crowds.

A lesson begins, and a course of hundreds opens the same link within a minute. So everything that is
kept of them is read at once, and where the message says the same again, all there is to write is
the session and its line in the log. Whatever differs, or is new, is left to the careful way
(lti/launching.py), and nothing has been written. Either way the row of the login is deleted by the
same transaction, so that of several who post one message a single one gets in. On PostgreSQL, where
each statement is a journey, what is written travels as one.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Select, and_, bindparam, exists, insert, select

from lms.db import Base, new_public_id
from lms.embedding.people import learners_name
from lms.lean import Driver, Lean
from lti.deployments import SEEN_EVERY
from lti.frame_openings import FRAME, FRAMES, frame_of, new_secret, write_frame
from lti.identities import is_as_said
from lti.launch_log import ENTRIES, LINE, Occurrence, line_of, write_line
from lti.logins import PENDING_LOGINS, TAKE_UP, Begun
from lti.messages import Message
from lti.models.courses import Context, ResourceLink
from lti.models.people import Identity
from lti.models.platforms import Deployment, DeploymentState
from lti.openings import LONGEST_TITLE, Whereabouts, opening_of
from lti.reading import Heard
from lti.targets import Target

_DEPLOYMENTS, _IDENTITIES, _CONTEXTS, _LINKS = (
    Base.metadata.tables[model.__tablename__]
    for model in (Deployment, Identity, Context, ResourceLink)
)
_deployment, _identity, _context, _link = (
    table.c for table in (_DEPLOYMENTS, _IDENTITIES, _CONTEXTS, _LINKS)
)


@dataclass(frozen=True, slots=True)
class Coming:
    """A launch whose message was found in order: what it answers, says and shows, and in which browser."""

    begun: Begun
    heard: Heard
    message_type: str
    target: Target | None
    browser: str


class _Known(NamedTuple):
    """One row of `_KNOWN`, in its order; what a launch does not name is None, as what is new."""

    deployment_id: int
    organisation_id: int
    deployment_seen_at: datetime
    identity_id: int | None
    login_id: int | None
    email: str | None
    name: str | None
    sis_id: str | None
    has_come: bool | None
    came_by: int | None
    identity_seen_at: datetime | None
    context_id: int | None
    context_title: str | None
    line_items_url: str | None
    memberships_url: str | None
    context_seen_at: datetime | None
    link_id: int | None
    link_title: str | None
    target: dict[str, Any] | None
    scopes: str | None
    line_item_url: str | None
    link_seen_at: datetime | None


def _known() -> Select[*tuple[Any, ...]]:
    return (
        select(
            _deployment.id,
            _deployment.organisation_id,
            _deployment.seen_at,
            _identity.id.label("identity_id"),
            _identity.login_id,
            _identity.email,
            learners_name(_identity.login_id).label("name"),
            _identity.sis_id,
            _identity.has_come,
            _identity.registration_id.label("came_by"),
            _identity.seen_at.label("identity_seen_at"),
            _context.id.label("context_id"),
            _context.title,
            _context.line_items_url,
            _context.memberships_url,
            _context.seen_at.label("context_seen_at"),
            _link.id.label("link_id"),
            _link.title.label("link_title"),
            _link.target,
            _link.scopes,
            _link.line_item_url,
            _link.seen_at.label("link_seen_at"),
        )
        .select_from(_DEPLOYMENTS)
        .outerjoin(
            _IDENTITIES,
            and_(
                _identity.issuer == bindparam("issuer"),
                _identity.organisation_id == _deployment.organisation_id,
                _identity.sub == bindparam("sub"),
            ),
        )
        .outerjoin(
            _CONTEXTS,
            and_(
                _context.deployment_id == _deployment.id,
                _context.context_id == bindparam("course"),
            ),
        )
        .outerjoin(
            _LINKS,
            and_(
                _link.context_id == _context.id,
                _link.resource_link_id == bindparam("link"),
            ),
        )
        .where(
            _deployment.registration_id == bindparam("platform"),
            _deployment.deployment_id == bindparam("deployment"),
            _deployment.state == DeploymentState.APPROVED,
        )
    )


_KNOWN: Final = Lean(_known())
_TAKE_UP: Final = Lean(TAKE_UP)


def _in_one() -> Select[*tuple[Any, ...]]:
    """Return login, session and line as one statement; each waits for the one before."""
    is_approved = exists().where(
        _deployment.id == FRAME["deployment_id"],
        _deployment.state == DeploymentState.APPROVED,
        _deployment.organisation_id == FRAME["organisation_id"],
    )
    taken = TAKE_UP.where(is_approved).returning(PENDING_LOGINS.c.id).cte("taken")
    opened = (
        insert(FRAMES)
        .from_select(list(FRAME), select(*FRAME.values()).select_from(taken))
        .returning(FRAMES.c.id)
        .cte("opened")
    )
    told = insert(ENTRIES).from_select(list(LINE), select(*LINE.values()).select_from(opened))
    return select(opened.c.id).add_cte(told.cte("told"))


_IN_ONE: Final = Lean(_in_one())


def open_known(driver: Driver, coming: Coming, *, now: datetime) -> str | None:
    """Open the session of a launch of which all is known, and write its line in the log.

    Returns its secret. None, and nothing written, where something is new or otherwise, and where
    the login was taken up meanwhile.
    """
    known = _find(driver, coming)
    if known is None:
        return None
    message = coming.heard.message(
        coming.begun.platform,
        deployment_id=known.deployment_id,
        organisation_id=known.organisation_id,
    )
    if not _is_as_known(known, message, coming.target, now):
        return None
    where = Whereabouts(known.context_id, known.link_id, known.identity_id, known.login_id)
    opening = opening_of(message, where, target=coming.target, browser=coming.browser)
    secret = new_secret()
    said = Occurrence(message.registration_id, message.deployment_id, coming.message_type)
    values = {
        "state_hash": coming.begun.state_hash,
        **frame_of(opening, secret, now=now),
        **line_of(said, new_public_id(), now=now),
    }
    return secret if _write(driver, values) else None


def _find(driver: Driver, coming: Coming) -> _Known | None:
    platform, heard = coming.begun.platform, coming.heard
    row = _KNOWN.one(
        driver,
        {
            "platform": platform.id,
            "deployment": heard.deployment,
            "issuer": platform.issuer,
            "sub": heard.person.sub,
            "course": heard.place.context_id,
            "link": heard.place.link_id,
        },
    )
    return None if row is None else _Known(*row)


def _write(driver: Driver, values: dict[str, Any]) -> bool:
    if driver.dialect.name == "postgresql":
        return _IN_ONE.one(driver, values) is not None
    if not _TAKE_UP.count(driver, values):
        return False
    write_frame(driver, values)
    write_line(driver, values)
    return True


def _is_as_known(known: _Known, message: Message, target: Target | None, now: datetime) -> bool:
    """Tell whether the careful way would change nothing that is kept."""
    times = (
        known.deployment_seen_at,
        known.identity_seen_at,
        known.context_seen_at,
        known.link_seen_at,
    )
    return (
        all(time is None or time > now - SEEN_EVERY for time in times)
        and _is_known_person(known, message)
        and _is_known_course(known, message)
        and _is_known_link(known, message, target)
    )


def _is_known_person(known: _Known, message: Message) -> bool:
    if message.person.sub is None:
        return True
    is_noted = bool(known.has_come) and known.came_by == message.registration_id
    return is_noted and is_as_said(known.email, known.name, known.sis_id, message.person)


def _is_known_course(known: _Known, message: Message) -> bool:
    place, services = message.place, message.services
    if place.context_id is None:
        return True
    return (
        known.context_id is not None
        and place.context_title[:LONGEST_TITLE] in ("", known.context_title)
        and services.line_items in (None, known.line_items_url)
        and services.memberships in (None, known.memberships_url)
    )


def _is_known_link(known: _Known, message: Message, target: Target | None) -> bool:
    place, services = message.place, message.services
    if place.context_id is None or place.link_id is None:
        return True
    return (
        known.link_id is not None
        and place.link_title[:LONGEST_TITLE] in ("", known.link_title)
        and (target is None or target.stored == known.target)
        and " ".join(sorted(services.scopes)) == known.scopes
        and services.line_item in (None, known.line_item_url)
    )
