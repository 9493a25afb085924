"""Contract renewals and seat reductions: who leaves a smaller term (PRODUCT.md, C1, C2, C4)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from lms import audit
from lms.core.errors import N_, Conflict, Invalid, NotFound
from lms.grants.grants import Target, Term, next_end, year_from
from lms.models.accounts import Login
from lms.models.grants import Grant, OfferKind
from lms.models.orders import Order, OrderLine
from lms.models.organizations import Organization
from lms.models.seats import Assignment, AssignmentState, Pool, Seat
from lms.seats import pools
from lms.seats.capacity import KEPT_FROZEN, Line, Standing, capacity_at, changes_of
from lms.seats.pool_reconciliation import LAST_ACTIVE, LOSES_FIRST
from lms.seats.pools import NewPoolGrant, PoolFacts, read_pool
from lms.seats.seat_counts import COUNTED, lock_family, read_lines, recount

NEVER_ENDS = N_("These seats don't expire, so you don't need to renew them.")
ALLOTTED = N_("These seats come from another organization's contract. Renew that one.")
BAD_END = N_("Choose an end date after the start of the new term.")
BAD_SEATS = N_("Enter at least 1 seat, or leave this blank for unlimited seats.")
OVER = N_("This contract has ended. Renew it first.")
NOBODY_GOES = N_("There are enough seats for everyone, so no one loses a seat.")
NOT_THERE = N_("One of these seats isn't in this pool or isn't assigned.")


@dataclass(frozen=True, slots=True)
class Renewal:
    """A new term of a pool: its seats (None for unlimited) and its end.

    `awaits_payment` is True if the term is on hold until it is paid.
    """

    seats: int | None
    ends_at: datetime
    order_line_id: int | None = None
    awaits_payment: bool = False


@dataclass(frozen=True, slots=True)
class Renewed:
    """A pool after its renewal, and the added term."""

    pool: PoolFacts
    starts_at: datetime
    ends_at: datetime
    seats: int | None


@dataclass(frozen=True, slots=True)
class Ahead:
    """A renewal whose term hasn't started: its end, and the public ID of its order, None without one."""

    ends_at: datetime
    order: str | None


@dataclass(frozen=True, slots=True)
class Leaver:
    """A person who would lose a seat on the first day; `is_chosen` is True if a manager chose them."""

    seat: str
    name: str
    email: str
    state: AssignmentState
    last_active_at: datetime | None
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Shortage:
    """From `at` on there are only `seats`, while `used` are taken; `leavers` would lose theirs."""

    at: datetime
    seats: int
    used: int
    leavers: tuple[Leaver, ...]


def renew(
    session: Session, pool_id: int, renewal: Renewal, *, actor: str | None, now: datetime
) -> Renewed:
    """Add a grant to a pool (PRODUCT.md, C4); assignments stay, and frozen ones become active again.

    The new term starts at the end of the last one, even in its grace period, or else now. Raises
    NotFound, Conflict for seats that never end or are allotted, and Invalid.
    """
    pool = _contract(session, pool_id)
    starts_at = next_start(session, pool_id, now=now)
    if renewal.ends_at <= starts_at:
        raise Invalid(BAD_END, field="ends_at")
    if renewal.seats is not None and renewal.seats < 1:
        raise Invalid(BAD_SEATS, field="seats")
    new = NewPoolGrant(
        organization_id=pool.owner_id,
        target=pool.target,
        seats=renewal.seats,
        term=Term(starts_at, renewal.ends_at),
        kind=OfferKind.PASS if pool.is_pass else OfferKind.CONTRACT,
        order_line_id=renewal.order_line_id,
        awaits_payment=renewal.awaits_payment,
        pool_id=pool.id,
    )
    sold = pools.sell_seats(session, new, actor=actor, now=now)
    audit.record(session, "pool.renewed", pool.public_id, actor=actor, now=now)
    if shortage_ahead(session, pool_id, now=now) is None:
        _mark_leavers(session, pool_id, (), now)
    return Renewed(sold, starts_at, renewal.ends_at, renewal.seats)


