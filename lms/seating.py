"""The statements under every seat: counting somebody in, counting out, passing a place on.

A claim takes its seat and its assignment first and the pool's count last, so that the one row all
claims share is held for a moment only. Whatever else changes a pool locks its row first, in the
order of ids; so no two wait for each other in a circle. Both databases run the same statements.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Insert,
    Update,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as insert_on_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_on_sqlite
from sqlalchemy.orm import Session, SessionTransaction

from lms import audit, jobs
from lms.capacity import Capacity, Line, capacity_at
from lms.db import Base, new_public_id
from lms.errors import N_, NotFound
from lms.models.holdings import Grant
from lms.models.seats import (
    Assignment,
    AssignmentEnd,
    AssignmentState,
    Pool,
    Seat,
    SeatState,
)
from lms.models.upkeep import Lane

NO_SUCH_SEAT = N_("There is no such seat.")
TELL: Final = "seats.tell"
# A release can be undone for a moment; letters that it leads to wait until it no longer can.
UNDO_FOR: Final = timedelta(seconds=30)
HELD_BACK_FOR: Final = timedelta(seconds=45)
COUNTED: Final = (AssignmentState.INVITED, AssignmentState.OFFERED, AssignmentState.CLAIMED)
OPEN: Final = (AssignmentState.INVITED, AssignmentState.OFFERED)


@dataclass(frozen=True, slots=True)
class Sitter:
    """Who is to sit: a login, an address, or both; `name` is what a list called them."""

    login_id: int | None
    email: str | None
    email_key: str | None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """How somebody sits: invited or offered until `expires_at`, or claimed."""

    state: AssignmentState
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Seated:
    """Somebody was counted in."""

    assignment_id: int
    seat_id: int
    seat: str


@dataclass(frozen=True, slots=True)
class Clash:
    """This person has a place in the pool already."""


@dataclass(frozen=True, slots=True)
class Full:
    """No seat is free."""


def _core(model: type[Base]) -> Any:  # noqa: ANN401  (a Table, which the base types as FromClause)
    return model.__table__


def _assigning(on_sqlite: bool) -> Insert:  # noqa: FBT001  (one of two databases)
    statement: Any = (insert_on_sqlite if on_sqlite else insert_on_postgresql)(_core(Assignment))
    returned: Insert = statement.on_conflict_do_nothing().returning(_core(Assignment).c.id)
    return returned


_SEATS, _POOLS, _ASSIGNMENTS = _core(Seat), _core(Pool), _core(Assignment)
_ASSIGN: Final = {True: _assigning(True), False: _assigning(False)}  # noqa: FBT003
_PICK: Final[Update] = (
    update(_SEATS)
    .where(
        _SEATS.c.id
        == select(Seat.id)
        .where(Seat.pool_id == bindparam("pool"), Seat.state == SeatState.FREE)
        .order_by(Seat.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery(),
        _SEATS.c.state == SeatState.FREE,
    )
    .values(state=SeatState.TAKEN)
    .returning(_SEATS.c.id, _SEATS.c.public_id)
)
_ADD: Final = insert(_SEATS).returning(_SEATS.c.id, _SEATS.c.public_id)
_COUNT_IN: Final[Update] = (
    update(_POOLS)
    .where(
        _POOLS.c.id == bindparam("pool"),
        or_(_POOLS.c.capacity.is_(None), _POOLS.c.used + bindparam("more") <= _POOLS.c.capacity),
    )
    .values(used=_POOLS.c.used + bindparam("more"))
)
_LINES: Final = (
    select(Grant.seats, Grant.starts_at, Grant.ends_at, Grant.grace_until)
    .join(Pool, Grant.pool_id == func.coalesce(Pool.allotted_from_id, Pool.id))
    .where(Pool.id == bindparam("pool"), Grant.revoked_at.is_(None))
)


def lock_pool(session: Session, pool_id: int) -> Pool:
    """Return a pool's row, locked until the transaction ends, as it stands now."""
    pool: Pool = session.scalars(_locked(Pool.id == pool_id)).one()
    return pool


def lock_family(session: Session, pool_id: int) -> list[Pool]:
    """Lock a pool and those allotted from it, in the order of ids."""
    return list(session.scalars(_locked(or_(Pool.id == pool_id, Pool.allotted_from_id == pool_id))))


