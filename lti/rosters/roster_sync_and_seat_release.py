"""The roster sync and seat release: who is in each course, and whose unused seat is released.

Being listed gives no seat. A person missing from two syncs loses a seat that was never used, unless the
roster looks wrong: then nothing is released until a manager decides.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from lms import audit
from lms.core.errors import N_, Conflict, NotFound, or_not_found
from lms.core.model_base import locked
from lms.lti_facade.learner_logins import names_of
from lms.lti_facade.seats import give_back, unused_seats
from lms.mail.links import Links
from lti.models.courses import Context, RosterMember
from lti.models.delivery_leases import Turn
from lti.models.identities import Identity
from lti.models.registrations_and_keys import (
    Deployment,
    DeploymentState,
    Registration,
    RegistrationState,
)
from lti.rosters.names_and_roles_service import Member, Roster

SEEN_LATELY: Final = timedelta(days=30)
SYNCED_EVERY: Final = timedelta(hours=20)
COUNTED_EVERY: Final = timedelta(hours=1)  # two requests in a row count as one sync
GONE_AFTER: Final = 2
MOST_AT_ONCE: Final = 100
NOTHING_HELD_BACK: Final = N_("No seats in this course need your decision.")
NO_ROSTER: Final = N_("The LMS of this course doesn't share its roster.")


@dataclass(frozen=True, slots=True)
class Source:
    """Where to request a course's roster; `differences_url` returns changes only.

    `deployment` is the platform's ID of the course's deployment.
    """

    context_id: int
    registration_id: int
    deployment: str
    url: str
    differences_url: str | None


@dataclass(frozen=True, slots=True)
class Leaver:
    """A person who would lose seats: their name, "" if unknown, and the number of seats."""

    name: str
    seats: int


@dataclass(frozen=True, slots=True)
class HeldBack:
    """A decision that a manager must make: who would lose seats, and how many others left."""

    leavers: tuple[Leaver, ...]
    without_seat: int


@dataclass(frozen=True, slots=True)
class _Course:
    context: Context
    issuer: str
    organization_id: int


def courses_due(session: Session, *, now: datetime) -> tuple[str, ...]:
    """Return courses (public IDs) that were recently used and whose roster is a day old."""
    query = (
        _served(select(Context.public_id))
        .outerjoin(Turn, Turn.registration_id == Registration.id)
        .where(
            Context.memberships_url.is_not(None),
            Context.seen_at > now - SEEN_LATELY,
            or_(Context.synced_at.is_(None), Context.synced_at <= now - SYNCED_EVERY),
            or_(Turn.asks_at.is_(None), Turn.asks_at <= now),
        )
        # Courses that fail stay due, so they come last, at random.
        .order_by(Context.sync_failure.is_not(None), func.random())
        .limit(MOST_AT_ONCE)
    )
    return tuple(session.scalars(query))


def find_source(session: Session, course_id: str) -> Source:
    """Return where to request the roster of a course (public ID).

    Raises NotFound, and Conflict for a course without one.
    """
    query = _served(select(Context, Registration.id, Deployment.deployment_id)).where(
        Context.public_id == course_id
    )
    row = or_not_found(session.execute(query).one_or_none())
    context, registration_id, deployment = row
    if context.memberships_url is None:
        raise Conflict(NO_ROSTER)
    return Source(
        context.id,
        registration_id,
        deployment,
        context.memberships_url,
        context.differences_url,
    )


def keep_roster(
    session: Session,
    context_id: int,
    roster: Roster,
    *,
    only_changes: bool,
    links: Links,
    now: datetime,
) -> None:
    """Store a roster, or its changes, and release the unused seats of people who left.

    If more than a fifth of the course would go (all, for an empty roster) and seats are at stake,
    nothing is released, and `held_back` is set to the number of people who would lose a seat.
    """
    course = _locked(session, context_id)
    context = course.context
    known = _known(session, context_id)
    here = {member.sub: member for member in roster.members if not member.has_left}
    gone = {member.sub for member in roster.members if member.has_left}
    for sub, row in known.items():
        is_missing = sub in gone or row.missed > 0 or not only_changes
        if sub not in here and is_missing:
            _miss(row, now)
            row.is_active = row.is_active and sub not in gone
    for member in here.values():
        _keep(session, context_id, known.get(member.sub), member, now)
    context.synced_at, context.sync_failure = now, None
    context.differences_url = roster.differences_url
    session.flush()
    _let_go(
        session,
        course,
        [row for row in known.values() if row.missed >= GONE_AFTER],
        len(known),
        links,
        now,
    )


def note_failure(session: Session, context_id: int, reason: str) -> None:
    """Store why a roster could not be read; earlier data stays, and the next sync reads all of it."""
    context = session.get_one(Context, context_id)
    context.sync_failure, context.differences_url = reason, None
    session.flush()


def who_would_go(session: Session, course_id: str) -> HeldBack:
    """Return the people who would lose seats by `confirm_releases`, by name.

    `course_id` is the public ID. Raises NotFound, and Conflict if nothing was held back.
    """
    course = _held(session, course_id)
    going = _going(session, course.context.id)
    logins = _logins_of(session, course, going)
    seats = Counter(unused_seats(session, course.organization_id, logins).values())
    names = names_of(session, seats.keys())
    leavers = [Leaver(names.get(login_id, ""), number) for login_id, number in seats.items()]
    return HeldBack(
        tuple(sorted(leavers, key=lambda each: each.name.casefold())), len(going) - len(leavers)
    )


def confirm_releases(
    session: Session, course_id: str, *, links: Links, actor: str | None, now: datetime
) -> int:
    """Release the seats that were held back; return their number.

    `course_id` is the public ID. Raises NotFound, and Conflict if nothing was held back.
    """
    course = _held(session, course_id)
    going = _going(session, course.context.id)
    seats = _release(session, course, going, links, now)
    detail = {"seats": seats}
    audit.record(
        session, "course.releases_confirmed", course_id, actor=actor, now=now, detail=detail
    )
    return seats


def dismiss_releases(session: Session, course_id: str, *, actor: str | None, now: datetime) -> None:
    """Release no seats, because the roster was wrong. `course_id` is the public ID.

    The people count as listed again. Raises NotFound, and Conflict if nothing was held back.
    """
    course = _held(session, course_id)
    for row in _going(session, course.context.id):
        row.missed, row.missed_at = 0, None
    course.context.held_back = None
    audit.record(session, "course.releases_dismissed", course_id, actor=actor, now=now)
    session.flush()


def _served(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    return (
        query.select_from(Context)
        .join(Deployment, Deployment.id == Context.deployment_id)
        .join(Registration, Registration.id == Deployment.registration_id)
        .where(
            Deployment.state == DeploymentState.APPROVED,
            Registration.state == RegistrationState.ACTIVE,
        )
    )


def _locked(session: Session, context_id: int) -> _Course:
    row = session.execute(
        locked(
            select(Context, Registration.issuer, Deployment.organization_id)
            .join(Deployment, Deployment.id == Context.deployment_id)
            .join(Registration, Registration.id == Deployment.registration_id)
            .where(Context.id == context_id),
            of=Context,
        )
    ).one_or_none()
    if row is None or row.organization_id is None:
        raise NotFound
    return _Course(row.Context, row.issuer, row.organization_id)


def _held(session: Session, course_id: str) -> _Course:
    query = select(Context.id).where(Context.public_id == course_id)
    context_id = or_not_found(session.scalar(query))
    course = _locked(session, context_id)
    if course.context.held_back is None:
        raise Conflict(NOTHING_HELD_BACK)
    return course


def _known(session: Session, context_id: int) -> Mapping[str, RosterMember]:
    rows = session.scalars(select(RosterMember).where(RosterMember.context_id == context_id))
    return {row.sub: row for row in rows}


def _going(session: Session, context_id: int) -> list[RosterMember]:
    rows = _known(session, context_id).values()
    return [row for row in rows if row.missed >= GONE_AFTER]


def _keep(
    session: Session, context_id: int, row: RosterMember | None, member: Member, now: datetime
) -> None:
    if row is None:
        row = RosterMember(context_id=context_id, sub=member.sub, created_at=now, seen_at=now)
        session.add(row)
    row.name = member.name or row.name
    row.email, row.sis_id = member.email, member.sis_id
    row.is_instructor, row.is_active = member.is_instructor, member.status == "active"
    row.missed, row.missed_at, row.seen_at = 0, None, now


def _miss(row: RosterMember, now: datetime) -> None:
    """Count a sync without this person: the first at once, then at most one per hour."""
    if row.missed_at is None or row.missed_at <= now - COUNTED_EVERY:
        row.missed, row.missed_at = row.missed + 1, now


def _let_go(
    session: Session,
    course: _Course,
    going: list[RosterMember],
    known: int,
    links: Links,
    now: datetime,
) -> None:
    logins = _logins_of(session, course, going)
    seats = unused_seats(session, course.organization_id, logins)
    if not seats or len(going) * 5 <= known:
        _release(session, course, going, links, now)
        return
    people = len(set(seats.values()))
    if course.context.held_back != people:
        detail = {"people": people}
        course_id = course.context.public_id
        audit.record(
            session, "course.releases_held_back", course_id, actor=None, now=now, detail=detail
        )
    course.context.held_back = people
    session.flush()


def _release(
    session: Session,
    course: _Course,
    going: Collection[RosterMember],
    links: Links,
    now: datetime,
) -> int:
    logins = _logins_of(session, course, going)
    seats = give_back(session, course.organization_id, logins, links=links, now=now)
    for row in going:
        session.delete(row)
    course.context.held_back = None
    session.flush()
    return seats


def _logins_of(
    session: Session, course: _Course, going: Collection[RosterMember]
) -> tuple[int, ...]:
    """Return the logins of people who left and are in no other course of this platform.

    A course whose roster is no longer read doesn't count: who has left it since isn't known.
    """
    subs = {row.sub for row in going}
    read_at = course.context.synced_at or course.context.created_at
    elsewhere = set(
        session.scalars(
            select(RosterMember.sub)
            .join(Context, Context.id == RosterMember.context_id)
            .join(Deployment, Deployment.id == Context.deployment_id)
            .join(Registration, Registration.id == Deployment.registration_id)
            .where(
                RosterMember.sub.in_(sorted(subs)),
                RosterMember.missed == 0,
                Context.id != course.context.id,
                Context.seen_at > read_at - SEEN_LATELY,
                Registration.state != RegistrationState.DISABLED,
                Deployment.state != DeploymentState.REFUSED,
                Registration.issuer == course.issuer,
                Deployment.organization_id == course.organization_id,
            )
        )
    )
    logins = session.scalars(
        select(Identity.login_id).where(
            Identity.issuer == course.issuer,
            Identity.organization_id == course.organization_id,
            Identity.sub.in_(sorted(subs - elsewhere)),
        )
    )
    return tuple(logins)