def pool_sold(
    session: Session, organization_id: int, target: Target, *, is_permanent: bool
) -> PoolFacts | None:
    """Return an organization's contract pool or permanent seats for a scope, if they were sold to it.

    Its own pools are preferred to those of merged organizations.
    """
    known = pools.pools_of(session, organization_id)
    for pool in sorted(known, key=lambda one: one.owner_id != organization_id):
        is_own = pool.allotted_from is None and not pool.is_pass
        is_such = is_own and pool.is_permanent is is_permanent and pool.target == target
        if is_such and read_lines(session, pool.id):
            return pool
    return None


def pass_to_renew(
    session: Session,
    organization_id: int,
    target: Target,
    *,
    besides: Collection[int],
    now: datetime,
) -> PoolFacts | None:
    """Return an organization's pass for a scope that ends first, or None.

    Passes whose assignments are no longer kept come last. `besides` are passes that were already
    renewed.
    """
    found = []
    for pool in pools.pools_of(session, organization_id):
        ends = [line.ends_at for line in read_lines(session, pool.id) if line.ends_at is not None]
        is_own = pool.is_pass and pool.allotted_from is None and pool.id not in besides
        if is_own and pool.target == target and ends:
            found.append((max(ends) + KEPT_FROZEN <= now, max(ends), pool.id, pool))
    return min(found)[-1] if found else None


def next_start(session: Session, pool_id: int, *, now: datetime) -> datetime:
    """Return when a renewal's term starts: at the end of the last term, even in its grace period (C5).

    After the grace period, it starts now.
    """
    running = [
        line.ends_at
        for line in read_lines(session, pool_id)
        if line.ends_at is not None and now < max(line.ends_at, line.grace_until or line.ends_at)
    ]
    return max(running, default=now)


