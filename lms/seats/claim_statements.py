"""Compiled SQL statements of a seat claim: insert the seat and assignment, then count them.

The count comes last so that the pool's row, which all claims share, is locked only briefly. Both
databases run the same statements, compiled once (lms/core/compiled_statements.py), because
compiling them would be most of the cost of a claim.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Table, bindparam, delete, exists, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as insert_on_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_on_sqlite
from sqlalchemy.orm import Session

from lms import audit
from lms.core.acting_roles import acting_role
from lms.core.compiled_statements import CompiledStatement, Driver
from lms.core.model_base import Base, new_public_id
from lms.models.seats import Assignment, AssignmentState, Pool, Seat, SeatState


@dataclass(frozen=True, slots=True)
class Sitter:
    """The person to seat: a login, an address, or both; `name` is as a list or manager gave it."""

    login_id: int | None
    email: str | None
    email_key: str | None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """How a person is seated: invited or offered until `expires_at`, or claimed."""

    state: AssignmentState
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Seated:
    """A person who was seated."""

    assignment_id: int
    seat_id: int
    seat: str


@dataclass(frozen=True, slots=True)
class Clash:
    """This person already has a seat or an invitation in the pool."""


@dataclass(frozen=True, slots=True)
class Full:
    """No seat is free."""


def _core(model: type[Base]) -> Table:
    return Base.metadata.tables[model.__tablename__]


def _given(table: Table, *names: str) -> dict[str, Any]:
    return {name: bindparam(f"new_{name}", type_=table.c[name].type) for name in names}


SEATS, POOLS, ASSIGNMENTS = _core(Seat), _core(Pool), _core(Assignment)
_ASSIGNED: Final = _given(
    ASSIGNMENTS,
    "pool_id",
    "seat_id",
    "login_id",
    "email",
    "email_key",
    "name",
    "state",
    "created_at",
    "expires_at",
    "claimed_at",
)
_ASSIGN: Final = {
    name: CompiledStatement(
        insert_into(ASSIGNMENTS)
        .values(_ASSIGNED)
        .on_conflict_do_nothing()
        .returning(ASSIGNMENTS.c.id)
    )
    for name, insert_into in (("sqlite", insert_on_sqlite), ("postgresql", insert_on_postgresql))
}
_PICK: Final = CompiledStatement(
    update(SEATS)
    .where(
        SEATS.c.id
        == select(SEATS.c.id)
        .where(SEATS.c.pool_id == bindparam("pool"), SEATS.c.state == SeatState.FREE)
        .order_by(SEATS.c.id)
        .limit(1)
        # concurrent claims take different seats; SQLAlchemy omits this on SQLite
        .with_for_update(skip_locked=True)
        .correlate(None)
        .scalar_subquery(),
        SEATS.c.state == SeatState.FREE,
    )
    .values(state=SeatState.TAKEN)
    .returning(SEATS.c.id, SEATS.c.public_id)
)
_ADD: Final = CompiledStatement(
    insert(SEATS)
    .values(_given(SEATS, "public_id", "pool_id", "state", "created_at"))
    .returning(SEATS.c.id, SEATS.c.public_id)
)
_COUNT_IN: Final = CompiledStatement(
    update(POOLS)
    .where(
        POOLS.c.id == bindparam("pool"),
        or_(POOLS.c.capacity.is_(None), POOLS.c.used + bindparam("more") <= POOLS.c.capacity),
    )
    .values(used=POOLS.c.used + bindparam("more"))
)

_UNASSIGN: Final = CompiledStatement(
    delete(ASSIGNMENTS).where(ASSIGNMENTS.c.id == bindparam("assignment"))
)
_TAKE_AWAY: Final = CompiledStatement(
    delete(SEATS).where(
        SEATS.c.id == bindparam("seat"),
        ~exists().where(ASSIGNMENTS.c.seat_id == SEATS.c.id),
    )
)
_FREE: Final = CompiledStatement(
    update(SEATS).where(SEATS.c.id == bindparam("seat")).values(state=SeatState.FREE)
)


def seat_one(
    session: Session,
    pool_id: int,
    sitter: Sitter,
    place: Place,
    *,
    actor: str | None,
    now: datetime,
) -> Seated | Clash | Full:
    """Seat and count one person: a seat, an assignment and, last, the pool's count; or nothing.

    On failure the rows are deleted again, which is rare; a savepoint would cost every claim. The
    audit entry is written last because it can't be deleted.
    """
    driver = Driver.of(session)
    got = seat_uncounted(driver, pool_id, sitter, place, now)
    if isinstance(got, Seated):
        if not count_on(driver, pool_id, 1):
            stand_up(driver, got)
            return Full()
        role = acting_role(session)
        audit.record_on(driver, f"seat.{place.state}", got.seat, actor=actor, role=role, now=now)
    return got


def seat_uncounted(
    driver: Driver, pool_id: int, sitter: Sitter, place: Place, now: datetime
) -> Seated | Clash:
    """Seat a person without counting them; returns Clash if they already have a seat there."""
    seat = _PICK.one(driver, {"pool": pool_id})
    if seat is None:
        seat = _ADD.one(driver, _new_seat(pool_id, now))
    assert seat is not None  # noqa: S101  (an insert returns its row)
    values = _assignment(pool_id, seat[0], sitter, place, now)
    assigned = _ASSIGN[driver.dialect.name].one(driver, values)
    if assigned is None:
        leave(driver, seat[0])
        return Clash()
    return Seated(assigned[0], seat[0], seat[1])


def stand_up(driver: Driver, seated: Seated) -> None:
    """Undo `seat_uncounted` for a person who couldn't be counted."""
    _UNASSIGN.count(driver, {"assignment": seated.assignment_id})
    leave(driver, seated.seat_id)


def leave(driver: Driver, seat_id: int) -> None:
    """Delete a seat that no one ever had; set any other to free."""
    if not _TAKE_AWAY.count(driver, {"seat": seat_id}):
        _FREE.count(driver, {"seat": seat_id})


def count_on(driver: Driver, pool_id: int, more: int) -> bool:
    """Add to the pool's count if there is room, in one conditional statement that prevents overselling."""
    return _COUNT_IN.count(driver, {"pool": pool_id, "more": more}) == 1


def _new_seat(pool_id: int, now: datetime) -> dict[str, object]:
    return {
        "new_public_id": new_public_id(),
        "new_pool_id": pool_id,
        "new_state": SeatState.TAKEN,
        "new_created_at": now,
    }


def _assignment(
    pool_id: int, seat_id: int, sitter: Sitter, place: Place, now: datetime
) -> dict[str, object]:
    return {
        "new_pool_id": pool_id,
        "new_seat_id": seat_id,
        "new_login_id": sitter.login_id,
        "new_email": sitter.email,
        "new_email_key": sitter.email_key,
        "new_name": sitter.name,
        "new_state": place.state,
        "new_created_at": now,
        "new_expires_at": place.expires_at,
        "new_claimed_at": now if place.state is AssignmentState.CLAIMED else None,
    }
