"""Pool reconciliation: brings a pool's capacity and people in line with its grants.

Runs after a grant was added, changed or revoked, and from a job at each start, end, and end of
grace. It is idempotent.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Update, and_, case, exists, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from lms.access.merged_organizations import zone_of
from lms.core.dates_and_time_zones import days_later, default_zone
from lms.models.accounts import Login
from lms.models.catalog import OFF, Webinar
from lms.models.grants import Grant
from lms.models.playback import PlaybackEnd, WatchRecord
from lms.models.seats import (
    Assignment,
    AssignmentEnd,
    AssignmentState,
    Pool,
    Seat,
    SeatState,
    WaitingEntry,
)
from lms.playback.sessions import end_for_logins, end_previews
from lms.seats.capacity import KEPT_FROZEN, Capacity, Line, Standing, capacity_at
from lms.seats.seat_counts import (
    COUNTED,
    OPEN,
    free_left_seats,
    lapse_assignments,
    lock_family,
    recount,
    standing_of,
    tell_later,
)
from lms.seats.waitlist_offers import offer_next

_holder, _one = aliased(Login), aliased(Login)
_kept = func.coalesce(_holder.merged_into, _holder.id)
_seen = (
    select(func.max(WatchRecord.updated_at))
    .join_from(_holder, _one, or_(_one.id == _kept, _one.merged_into == _kept))
    .join(WatchRecord, WatchRecord.login_id == _one.id)
    .where(_holder.id == Assignment.login_id)
    .correlate(Assignment)
    .scalar_subquery()
)
# last activity: when they last watched, or else when they claimed the seat
LAST_ACTIVE: Final = case((_seen > Assignment.claimed_at, _seen), else_=Assignment.claimed_at)
LOSES_FIRST: Final = case(
    (Assignment.leaving_since.is_not(None), 0),
    (Assignment.state == AssignmentState.OFFERED, 1),
    (Assignment.state == AssignmentState.INVITED, 2),
    else_=3,
)


def settle(session: Session, pool_id: int, *, now: datetime) -> int:
    """Bring a pool's capacity and people in line with its current grants.

    Capacity never drops below what is used (S10), so excess seats are released first: locked ones,
    then those of people a manager chose, offers, invitations, and people by least recent activity
    (C2). A lapsed pool freezes its people for 90 days; more capacity restores them, the most
    recently active first (C1). Free seats are offered to the waitlist. Pools allotted from this one
    are included. Returns how many people were frozen.
    """
    parent_id = session.scalars(
        select(func.coalesce(Pool.allotted_from_id, Pool.id)).where(Pool.id == pool_id)
    ).one()
    family = lock_family(session, parent_id)
    ids = [pool.id for pool in family]
    owner_id = next(pool.organization_id for pool in family if pool.id == parent_id)
    _open_due_locks(session, ids, now)
    frozen_until = days_later(now, -KEPT_FROZEN, zone_of(session, owner_id))
    _forget_frozen(session, ids, frozen_until, now=now)
    stands = standing_of(session, parent_id, now)
    if stands.standing is Standing.LAPSED:
        return _lapse(session, family, now)
    _fit(session, family, parent_id, stands, now)
    return 0


def due_settlements(session: Session, *, now: datetime) -> tuple[int, ...]:
    """Return the pools that `settle` would change now, ordered by ID.

    The caller settles each in its own transaction.
    """
    lines: dict[int, list[Line]] = {}
    stored: dict[int, tuple[int | None, bool]] = {}
    for row in session.execute(_dated(now)):
        stored[row.id] = (row.capacity, bool(row.waited_for))
        found = lines.setdefault(row.id, [])
        if row.starts_at is not None:
            found.append(Line(row.seats, row.starts_at, row.ends_at, row.grace_until))
    due = {
        pool_id
        for pool_id, (capacity, waited_for) in stored.items()
        if _differs(capacity_at(lines[pool_id], now), capacity, waited_for=waited_for)
    }
    return tuple(sorted(due.union(session.scalars(_with_seats_to_open(now)))))


def end_playback(session: Session, pool_id: int, ended_as: PlaybackEnd, *, now: datetime) -> None:
    """End playback and previews of the people of a pool and of pools allotted from it.

    Players of people with other access continue automatically.
    """
    family = select(Pool.id).where(or_(Pool.id == pool_id, Pool.allotted_from_id == pool_id))
    held = and_(Assignment.pool_id.in_(family), Assignment.ended_at.is_(None))
    end_for_logins(session, _people(held), ended_as=ended_as, now=now)
    its_grants = select(Grant.id).where(Grant.pool_id == pool_id)
    end_previews(session, its_grants, ended_as=ended_as, now=now)


def _differs(now_is: Capacity, capacity: int | None, *, waited_for: bool) -> bool:
    return now_is.seats != capacity or (waited_for and now_is.takes_people)


def _dated(now: datetime) -> Select[*tuple[Any, ...]]:
    offering = aliased(Pool)
    has_room = or_(offering.capacity.is_(None), offering.used < offering.capacity)
    waiting = (
        select(func.coalesce(offering.allotted_from_id, offering.id))
        .join(WaitingEntry, WaitingEntry.pool_id == offering.id)
        .where(has_room, WaitingEntry.ended_at.is_(None))
    )
    waited_for = and_(
        Pool.id.in_(waiting),
        ~exists().where(Webinar.id == Pool.webinar_id, Webinar.state.in_(OFF)).correlate(Pool),
    )
    lasts = (
        exists()
        .where(
            Grant.pool_id == Pool.id,
            Grant.revoked_at.is_(None),
            or_(Grant.ends_at.is_(None), func.coalesce(Grant.grace_until, Grant.ends_at) > now),
        )
        .correlate(Pool)
    )
    return (
        select(
            Pool.id,
            Pool.capacity,
            waited_for.label("waited_for"),
            Grant.seats,
            Grant.starts_at,
            Grant.ends_at,
            Grant.grace_until,
        )
        .outerjoin(Grant, and_(Grant.pool_id == Pool.id, Grant.revoked_at.is_(None)))
        .where(
            Pool.allotted_from_id.is_(None),
            or_(Pool.capacity.is_(None), Pool.capacity > 0, lasts),
        )
    )


def _with_seats_to_open(now: datetime) -> Select[int]:
    to_open = exists().where(
        Seat.pool_id == Pool.id, Seat.state == SeatState.LOCKED, Seat.opens_at <= now
    )
    to_forget = exists().where(
        Assignment.pool_id == Pool.id,
        Assignment.state == AssignmentState.FROZEN,
        Assignment.frozen_at <= days_later(now, -KEPT_FROZEN, default_zone()),
    )
    return select(func.coalesce(Pool.allotted_from_id, Pool.id)).where(or_(to_open, to_forget))


def _open_due_locks(session: Session, ids: Sequence[int], now: datetime) -> None:
    due = and_(Seat.pool_id.in_(ids), Seat.state == SeatState.LOCKED, Seat.opens_at <= now)
    session.execute(_unlocking(due))


def _unlocking(which: ColumnElement[bool]) -> Update:
    return update(Seat).where(which).values(state=SeatState.FREE, opens_at=None)


def _forget_frozen(session: Session, ids: Sequence[int], until: datetime, *, now: datetime) -> None:
    over = and_(
        Assignment.pool_id.in_(ids),
        Assignment.state == AssignmentState.FROZEN,
        Assignment.frozen_at <= until,
    )
    if lapse_assignments(session, over, now=now):
        free_left_seats(session, ids)


def _lapse(session: Session, family: Sequence[Pool], now: datetime) -> int:
    """Freeze claimed seats, end invitations, and set capacity to 0; return how many were frozen."""
    ids = [pool.id for pool in family]
    still_open = and_(Assignment.pool_id.in_(ids), Assignment.state.in_(OPEN))
    lapse_assignments(session, still_open, now=now)
    frozen: Any = session.execute(
        update(Assignment)
        .where(Assignment.pool_id.in_(ids), Assignment.state == AssignmentState.CLAIMED)
        .values(state=AssignmentState.FROZEN, frozen_at=now)
    )
    session.execute(_unlocking(and_(Seat.pool_id.in_(ids), Seat.state == SeatState.LOCKED)))
    free_left_seats(session, ids)
    for pool in family:
        pool.capacity = pool.used = 0  # `allotted` stays for a renewal
    session.flush()
    return int(frozen.rowcount)


def _fit(
    session: Session, family: Sequence[Pool], parent_id: int, stands: Capacity, now: datetime
) -> None:
    ids = [pool.id for pool in family]
    parent = next(pool for pool in family if pool.id == parent_id)
    taken = _sitting(session, ids)
    if stands.seats is not None and sum(taken.values()) > stands.seats:
        _shed(session, ids, sum(taken.values()) - stands.seats, now)
        taken = _sitting(session, ids)
    if _is_more(stands.seats, parent.capacity):
        room = None if stands.seats is None else stands.seats - sum(taken.values())
        _thaw(session, ids, room)
        taken = _sitting(session, ids)
    _allot_again(family, parent, stands.seats, taken)
    session.flush()
    for pool_id in ids:
        offer_next(session, pool_id, now=now)


def _sitting(session: Session, ids: Sequence[int]) -> dict[int, int]:
    return {pool_id: recount(session, pool_id) for pool_id in ids}


def _is_more(seats: int | None, than: int | None) -> bool:
    return than is not None and (seats is None or seats > than)


def _allot_again(
    family: Sequence[Pool], parent: Pool, seats: int | None, taken: dict[int, int]
) -> None:
    """Set each pool's capacity and use; unused allotted seats shrink if capacity is short."""
    spare = None if seats is None else seats - sum(taken.values())
    used = taken[parent.id]
    for child in family:
        if child is parent:
            continue
        child.used = taken[child.id]
        if seats is not None or child.allotted is not None:
            wanted = child.used if child.allotted is None else child.allotted
            unused = max(0, wanted - child.used)
            kept = unused if spare is None else min(unused, spare)
            spare = None if spare is None else spare - kept
            child.allotted = child.used + kept
            used += child.allotted
        child.capacity = child.allotted
    parent.capacity, parent.used = seats, used