def _locked(which: ColumnElement[bool]) -> Any:  # noqa: ANN401  (a Select of Pool)
    # Keys don't change, so a claim's foreign keys need not wait for this lock.
    return (
        select(Pool)
        .where(which)
        .order_by(Pool.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )


def read_lines(session: Session, pool_id: int) -> tuple[Line, ...]:
    """Return the grants that a pool's seats come from; a child's come from its parent's pool."""
    return tuple(Line(*row) for row in session.execute(_LINES, {"pool": pool_id}))


def standing_of(session: Session, pool_id: int, now: datetime) -> Capacity:
    """Return what a pool's grants add up to now."""
    return capacity_at(read_lines(session, pool_id), now)


def count_in(session: Session, pool_id: int, more: int = 1) -> bool:
    """Count so many more as used if they fit, in one conditional statement: the guard of it all."""
    counted: Any = session.execute(_COUNT_IN, {"pool": pool_id, "more": more})
    return bool(counted.rowcount)


def count_out(session: Session, pool_id: int, fewer: int = 1) -> None:
    """Count so many fewer as used."""
    session.execute(update(_POOLS).where(_POOLS.c.id == pool_id).values(used=_POOLS.c.used - fewer))


def seat_one(
    session: Session,
    pool_id: int,
    sitter: Sitter,
    place: Place,
    *,
    actor: str | None,
    now: datetime,
) -> Seated | Clash | Full:
    """Count one person in: a seat, an assignment and, last, the pool's count; or nothing at all."""
    with session.begin_nested() as savepoint:
        seated = _sit_down(session, pool_id, sitter, place, now)
        if seated is None:
            return _undone(savepoint, Clash())
        audit.record(session, f"seat.{place.state}", seated.seat, actor=actor, now=now)
        session.flush()
        if not count_in(session, pool_id):
            return _undone(savepoint, Full())
    return seated


def seat_many(
    session: Session,
    pool_id: int,
    sitters: Sequence[Sitter],
    place: Place,
    *,
    actor: str | None,
    now: datetime,
) -> tuple[Seated | Clash | Full, ...]:
    """Count several in, the first of them where not all fit; each gets an answer of its own.

    All sit before the pool is counted, in the order of addresses, so that two who seat the same
    people at once don't wait for each other.
    """
    answers: dict[Sitter, Seated | Clash | Full] = {}
    for sitter in sorted(sitters, key=lambda one: (one.email_key or "", one.login_id or 0)):
        with session.begin_nested() as savepoint:
            seated = _sit_down(session, pool_id, sitter, place, now)
            answers[sitter] = seated or _undone(savepoint, Clash())
    sitting = [sitter for sitter in sitters if isinstance(answers[sitter], Seated)]
    if not count_in(session, pool_id, len(sitting)):
        pool = lock_pool(session, pool_id)
        free = len(sitting) if pool.capacity is None else max(0, pool.capacity - pool.used)
        for sitter in sitting[free:]:
            _stand_up(session, answers[sitter])
            answers[sitter] = Full()
        count_in(session, pool_id, min(free, len(sitting)))
    for answer in answers.values():
        if isinstance(answer, Seated):
            audit.record(session, f"seat.{place.state}", answer.seat, actor=actor, now=now)
    session.flush()
    return tuple(answers[sitter] for sitter in sitters)


def _sit_down(
    session: Session, pool_id: int, sitter: Sitter, place: Place, now: datetime
) -> Seated | None:
    """Take a seat without counting it; None when this person has a place already."""
    seat = session.execute(_PICK, {"pool": pool_id}).one_or_none()
    if seat is None:
        seat = session.execute(_ADD, _new_seat(pool_id, now)).one()
    values = _assignment(pool_id, seat.id, sitter, place, now)
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    assignment_id = session.scalar(_ASSIGN[on_sqlite], values)
    return None if assignment_id is None else Seated(assignment_id, seat.id, seat.public_id)


def _stand_up(session: Session, seated: Seated | Clash | Full) -> None:
    """Take somebody out again as if they had never sat, with a seat that was added for them."""
    if not isinstance(seated, Seated):
        return
    session.execute(delete(_ASSIGNMENTS).where(_ASSIGNMENTS.c.id == seated.assignment_id))
    was_used = exists().where(_ASSIGNMENTS.c.seat_id == seated.seat_id)
    gone: Any = session.execute(delete(_SEATS).where(_SEATS.c.id == seated.seat_id, ~was_used))
    if not gone.rowcount:
        set_seat(session, seated.seat_id, SeatState.FREE, None)


def _undone(savepoint: SessionTransaction, why: Clash | Full) -> Clash | Full:
    savepoint.rollback()
    return why


def _new_seat(pool_id: int, now: datetime) -> dict[str, object]:
    return {
        "public_id": new_public_id(),
        "pool_id": pool_id,
        "state": SeatState.TAKEN,
        "created_at": now,
    }


def _assignment(
    pool_id: int, seat_id: int, sitter: Sitter, place: Place, now: datetime
) -> dict[str, object]:
    is_claimed = place.state is AssignmentState.CLAIMED
    return {
        "pool_id": pool_id,
        "seat_id": seat_id,
        "login_id": sitter.login_id,
        "email": sitter.email,
        "email_key": sitter.email_key,
        "name": sitter.name,
        "state": place.state,
        "created_at": now,
        "expires_at": place.expires_at,
        "claimed_at": now if is_claimed else None,
    }


def end_assignments(
    session: Session, which: ColumnElement[bool], ended_as: AssignmentEnd, *, now: datetime
) -> int:
    """End active assignments; the caller frees their seats and counts them out."""
    ended: Any = session.execute(
        update(Assignment)
        .where(which, Assignment.ended_at.is_(None))
        .values(state=AssignmentState.RELEASED, ended_at=now, ended_as=ended_as)
        .execution_options(synchronize_session=False)
    )
    return int(ended.rowcount)


def free_left_seats(session: Session, pool_ids: Iterable[int]) -> None:
    """Free the seats in which nobody sits any more; the pools are locked."""
    nobody = ~exists().where(Assignment.seat_id == Seat.id, Assignment.ended_at.is_(None))
    session.execute(
        update(Seat)
        .where(Seat.pool_id.in_(list(pool_ids)), Seat.state == SeatState.TAKEN, nobody)
        .values(state=SeatState.FREE)
        .execution_options(synchronize_session=False)
    )


def recount(session: Session, pool_id: int) -> int:
    """Return how many places of a pool the rows say are used, without what is allotted."""
    sitting = select(func.count(Assignment.id)).where(
        Assignment.pool_id == pool_id,
        Assignment.ended_at.is_(None),
        Assignment.state.in_(COUNTED),
    )
    locked = select(func.count(Seat.id)).where(
        Seat.pool_id == pool_id, Seat.state == SeatState.LOCKED
    )
    return (session.scalar(sitting) or 0) + (session.scalar(locked) or 0)


def tell_later(
    session: Session, pool_id: int, *, released: Sequence[int] = (), now: datetime
) -> None:
    """Have letters written after the commit.

    They go to who is offered a seat, to who was invited at this moment or later, and to those
    whose assignments ended.
    """
    pool = session.scalars(select(Pool.public_id).where(Pool.id == pool_id)).one()
    payload = {"released": list(released), "since": now.isoformat()}
    job = jobs.enqueue(session, kind=TELL, lane=Lane.PROMPT, subject=pool, payload=payload, now=now)
    job.run_at = now + HELD_BACK_FOR
    session.flush()


def lock_seat(session: Session, seat_id: str) -> Seat:
    """Return a seat by its outside id, its pool locked before it; raises NotFound."""
    pool_id = session.scalar(select(Seat.pool_id).where(Seat.public_id == seat_id))
    if pool_id is None:
        raise NotFound(NO_SUCH_SEAT)
    lock_pool(session, pool_id)
    return session.scalars(
        select(Seat)
        .where(Seat.public_id == seat_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()


def set_seat(session: Session, seat_id: int, state: SeatState, opens_at: datetime | None) -> None:
    """Change what a seat is: taken, free, or locked until a moment (None: until staff approve)."""
    session.execute(
        update(_SEATS).where(_SEATS.c.id == seat_id).values(state=state, opens_at=opens_at)
    )
