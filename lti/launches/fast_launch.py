"""The fast launch of a known person by a known link, where nothing is new.

A lesson begins, and a course of hundreds opens the same link within a minute. So everything that is
kept of them is read at once, by what the message names before it is proven, and where a proven
message says the same again, all there is to write is the session and its line in the log. Whatever
differs, or is new, is left to the careful way (lti/launches/launch.py), and nothing has been written. Either way the row of the login is deleted by the
same transaction, so that of several who post one message a single one gets in. On PostgreSQL, where
each statement is a round trip, what is written travels as one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Delete, Select, and_, bindparam, exists, insert, select

from lms.core.compiled_statements import CompiledStatement, Driver
from lms.core.model_base import Base
from lms.lti_facade.learner_logins import learners_name
from lti.frames.session_creation import FRAME, FRAMES, frame_of, new_secret, write_frame
from lti.launches.launch_log import ENTRIES, LINE, Occurrence, line_of, write_line
from lti.launches.login_state import (
    BEGUN,
    PENDING_LOGINS,
    TAKE_UP,
    Begun,
    begun_of_row,
    hash_of_state,
)
from lti.launches.message_validation import Heard
from lti.launches.open_session_from_message import (
    LONGEST_TITLE,
    OPENED_EVERY,
    Whereabouts,
    opening_of,
)
from lti.models.courses import Context, ResourceLink
from lti.models.identities import Identity
from lti.models.registrations_and_keys import Deployment, DeploymentState, Registration
from lti.people.identities import is_as_said
from lti.protocol.content_target import Target
from lti.protocol.messages import Message
from lti.protocol.spec_vocabulary import CONTEXT, DEPLOYMENT_ID, RESOURCE_LINK
from lti.protocol.typed_claim_readers import Claims
from lti.registrations.deployments import SEEN_EVERY

_REGISTRATIONS, _DEPLOYMENTS, _IDENTITIES, _CONTEXTS, _LINKS = (
    Base.metadata.tables[model.__tablename__]
    for model in (Registration, Deployment, Identity, Context, ResourceLink)
)
_registration, _deployment, _identity, _context, _link = (
    table.c for table in (_REGISTRATIONS, _DEPLOYMENTS, _IDENTITIES, _CONTEXTS, _LINKS)
)


class Sought(NamedTuple):
    """What a message names of what may be kept: the platform's own ids."""

    deployment: str | None
    sub: str | None
    course: str | None
    link: str | None


class _Known(NamedTuple):
    """The rest of a row of `_KEPT`, in its order; what a launch does not name is None, as what is new."""

    deployment_id: int | None
    organization_id: int | None
    deployment_seen_at: datetime | None
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


@dataclass(frozen=True, slots=True)
class Kept:
    """All that is kept of a launch: its login, and what was known of those whom its message names."""

    begun: Begun
    sought: Sought
    known: _Known


@dataclass(frozen=True, slots=True)
class Coming:
    """A launch whose message was found in order: what is kept of it, what it says and shows, and in which browser."""

    kept: Kept
    heard: Heard
    message_type: str
    target: Target | None
    browser: str


