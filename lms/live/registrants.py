"""Registrants of a live webinar: who registered or bought it, and how each one stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from lms.access.decision_facts import load_cases
from lms.access.merged_logins import logins_of
from lms.access.policy import Action, Case, Code, decide
from lms.core.database import insert_into
from lms.models.accounts import Login
from lms.models.catalog import Webinar, WebinarState
from lms.models.grants import Grant
from lms.models.live import Registration
from lms.models.mail import Mail
from lms.models.seats import Assignment, AssignmentState, Pool

AHEAD: Final = timedelta(days=400)  # so far ahead it is noted who bought a webinar
LONGEST: Final = timedelta(days=1)
TO_COME: Final = (WebinarState.ANNOUNCED, WebinarState.WITHDRAWN)
_LOST: Final = frozenset({Code.REFUNDED, Code.REVOKED, Code.SEAT_RELEASED})


@dataclass(frozen=True, slots=True)
class Registrant:
    """A person who will come, whichever of their log-ins they registered by."""

    login_id: int
    public_id: str
    email: str
    name: str
    zone: str | None
    turns: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How a person stands to a live webinar; `left_at` is when they said that they won't come."""

    registered_at: datetime
    left_at: datetime | None
    turns: int

    @property
    def is_coming(self) -> bool:
        """Tell whether they are expected."""
        return self.left_at is None


@dataclass(frozen=True, slots=True)
class Upcoming:
    """A live webinar that somebody registered for and that is not over."""

    slug: str
    title: str
    held_at: datetime
    zone: str
    minutes: int
    state: WebinarState
    was_moved: bool


def enroll_holders(session: Session, *, now: datetime, webinar_id: int | None = None) -> None:
    """Note those who bought a webinar itself among those who will come, each once.

    Who said that they won't come isn't noted anew. For every webinar to come, or for one.
    """
    asked: ColumnElement[bool]
    if webinar_id is None:
        asked = and_(
            Webinar.state.in_(TO_COME),
            Webinar.held_at > now - LONGEST,
            Webinar.held_at < now + AHEAD,
        )
    else:
        asked = Webinar.id == webinar_id
    in_force = and_(
        Grant.webinar_id.is_not(None),
        Grant.revoked_at.is_(None),
        Grant.starts_at <= now,
        or_(Grant.ends_at.is_(None), Grant.ends_at > now),
    )
    own = (
        select(_person(Login).label("login_id"), Grant.webinar_id, Grant.created_at.label("since"))
        .join_from(Grant, Login, Login.id == Grant.login_id)
        .join(Webinar, Webinar.id == Grant.webinar_id)
        .where(in_force, asked)
    )
    pool_of = func.coalesce(Pool.allotted_from_id, Pool.id)
    seated = (
        select(
            _person(Login).label("login_id"), Grant.webinar_id, Assignment.claimed_at.label("since")
        )
        .join_from(Grant, Pool, pool_of == Grant.pool_id)
        .join(Assignment, Assignment.pool_id == Pool.id)
        .join(Login, Login.id == Assignment.login_id)
        .join(Webinar, Webinar.id == Grant.webinar_id)
        .where(in_force, asked, Assignment.state == AssignmentState.CLAIMED)
    )
    held = union_all(own, seated).subquery()
    also = aliased(Login)
    known = exists().where(
        Registration.webinar_id == held.c.webinar_id,
        Registration.login_id == also.id,
        or_(also.id == held.c.login_id, also.merged_into == held.c.login_id),
    )
    found = (
        select(held.c.login_id, held.c.webinar_id, func.min(held.c.since))
        .where(~known)
        .group_by(held.c.login_id, held.c.webinar_id)
    )
    columns = ("login_id", "webinar_id", "registered_at")
    put = insert_into(session, Registration).from_select(columns, found)
    session.execute(put.on_conflict_do_nothing())


def read_standing(session: Session, *, login_id: int, webinar_id: int) -> Standing | None:
    """Return how a person stands to a live webinar; None for who never registered."""
    rows = session.execute(
        select(Registration.registered_at, Registration.left_at, Registration.turns).where(
            Registration.login_id.in_(logins_of(login_id)), Registration.webinar_id == webinar_id
        )
    ).all()
    if not rows:
        return None
    # of two log-ins of one person, the one that will come counts
    best = min(rows, key=lambda row: (row.left_at is not None, row.registered_at))
    return Standing(best.registered_at, best.left_at, max(row.turns for row in rows))