def _shed(session: Session, ids: Sequence[int], over: int, now: datetime) -> None:
    """Remove excess seats, those with the least impact first."""
    locked = (
        select(Seat.id)
        .where(Seat.pool_id.in_(ids), Seat.state == SeatState.LOCKED)
        .order_by(Seat.id)
        .limit(over)
        .correlate(None)
    )
    opened: Any = session.execute(_unlocking(Seat.id.in_(locked)))
    losing = (
        select(Assignment.id)
        .where(
            Assignment.pool_id.in_(ids),
            Assignment.ended_at.is_(None),
            Assignment.state.in_(COUNTED),
        )
        .order_by(LOSES_FIRST, LAST_ACTIVE, Assignment.id.desc())
        .limit(over - opened.rowcount)
        .correlate(None)
    )
    lost = session.execute(
        update(Assignment)
        .where(Assignment.id.in_(losing))
        .values(state=AssignmentState.RELEASED, ended_at=now, ended_as=AssignmentEnd.OVER_CAPACITY)
        .returning(Assignment.id, Assignment.pool_id)
    ).all()
    _forget_leavers(session, ids)
    free_left_seats(session, ids)
    just_lost = and_(
        Assignment.pool_id.in_(ids),
        Assignment.ended_at == now,
        Assignment.ended_as == AssignmentEnd.OVER_CAPACITY,
    )
    end_for_logins(session, _people(just_lost), ended_as=PlaybackEnd.RELEASED, now=now)
    for pool_id in ids:
        told = [row.id for row in lost if row.pool_id == pool_id]
        if told:
            tell_later(session, pool_id, released=told, now=now)


def _forget_leavers(session: Session, ids: Sequence[int]) -> None:
    """Unmark the people chosen to leave who could stay."""
    session.execute(
        update(Assignment)
        .where(
            Assignment.pool_id.in_(ids),
            Assignment.ended_at.is_(None),
            Assignment.leaving_since.is_not(None),
        )
        .values(leaving_since=None)
    )


def _thaw(session: Session, ids: Sequence[int], room: int | None) -> None:
    coming_back = (
        select(Assignment.id)
        .where(Assignment.pool_id.in_(ids), Assignment.state == AssignmentState.FROZEN)
        .order_by(LAST_ACTIVE.desc(), Assignment.id)
        .limit(room)
        .correlate(None)
    )
    session.execute(
        update(Assignment)
        .where(Assignment.id.in_(coming_back))
        .values(state=AssignmentState.CLAIMED, frozen_at=None)
    )


def _people(which: ColumnElement[bool]) -> Select[int]:
    """Select all logins of the people with these assignments."""
    theirs = select(_kept).join_from(Assignment, _holder, _holder.id == Assignment.login_id)
    kept = theirs.where(which)
    return select(Login.id).where(or_(Login.id.in_(kept), Login.merged_into.in_(kept)))
