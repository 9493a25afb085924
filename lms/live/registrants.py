"""Registrants of a live webinar: who registered for it or bought it, and their status."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, func, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from lms.access.decision_facts import load_cases
from lms.access.merged_logins import logins_of
from lms.access.policy import Action, Case, Code, decide
from lms.core.database import insert_into
from lms.models.accounts import Login
from lms.models.catalog import Webinar, WebinarState
from lms.models.grants import Grant
from lms.models.live import Registration
from lms.models.seats import Assignment, AssignmentState, Pool

AHEAD: Final = timedelta(days=400)  # buyers are registered this long in advance
LONGEST: Final = timedelta(days=1)
TO_COME: Final = (WebinarState.ANNOUNCED, WebinarState.WITHDRAWN)
_LOST: Final = frozenset({Code.REFUNDED, Code.REVOKED, Code.SEAT_RELEASED})


@dataclass(frozen=True, slots=True)
class Registrant:
    """A recipient of an email about a webinar, whichever of their logins registered.

    `sentences` say what it means for them, and `survey_url` is where to say how it was. `is_expected` means
    that the webinar is in their calendar. `key` is the unique key of the email, if they should get it only
    once.
    """

    login_id: int | None
    email: str
    name: str
    zone: str | None
    turns: int
    sentences: tuple[str, ...] = ()
    can_watch: bool = False
    survey_url: str = ""
    is_expected: bool = True
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """A person's registration for a live webinar; `left_at` is when they canceled it."""

    registered_at: datetime
    left_at: datetime | None
    turns: int

    @property
    def is_coming(self) -> bool:
        """Return whether they plan to attend."""
        return self.left_at is None


@dataclass(frozen=True, slots=True)
class Upcoming:
    """A live webinar that a person registered for and that isn't over."""

    slug: str
    title: str
    held_at: datetime
    zone: str
    minutes: int
    state: WebinarState
    was_moved: bool


def enroll_holders(session: Session, *, now: datetime, webinar_id: int | None = None) -> None:
    """Register the people who bought a webinar itself or claimed a seat in it, each once.

    Registrations that people canceled aren't renewed. Without `webinar_id`, covers all upcoming
    webinars.
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
        select(_PERSON.label("login_id"), Grant.webinar_id, Grant.created_at.label("since"))
        .join_from(Grant, Login, Login.id == Grant.login_id)
        .join(Webinar, Webinar.id == Grant.webinar_id)
        .where(in_force, asked)
    )
    # two comparisons, so that SQLite finds pools by their index, not all seats for each grant
    is_of_grant = or_(Pool.id == Grant.pool_id, Pool.allotted_from_id == Grant.pool_id)
    seated = (
        select(_PERSON.label("login_id"), Grant.webinar_id, Assignment.claimed_at.label("since"))
        .join_from(Grant, Pool, is_of_grant)
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
    # Rows that another request inserts in the meantime are left alone.
    put = insert_into(session, Registration).from_select(columns, found)
    session.execute(put.on_conflict_do_nothing())


def read_standing(session: Session, *, login_id: int, webinar_id: int) -> Standing | None:
    """Return a person's registration for a live webinar; None if they never registered."""
    rows = session.execute(
        select(Registration.registered_at, Registration.left_at, Registration.turns).where(
            Registration.login_id.in_(logins_of(login_id)), Registration.webinar_id == webinar_id
        )
    ).all()
    if not rows:
        return None
    # if both logins of one person are registered, the active registration wins
    best = min(rows, key=lambda row: (row.left_at is not None, row.registered_at))
    return Standing(best.registered_at, best.left_at, max(row.turns for row in rows))


def read_went_to(session: Session, *, login_id: int, webinar_id: int) -> Upcoming | None:
    """Return the webinar that replaced a person's canceled registration, or None."""
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
    """Return a person as emails about a webinar need them; None without an address or after canceling."""
    row = session.execute(
        _registrants(webinar_id).where(Registration.login_id.in_(logins_of(login_id)))
    ).one_or_none()
    return None if row is None else Registrant(*row)


def read_upcoming(session: Session, login_id: int, *, now: datetime) -> tuple[Upcoming, ...]:
    """Return the webinars that a person registered for and that aren't over, by date.

    Leaves out webinars whose access they have lost since.
    """
    rows = session.execute(_AHEAD, {"person": login_id, "begun_after": now - LONGEST})
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
    """Return whether a person lost access to a webinar: refunded, revoked, or the seat released."""
    return decide(case.login, case.webinar, Action.HANDOUT, now).code in _LOST


_KEPT: Final = aliased(Login)
_PERSON: Final = func.coalesce(Login.merged_into, Login.id)
_UPCOMING: Final[tuple[Any, ...]] = (
    Webinar.slug,
    Webinar.title,
    Webinar.held_at,
    Webinar.zone,
    Webinar.minutes,
    Webinar.state,
    Webinar.moved_at.is_not(None).label("was_moved"),
)
_AHEAD: Final = (
    select(Webinar.id, *_UPCOMING)
    .join_from(Registration, Webinar, Webinar.id == Registration.webinar_id)
    .where(
        Registration.login_id.in_(logins_of(bindparam("person"))),
        Registration.left_at.is_(None),
        Webinar.state.in_((*TO_COME, WebinarState.CANCELED)),
        Webinar.held_at > bindparam("begun_after"),
    )
    .order_by(Webinar.held_at, Webinar.slug)
    .distinct()
)
# Whether a person registered for one that isn't over; takes the parameters `person` and `begun_after`.
HAS_UPCOMING: Final = _AHEAD.exists()


def _registrants(webinar_id: int) -> Select[*tuple[Any, ...]]:
    columns: Sequence[Any] = (_KEPT.id, _KEPT.email, _KEPT.name, _KEPT.zone)
    return (
        select(*columns, func.max(Registration.turns))
        .join_from(Registration, Login, Login.id == Registration.login_id)
        .join(_KEPT, _KEPT.id == _PERSON)
        .where(
            Registration.webinar_id == webinar_id,
            Registration.left_at.is_(None),
            _KEPT.email.is_not(None),
            _KEPT.blocked_at.is_(None),
        )
        .group_by(*columns)
    )