def read_went_to(session: Session, *, login_id: int, webinar_id: int) -> Upcoming | None:
    """Return the webinar that a person has instead of one they were to come to, if they moved."""
    row = session.execute(
        select(*_UPCOMING)
        .join_from(Registration, Webinar, Webinar.public_id == Registration.went_to)
        .where(
            Registration.login_id.in_(logins_of(login_id)),
            Registration.webinar_id == webinar_id,
            Registration.left_at.is_not(None),
        )
        .limit(1)
    ).one_or_none()
    return None if row is None else Upcoming(*row)


def read_registrant(session: Session, *, login_id: int, webinar_id: int) -> Registrant | None:
    """Return a person as letters about a webinar need them; None without an address, or who won't come."""
    row = session.execute(
        _registrants(webinar_id).where(Registration.login_id.in_(logins_of(login_id)))
    ).one_or_none()
    return None if row is None else Registrant(*row)


def read_untold(
    session: Session,
    webinar_id: int,
    key: str,
    *,
    after: int,
    limit: int,
    registered_by: datetime | None,
) -> tuple[Registrant, ...]:
    """Return some of those who will come and have no letter whose key is `key` with their outside id.

    In the order of their log-ins (row ids) after this one; with `registered_by`, only who
    registered no later than that.
    """
    told = exists().where(Mail.unique_key == literal(key) + _KEPT.public_id)
    wanted = _registrants(webinar_id).where(~told, _KEPT.id > after)
    if registered_by is not None:
        wanted = wanted.where(Registration.registered_at <= registered_by)
    rows = session.execute(wanted.order_by(_KEPT.id).limit(limit))
    return tuple(Registrant(*row) for row in rows)


def read_upcoming(session: Session, login_id: int, *, now: datetime) -> tuple[Upcoming, ...]:
    """Return the webinars a person registered for that are not over, in their order.

    Of what was taken from them since there is none.
    """
    rows = session.execute(
        select(Webinar.id, *_UPCOMING)
        .join_from(Registration, Webinar, Webinar.id == Registration.webinar_id)
        .where(
            Registration.login_id.in_(logins_of(login_id)),
            Registration.left_at.is_(None),
            Webinar.state.in_((*TO_COME, WebinarState.CANCELED)),
            Webinar.held_at > now - LONGEST,
        )
        .order_by(Webinar.held_at, Webinar.slug)
        .distinct()
    )
    found = {row.id: Upcoming(*row[1:]) for row in rows}
    ahead = {
        webinar_id: one
        for webinar_id, one in found.items()
        if one.held_at + timedelta(minutes=one.minutes) > now
    }
    if not ahead:
        return ()
    cases = load_cases(session, login_id=login_id, webinar_ids=list(ahead))
    return tuple(one for webinar_id, one in ahead.items() if not has_lost(cases[webinar_id], now))


def has_lost(case: Case, now: datetime) -> bool:
    """Tell whether a webinar was taken from who registered: refunded, revoked, or the seat given on."""
    return decide(case.login, case.webinar, Action.HANDOUT, now).code in _LOST


_KEPT: Final = aliased(Login)
_UPCOMING: Final[tuple[Any, ...]] = (
    Webinar.slug,
    Webinar.title,
    Webinar.held_at,
    Webinar.zone,
    Webinar.minutes,
    Webinar.state,
    Webinar.moved_at.is_not(None).label("was_moved"),
)


def _person(login: type[Login]) -> ColumnElement[int]:
    return func.coalesce(login.merged_into, login.id)


def _registrants(webinar_id: int) -> Select[*tuple[Any, ...]]:
    columns: Sequence[Any] = (_KEPT.id, _KEPT.public_id, _KEPT.email, _KEPT.name, _KEPT.zone)
    return (
        select(*columns, func.max(Registration.turns))
        .join_from(Registration, Login, Login.id == Registration.login_id)
        .join(_KEPT, _KEPT.id == _person(Login))
        .where(
            Registration.webinar_id == webinar_id,
            Registration.left_at.is_(None),
            _KEPT.email.is_not(None),
            _KEPT.blocked_at.is_(None),
        )
        .group_by(*columns)
    )
