"""Pool locks and seat counts: lock a pool or seat, and count people in and out.

A claim writes its seat and assignment first and the pool's count last, so that the row all claims
share is locked only briefly. Everything else that changes a pool locks its row first, in ID order,
so that no deadlock occurs. Both databases run the same statements.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, bindparam, exists, func, or_, select, update
from sqlalchemy.orm import Session

from lms import audit
from lms.core.compiled_statements import Driver
from lms.core.errors import N_, or_not_found
from lms.core.model_base import locked
from lms.jobs import queue as job_queue
from lms.models.grants import Grant
from lms.models.jobs import Lane
from lms.models.seats import Assignment, AssignmentEnd, AssignmentState, Pool, Seat, SeatState
from lms.seats.capacity import Capacity, Line, Standing, capacity_at
from lms.seats.claim_statements import (
    POOLS,
    SEATS,
    Clash,
    Full,
    Place,
    Seated,
    Sitter,
    count_on,
    seat_uncounted,
    stand_up,
)

NO_SUCH_SEAT = N_("We couldn't find this seat.")
TELL: Final = "seats.tell"
# A release can be undone for 30 seconds; its emails are delayed until after that.
UNDO_FOR: Final = timedelta(seconds=30)
HELD_BACK_FOR: Final = timedelta(seconds=45)
COUNTED: Final = (AssignmentState.INVITED, AssignmentState.OFFERED, AssignmentState.CLAIMED)
OPEN: Final = (AssignmentState.INVITED, AssignmentState.OFFERED)


LINES: Final = (
    select(Grant.seats, Grant.starts_at, Grant.ends_at, Grant.grace_until)
    .join(Pool, Grant.pool_id == func.coalesce(Pool.allotted_from_id, Pool.id))
    .where(Pool.id == bindparam("pool"), Grant.revoked_at.is_(None))
)


def lock_pool(session: Session, pool_id: int) -> Pool:
    """Return a pool's current row, locked until the transaction ends."""
    pool: Pool = session.scalars(_locked(Pool.id == pool_id)).one()
    return pool


def lock_family(session: Session, pool_id: int) -> list[Pool]:
    """Lock a pool and those allotted from it, in ID order."""
    return list(session.scalars(_locked(or_(Pool.id == pool_id, Pool.allotted_from_id == pool_id))))


def _locked(which: ColumnElement[bool]) -> Any:  # noqa: ANN401  (a Select of Pool)
    # Keys don't change, so foreign key checks of claims needn't wait for this lock.
    return locked(select(Pool).where(which).order_by(Pool.id), key_share=True)


def read_lines(session: Session, pool_id: int) -> tuple[Line, ...]:
    """Return the grants that a pool's seats come from; a child's are its parent's."""
    return tuple(Line(*row) for row in session.execute(LINES, {"pool": pool_id}))


def standing_of(session: Session, pool_id: int, now: datetime) -> Capacity:
    """Return a pool's current capacity and standing."""
    return capacity_at(read_lines(session, pool_id), now)


def missing_without(
    session: Session, pool_id: int, taken: Sequence[tuple[Grant, int | None]], *, now: datetime
) -> int:
    """Return how many more seats must be free before grants of a pool can have fewer seats (S10).

    `taken` are grants with the number of seats to take from them, None for all. It is 0 if the pool
    would lapse, because then everyone's access ends.
    """
    others = LINES.where(Grant.id.not_in([grant.id for grant, _fewer in taken]))
    lines = [Line(*row) for row in session.execute(others, {"pool": pool_id})]
    lines += [
        Line((grant.seats or 0) - fewer, grant.starts_at, grant.ends_at, grant.grace_until)
        for grant, fewer in taken
        if fewer is not None
    ]
    rest = capacity_at(lines, now)
    if rest.standing is Standing.LAPSED or rest.seats is None:
        return 0
    return max(0, session.scalars(select(Pool.used).where(Pool.id == pool_id)).one() - rest.seats)


def count_in(session: Session, pool_id: int, more: int = 1) -> bool:
    """Add to the pool's count if there is room, in one conditional statement."""
    return count_on(Driver.of(session), pool_id, more)


def count_out(session: Session, pool_id: int, fewer: int = 1) -> None:
    """Subtract from the pool's count."""
    session.execute(update(POOLS).where(POOLS.c.id == pool_id).values(used=POOLS.c.used - fewer))


