"""Bulk assignment of seats: invites everyone on a staff list in a few SQL statements.

As with a single claim (lms/seats/seat_counts.py), the row shared by all claims is locked only briefly.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import insert, literal, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lms.core.bulk_insert import count_anew
from lms.core.errors import N_, Conflict
from lms.core.model_base import UTCDateTime
from lms.models.seat_imports import SeatImport, SeatImportRow
from lms.models.seats import (
    Assignment,
    AssignmentState,
    Seat,
    SeatState,
    WaitingEnd,
    WaitingEntry,
)
from lms.seat_imports.row_checks import seatable
from lms.seats.seat_counts import count_in

INVITED_FOR: Final = timedelta(days=14)  # PRODUCT.md, S4
MEANWHILE = N_("Someone else changed these seats at the same time. Nothing was saved. Try again.")
_REUSED_AT_ONCE: Final = 1_000


def seat_all(session: Session, row: SeatImport, *, now: datetime) -> None:
    """Invite everyone on a list whose answer is ok: free seats first, then new ones.

    Raises Conflict if the pool changed since the rows were answered; the caller must roll back then.
    """
    try:
        reused = _take_free_seats(session, row)
        _add_seats(session, row, reused, now)
        _invite(session, row, now)
    except IntegrityError as error:  # a person on the list got a seat at the same moment
        raise Conflict(MEANWHILE) from error
    _wait_no_longer(session, row, now)
    count_anew(session, row.ok, Seat, Assignment)
    if not count_in(session, row.pool_id, row.ok):
        raise Conflict(MEANWHILE)


def _take_free_seats(session: Session, row: SeatImport) -> int:
    """Assign the pool's free seats to the first rows; returns the last row that got one."""
    last, taken = 0, _REUSED_AT_ONCE
    while taken == _REUSED_AT_ONCE:
        numbers = session.scalars(
            select(SeatImportRow.number)
            .where(seatable(row.id), SeatImportRow.number > last)
            .order_by(SeatImportRow.number)
            .limit(_REUSED_AT_ONCE)
        ).all()
        free = (
            select(Seat.id)
            .where(Seat.pool_id == row.pool_id, Seat.state == SeatState.FREE)
            .order_by(Seat.id)
            .limit(len(numbers))
            .with_for_update(skip_locked=True)
            .cte("free")  # evaluated once; PostgreSQL may evaluate a subquery again for every row
        )
        seats = session.scalars(
            update(Seat)
            .where(Seat.id.in_(select(free.c.id)))
            .values(state=SeatState.TAKEN)
            .returning(Seat.public_id)
        ).all()
        taken = len(seats)
        if seats:
            given = [
                {"import_id": row.id, "number": number, "seat_public_id": seat}
                for number, seat in zip(numbers[:taken], seats, strict=True)
            ]
            session.execute(update(SeatImportRow), given)
            last = numbers[taken - 1]
    return last


def _add_seats(session: Session, row: SeatImport, after: int, now: datetime) -> None:
    session.execute(
        insert(Seat).from_select(
            ["public_id", "pool_id", "state", "created_at"],
            select(
                SeatImportRow.seat_public_id,
                literal(row.pool_id),
                literal(SeatState.TAKEN.value),
                literal(now, UTCDateTime),
            )
            .where(seatable(row.id), SeatImportRow.number > after)
            .order_by(SeatImportRow.number),
            include_defaults=False,
        )
    )


def _invite(session: Session, row: SeatImport, now: datetime) -> None:
    session.execute(
        insert(Assignment).from_select(
            [
                "seat_id",
                "pool_id",
                "email",
                "email_key",
                "name",
                "state",
                "created_at",
                "expires_at",
            ],
            select(
                Seat.id,
                literal(row.pool_id),
                SeatImportRow.email,
                SeatImportRow.email_key,
                SeatImportRow.name,
                literal(AssignmentState.INVITED.value),
                literal(now, UTCDateTime),
                literal(now + INVITED_FOR, UTCDateTime),
            )
            .join(Seat, Seat.public_id == SeatImportRow.seat_public_id)
            .where(seatable(row.id))
            # Two lists of the same people, in any order, lock in the same order.
            .order_by(SeatImportRow.email_key),
            include_defaults=False,
        )
    )


def _wait_no_longer(session: Session, row: SeatImport, now: datetime) -> None:
    listed = select(SeatImportRow.email_key).where(seatable(row.id))
    session.execute(
        update(WaitingEntry)
        .where(
            WaitingEntry.pool_id == row.pool_id,
            WaitingEntry.ended_at.is_(None),
            WaitingEntry.email_key.in_(listed),
        )
        .values(ended_at=now, ended_as=WaitingEnd.SEATED)
    )