def _kept() -> Select[*tuple[Any, ...]]:
    return (
        select(
            *BEGUN,
            _deployment.id.label("deployment_id"),
            _deployment.organization_id,
            _deployment.seen_at.label("deployment_seen_at"),
            _identity.id.label("identity_id"),
            _identity.login_id,
            _identity.email,
            learners_name(_identity.login_id).label("name"),
            _identity.sis_id,
            _identity.has_come,
            _identity.registration_id.label("came_by"),
            _identity.seen_at.label("identity_seen_at"),
            _context.id.label("context_id"),
            _context.title.label("context_title"),
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
        .select_from(PENDING_LOGINS)
        .join(_REGISTRATIONS, _registration.id == PENDING_LOGINS.c.registration_id)
        .outerjoin(
            _DEPLOYMENTS,
            and_(
                _deployment.registration_id == _registration.id,
                _deployment.deployment_id == bindparam("deployment"),
                _deployment.state == DeploymentState.APPROVED,
            ),
        )
        .outerjoin(
            _IDENTITIES,
            and_(
                _identity.issuer == _registration.issuer,
                _identity.organization_id == _deployment.organization_id,
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
        .where(PENDING_LOGINS.c.state_hash == bindparam("state_hash"))
    )


def _take_up() -> Delete:
    """Return what takes up the login, if the deployment is still whose it was when it was read."""
    is_approved = exists().where(
        _deployment.id == FRAME["deployment_id"],
        _deployment.state == DeploymentState.APPROVED,
        _deployment.organization_id == FRAME["organization_id"],
    )
    return TAKE_UP.where(is_approved)


_KEPT: Final = CompiledStatement(_kept())
_TAKE_UP: Final = CompiledStatement(_take_up())


def _in_one() -> Select[*tuple[Any, ...]]:
    """Return login, session and line as one statement; each waits for the one before."""
    taken = _take_up().returning(PENDING_LOGINS.c.id).cte("taken")
    opened = (
        insert(FRAMES)
        .from_select(list(FRAME), select(*FRAME.values()).select_from(taken))
        .returning(FRAMES.c.id)
        .cte("opened")
    )
    told = insert(ENTRIES).from_select(list(LINE), select(*LINE.values()).select_from(opened))
    return select(opened.c.id).add_cte(told.cte("told"))


_IN_ONE: Final = CompiledStatement(_in_one())


def sought_by(claims: Claims) -> Sought:
    """Return what claims name, whether or not they are in order and authentic."""
    course, link = (
        said.get("id") if isinstance(said, dict) else None
        for said in (claims.get(CONTEXT), claims.get(RESOURCE_LINK))
    )
    named = (claims.get(DEPLOYMENT_ID), claims.get("sub"), course, link)
    return Sought(*(said if isinstance(said, str) and said else None for said in named))


def find_kept(driver: Driver, state: str, sought: Sought, *, now: datetime) -> Kept:
    """Return all that is kept of a launch, at once; raises LaunchRefused where no login has this state."""
    state_hash = hash_of_state(state)
    row = _KEPT.one(driver, {"state_hash": state_hash, **sought._asdict()})
    login = None if row is None else row[: len(BEGUN)]
    begun = begun_of_row(login, state_hash, now=now)
    return Kept(begun, sought, _Known(*(row or ())[len(BEGUN) :]))


@dataclass(frozen=True, slots=True)
class Writing:
    """What opens a session and tells of it in the log; `secret` is kept nowhere else."""

    secret: str
    values: Mapping[str, Any]


def writing_of(coming: Coming, *, now: datetime) -> Writing | None:
    """Return what a launch of which all is known writes; None where something is new or otherwise."""
    kept, heard = coming.kept, coming.heard
    known, place = kept.known, heard.place
    proven = Sought(heard.deployment, heard.person.sub, place.context_id, place.link_id)
    if known.deployment_id is None or known.organization_id is None or kept.sought != proven:
        return None
    message = heard.message(
        kept.begun.platform,
        deployment_id=known.deployment_id,
        organization_id=known.organization_id,
    )
    if not _is_as_known(known, message, coming.target, now):
        return None
    where = Whereabouts(known.context_id, known.link_id, known.identity_id, known.login_id)
    said = Occurrence(message.registration_id, message.deployment_id, coming.message_type)
    opening = opening_of(
        message, where, target=coming.target, browser=coming.browser, public_id=said.public_id
    )
    secret = new_secret()
    values = {
        "state_hash": kept.begun.state_hash,
        **frame_of(opening, secret, now=now),
        **line_of(said, now=now),
    }
    return Writing(secret, values)


def write_known(driver: Driver, writing: Writing) -> bool:
    """Open the session and write its line in the log; tells whether the login was still there for it.

    Nothing is written, either, where the deployment was refused or given to another customer since
    it was read.
    """
    if driver.dialect.name == "postgresql":
        return _IN_ONE.one(driver, writing.values) is not None
    if not _TAKE_UP.count(driver, writing.values):
        return False
    write_frame(driver, writing.values)
    write_line(driver, writing.values)
    return True


def _is_as_known(known: _Known, message: Message, target: Target | None, now: datetime) -> bool:
    """Tell whether the careful way would change nothing that is kept."""
    seen = (known.deployment_seen_at, known.identity_seen_at)
    opened = (known.context_seen_at, known.link_seen_at)
    return (
        all(time is None or time > now - SEEN_EVERY for time in seen)
        and all(time is None or time > now - OPENED_EVERY for time in opened)
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