def seat_many(
    session: Session,
    pool_id: int,
    sitters: Sequence[Sitter],
    place: Place,
    *,
    actor: str | None,
    now: datetime,
) -> tuple[Seated | Clash | Full, ...]:
    """Seat several people, the first ones if not all fit; return one answer each.

    All are seated before the pool is counted, in address order, so that two transactions seating
    the same people don't deadlock.
    """
    driver = Driver.of(session)
    answers: dict[Sitter, Seated | Clash | Full] = {}
    for sitter in sorted(sitters, key=lambda one: (one.email_key or "", one.login_id or 0)):
        answers[sitter] = seat_uncounted(driver, pool_id, sitter, place, now)
    seated_ones = [sitter for sitter in sitters if isinstance(answers[sitter], Seated)]
    if not count_in(session, pool_id, len(seated_ones)):
        pool = lock_pool(session, pool_id)
        free = len(seated_ones) if pool.capacity is None else max(0, pool.capacity - pool.used)
        for sitter in seated_ones[free:]:
            seated = answers[sitter]
            if isinstance(seated, Seated):
                stand_up(driver, seated)
            answers[sitter] = Full()
        count_in(session, pool_id, min(free, len(seated_ones)))
    for answer in answers.values():
        if isinstance(answer, Seated):
            audit.record(session, f"seat.{place.state}", answer.seat, actor=actor, now=now)
    session.flush()
    return tuple(answers[sitter] for sitter in sitters)


def lapse_assignments(session: Session, which: ColumnElement[bool], *, now: datetime) -> int:
    """End active assignments and return how many; the caller frees and counts out their seats."""
    ended: Any = session.execute(
        update(Assignment)
        .where(which, Assignment.ended_at.is_(None))
        .values(state=AssignmentState.RELEASED, ended_at=now, ended_as=AssignmentEnd.LAPSED)
    )
    return int(ended.rowcount)


def free_left_seats(session: Session, pool_ids: Iterable[int]) -> None:
    """Free the seats that no longer have a person; the caller has locked the pools."""
    nobody = ~exists().where(Assignment.seat_id == Seat.id, Assignment.ended_at.is_(None))
    session.execute(
        update(Seat)
        .where(Seat.pool_id.in_(list(pool_ids)), Seat.state == SeatState.TAKEN, nobody)
        .values(state=SeatState.FREE)
    )


def recount(session: Session, pool_id: int) -> int:
    """Return how many seats of a pool are used according to the rows, without allotted seats."""
    taken = select(func.count(Assignment.id)).where(
        Assignment.pool_id == pool_id,
        Assignment.ended_at.is_(None),
        Assignment.state.in_(COUNTED),
    )
    locked = select(func.count(Seat.id)).where(
        Seat.pool_id == pool_id, Seat.state == SeatState.LOCKED
    )
    return (session.scalar(taken) or 0) + (session.scalar(locked) or 0)


def count_people(session: Session, pool_id: int) -> int:
    """Count the people with a seat in a pool or one allotted from it, also those saved after its end."""
    people = (
        select(func.count(Assignment.id))
        .join(Pool, Pool.id == Assignment.pool_id)
        .where(
            or_(Pool.id == pool_id, Pool.allotted_from_id == pool_id),
            Assignment.ended_at.is_(None),
            Assignment.state.in_((AssignmentState.CLAIMED, AssignmentState.FROZEN)),
        )
    )
    return session.scalar(people) or 0


def tell_later(
    session: Session, pool_id: int, *, released: Sequence[int] = (), now: datetime
) -> None:
    """Queue a job that emails people after the commit.

    It notifies people with an offer, people invited at this time or later, and those whose
    assignments ended.
    """
    pool = session.scalars(select(Pool.public_id).where(Pool.id == pool_id)).one()
    payload = {"released": list(released), "since": now.isoformat()}
    job = job_queue.enqueue(
        session, kind=TELL, lane=Lane.PROMPT, subject=pool, payload=payload, now=now
    )
    job.run_at = now + HELD_BACK_FOR
    session.flush()


def lock_seat(session: Session, seat_id: str) -> Seat:
    """Return a seat by its public ID, locked after its pool; raises NotFound."""
    query = select(Seat.pool_id).where(Seat.public_id == seat_id)
    pool_id = or_not_found(session.scalar(query), NO_SUCH_SEAT)
    lock_pool(session, pool_id)
    return session.scalars(
        locked(select(Seat).where(Seat.public_id == seat_id), key_share=True)
    ).one()


def set_seat(session: Session, seat_id: int, state: SeatState, opens_at: datetime | None) -> None:
    """Set a seat to taken, free, or locked until `opens_at` (None: until staff approve)."""
    session.execute(
        update(SEATS).where(SEATS.c.id == seat_id).values(state=state, opens_at=opens_at)
    )
