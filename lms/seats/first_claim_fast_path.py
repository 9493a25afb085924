"""First claim fast path: seats a newcomer to a pool by conditional inserts, without prior reads.

After an announcement, hundreds of people claim a seat within a minute, and all of them share the
row with the pool's count. So the insert of the seat carries all conditions. If one fails, nothing
is written, and the slower path (lms/seats/claims.py) finds out why. The order is that of every
claim: seat, assignment, and last the count. SQLite runs the statements one by one; PostgreSQL,
where each costs a round trip, runs them as one (docs/decisions/seat-claims.md).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    CTE,
    ColumnElement,
    FromClause,
    Select,
    bindparam,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import insert as insert_on_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_on_sqlite
from sqlalchemy.orm import Session

from lms import audit
from lms.core.acting_roles import acting_role
from lms.core.compiled_statements import CompiledStatement, Driver
from lms.core.model_base import Base, new_public_id
from lms.models.accounts import Login, LoginAlias
from lms.models.grants import Grant
from lms.models.seats import AssignmentState, SeatState
from lms.seats.claim_statements import (
    ASSIGNMENTS,
    HAS_ROOM,
    POOLS,
    SEATS,
    Full,
    Seated,
    count_on,
    leave,
    stand_up,
)

_ACT: Final = f"seat.{AssignmentState.CLAIMED}"
_LOGINS, _ALIASES, _GRANTS = (
    Base.metadata.tables[model.__tablename__] for model in (Login, LoginAlias, Grant)
)
_asking, _merged, _other_seats = _LOGINS.alias("asking"), _LOGINS.alias("merged"), SEATS.alias()
_now: Final = bindparam("moment", type_=SEATS.c.created_at.type)
_login: Final = bindparam("login", type_=_LOGINS.c.id.type)
_pool: Final = bindparam("pool", type_=POOLS.c.id.type)
_seat: Final = bindparam("new_seat", type_=SEATS.c.public_id.type)

# A login without merged ones or aliases, an active grant, and room in the pool. The unique indexes
# check that the person has no seat yet. A pool with a freed seat is left to the slower path.
_IS_NEW: Final = (
    _asking.c.id == _login,
    _asking.c.merged_into.is_(None),
    ~exists().where(_merged.c.merged_into == _login),
    ~exists().where(_ALIASES.c.login_id == _login),
    ~exists().where(_other_seats.c.pool_id == _pool, _other_seats.c.state == SeatState.FREE),
    HAS_ROOM,
    exists()
    .where(
        _GRANTS.c.pool_id == func.coalesce(POOLS.c.allotted_from_id, POOLS.c.id),
        _GRANTS.c.revoked_at.is_(None),
        _GRANTS.c.starts_at <= _now,
        or_(_GRANTS.c.ends_at.is_(None), _GRANTS.c.ends_at > _now),
    )
    .correlate(POOLS),
)


def _value(column: ColumnElement[Any], value: object) -> ColumnElement[Any]:
    return literal(value, column.type)


_ADD: Final = (
    insert(SEATS)
    .from_select(
        ["public_id", "pool_id", "state", "created_at"],
        select(_seat, POOLS.c.id, _value(SEATS.c.state, SeatState.TAKEN), _now)
        .join_from(_asking, POOLS, POOLS.c.id == _pool)
        .where(*_IS_NEW),
    )
    .returning(SEATS.c.id)
)


def _assigned(seat_id: ColumnElement[Any], *seats: FromClause) -> tuple[list[str], Select[Any]]:
    """Return the columns of an assignment and the SELECT that fills them."""
    columns = {
        "pool_id": _pool,
        "seat_id": seat_id,
        "login_id": _LOGINS.c.id,
        "email": _LOGINS.c.email,
        "email_key": _LOGINS.c.email_key,
        "name": _value(ASSIGNMENTS.c.name, ""),
        "state": _value(ASSIGNMENTS.c.state, AssignmentState.CLAIMED),
        "created_at": _now,
        "claimed_at": _now,
    }
    return list(columns), select(*columns.values()).select_from(*seats, _LOGINS).where(
        _LOGINS.c.id == _login
    )


_ASSIGN: Final = CompiledStatement(
    insert_on_sqlite(ASSIGNMENTS)
    .from_select(*_assigned(bindparam("seat", type_=SEATS.c.id.type)))
    .on_conflict_do_nothing()
    .returning(ASSIGNMENTS.c.id)
)


def _in_one() -> Select[*tuple[Any, ...]]:
    """Return one statement for seat, assignment, count and audit; each part depends on the one before."""
    seat: CTE = _ADD.cte("seat_added")
    assigned: CTE = (
        insert_on_postgresql(ASSIGNMENTS)
        .from_select(*_assigned(seat.c.id, seat))
        .on_conflict_do_nothing()
        .returning(ASSIGNMENTS.c.id, ASSIGNMENTS.c.pool_id)
        .cte("sitting")
    )
    counted: CTE = (
        update(POOLS)
        .where(POOLS.c.id == assigned.c.pool_id, HAS_ROOM)
        .values(used=POOLS.c.used + 1)
        .returning(POOLS.c.id)
        .cte("counted")
    )
    told: CTE = audit.recorded_of(counted, _ACT, _seat, at=_now).cte("told")
    return (
        select(seat.c.id, assigned.c.id.label("assignment"), counted.c.id.label("counted"))
        .select_from(seat)
        .outerjoin(assigned, true())
        .outerjoin(counted, true())
        .add_cte(told)
    )


_ADD_ALONE: Final = CompiledStatement(_ADD)
_IN_ONE: Final = CompiledStatement(_in_one())


def seat_newcomer(
    session: Session, pool_id: int, login_id: int, *, actor: str | None, now: datetime
) -> Seated | Full | None:
    """Claim a seat for a newcomer to a pool with an active grant; None, with nothing written, for others.

    An invitation to their address causes a conflict and is left to the slower path.
    """
    driver = Driver.of(session)
    seat = new_public_id()
    values = {
        "new_seat": seat,
        "pool": pool_id,
        "login": login_id,
        "moment": now,
        "actor": actor,
        "role": acting_role(session),
    }
    if driver.dialect.name == "postgresql":
        return _seat_in_one(driver, values, seat)
    added = _ADD_ALONE.one(driver, values)
    if added is None:
        return None
    assigned = _ASSIGN.one(driver, values | {"seat": added[0]})
    if assigned is None:
        leave(driver, added[0])
        return None
    seated = Seated(assigned[0], added[0], seat)
    if not count_on(driver, pool_id, 1):
        stand_up(driver, seated)
        return Full()
    audit.record_on(driver, _ACT, seat, actor=actor, role=acting_role(session), now=now)
    return seated


def _seat_in_one(driver: Driver, values: Mapping[str, object], seat: str) -> Seated | Full | None:
    found = _IN_ONE.one(driver, values)
    if found is None:
        return None
    seat_id, assignment_id, counted = found
    if assignment_id is None:
        leave(driver, seat_id)
        return None
    seated = Seated(assignment_id, seat_id, seat)
    if counted is None:
        stand_up(driver, seated)
        return Full()
    return seated