def renewal_ahead(session: Session, pool_id: int, *, now: datetime) -> Ahead | None:
    """Return the last renewal of a pool that starts later; None without one."""
    earlier = aliased(Grant)
    began = exists().where(
        earlier.pool_id == pool_id, earlier.revoked_at.is_(None), earlier.starts_at <= now
    )
    row = session.execute(
        select(Grant.ends_at, Order.public_id)
        .outerjoin(OrderLine, OrderLine.id == Grant.order_line_id)
        .outerjoin(Order, Order.id == OrderLine.order_id)
        .where(
            Grant.pool_id == pool_id,
            Grant.revoked_at.is_(None),
            Grant.starts_at > now,
            Grant.ends_at.is_not(None),
            began,
        )
        .order_by(Grant.ends_at.desc(), Grant.id.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None or row.ends_at is None else Ahead(row.ends_at, row.public_id)


def renewed_end(session: Session, pool_id: int, zone: ZoneInfo, *, now: datetime) -> datetime:
    """Return the end of a renewal: the anniversary of the last term's end (C5).

    After the grace period, it is a year from now.
    """
    starts_at = next_start(session, pool_id, now=now)
    if starts_at == now:
        ends_at = year_from(now, zone).ends_at
        assert ends_at is not None  # noqa: S101  (a year has an end)
        return ends_at
    return next_end(starts_at, zone)


def last_end(session: Session, pool_id: int, *, now: datetime) -> datetime:
    """Return when the last running term of a contract ends; raises Conflict if all have ended."""
    ends = [line.ends_at for line in read_lines(session, pool_id) if line.ends_at is not None]
    running = [end for end in ends if end > now]
    if not running:
        raise Conflict(OVER)
    return max(running)


def check_renewable(session: Session, pool_id: int) -> None:
    """Raise Conflict for seats that never end, or come from another organization's contract."""
    _contract(session, pool_id)


def shortage_ahead(session: Session, pool_id: int, *, now: datetime) -> Shortage | None:
    """Return the next time at which a term begins with fewer seats than are taken (C2).

    None if everyone can stay. Leavers are in the order in which they would lose their seats.
    """
    ids = _family(session, pool_id)
    lines = read_lines(session, pool_id)
    used = sum(recount(session, each) for each in ids)
    found = _first_too_small(lines, used, now)
    if found is None:
        return None
    at, seats = found
    people = _in_order(session, ids)
    return Shortage(at, seats, used, people[: used - seats])


def sitting_people(session: Session, pool_id: int) -> tuple[Leaver, ...]:
    """Return everyone with a seat in a pool, those who would lose it first at the beginning."""
    return _in_order(session, _family(session, pool_id))


def choose_leavers(
    session: Session,
    pool_id: int,
    seats: Collection[str],
    *,
    actor: str | None,
    now: datetime,
) -> None:
    """Choose by seats who leaves on the first day of a smaller term; until then everyone stays (C2).

    Replaces the earlier choice. If too few are chosen, the least recently active leave, too. Raises
    Conflict if no one has to leave, NotFound for an unknown seat.
    """
    if shortage_ahead(session, pool_id, now=now) is None:
        raise Conflict(NOBODY_GOES)
    _mark_leavers(session, pool_id, seats, now)
    pool = read_pool(session, pool_id)
    audit.record(session, "pool.leavers_chosen", pool.public_id, actor=actor, now=now)


def _contract(session: Session, pool_id: int) -> PoolFacts:
    """Return a pool that can be renewed; locks its organization, so that renewals run one after the other."""
    pool = read_pool(session, pool_id)
    if pool.allotted_from is not None:
        raise Conflict(ALLOTTED)
    if pool.is_permanent:
        raise Conflict(NEVER_ENDS)
    session.execute(
        select(Organization.id)
        .where(Organization.id == pool.owner_id)
        .with_for_update(key_share=True)
    )
    return pool


def _family(session: Session, pool_id: int) -> list[int]:
    return list(
        session.scalars(
            select(Pool.id)
            .where(or_(Pool.id == pool_id, Pool.allotted_from_id == pool_id))
            .order_by(Pool.id)
        )
    )


def _first_too_small(
    lines: Collection[Line], used: int, now: datetime
) -> tuple[datetime, int] | None:
    all_lines = tuple(lines)
    for at in changes_of(all_lines):
        if at <= now:
            continue
        ahead = capacity_at(all_lines, at)
        if ahead.standing is not Standing.IN_FORCE:
            continue
        if ahead.seats is not None and used > ahead.seats:
            return at, ahead.seats
    return None


_PEOPLE: Final = (
    select(
        Seat.public_id,
        Assignment.name,
        func.coalesce(Login.name, "").label("own_name"),
        func.coalesce(Login.email, Assignment.email, "").label("email"),
        Assignment.state,
        LAST_ACTIVE.label("last_active_at"),
        Assignment.leaving_since.is_not(None).label("is_chosen"),
    )
    .join(Seat, Seat.id == Assignment.seat_id)
    .outerjoin(Login, Login.id == Assignment.login_id)
    .order_by(LOSES_FIRST, LAST_ACTIVE, Assignment.id.desc())
)


def _in_order(session: Session, ids: Collection[int]) -> tuple[Leaver, ...]:
    rows = session.execute(_PEOPLE.where(_sits(ids)))
    return tuple(
        Leaver(
            row.public_id,
            row.own_name or row.name,
            row.email,
            row.state,
            row.last_active_at,
            bool(row.is_chosen),
        )
        for row in rows
    )


def _sits(ids: Collection[int]) -> ColumnElement[bool]:
    return and_(
        Assignment.pool_id.in_(list(ids)),
        Assignment.ended_at.is_(None),
        Assignment.state.in_(COUNTED),
    )


def _mark_leavers(session: Session, pool_id: int, seats: Collection[str], now: datetime) -> None:
    ids = [pool.id for pool in lock_family(session, pool_id)]
    session.execute(
        update(Assignment)
        .where(_sits(ids), Assignment.leaving_since.is_not(None))
        .values(leaving_since=None)
    )
    wanted = set(seats)
    if not wanted:
        return
    chosen = select(Seat.id).where(Seat.public_id.in_(wanted), Seat.pool_id.in_(ids))
    marked = session.scalars(
        update(Assignment)
        .where(_sits(ids), Assignment.seat_id.in_(chosen))
        .values(leaving_since=now)
        .returning(Assignment.id)
    ).all()
    if len(marked) != len(wanted):
        raise NotFound(NOT_THERE)
