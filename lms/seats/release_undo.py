"""The undo of a seat release, or of a move to another pool: the same person gets the seat back."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lms import audit
from lms.core.errors import N_, Conflict
from lms.models.audit import AuditEntry
from lms.models.seats import (
    BY_A_MANAGER,
    Assignment,
    AssignmentEnd,
    AssignmentState,
    Seat,
    SeatState,
)
from lms.seats import mails
from lms.seats.seat_counts import UNDO_FOR, count_in, lock_seat, set_seat
from lms.seats.waitlist_offers import Busy, impatient, retract_offer

TOO_LATE = N_("This can't be undone because the seat was assigned to someone else.")
TOO_OLD = N_("It's too late to undo this. Invite the person again.")


def released_together(session: Session, *, actor: str, at: datetime) -> tuple[tuple[str, int], ...]:
    """Return the public IDs of the seats that a person released in one action, each with its pool."""
    rows = session.execute(
        select(Seat.public_id, Seat.pool_id)
        .join(AuditEntry, AuditEntry.subject == Seat.public_id)
        .where(AuditEntry.act == "seat.released", AuditEntry.actor == actor, AuditEntry.at == at)
        .order_by(Seat.pool_id, Seat.id)
    )
    return tuple((row.public_id, row.pool_id) for row in rows)


def restore(session: Session, seat_id: str, *, actor: str | None, now: datetime) -> None:
    """Undo the release of a seat within 30 seconds.

    The email about it is withdrawn unless it was sent, and so is an offer of the seat that wasn't
    emailed yet. Raises NotFound, and Conflict if it is too late.
    """
    seat = lock_seat(session, seat_id)
    last = session.scalar(
        select(Assignment)
        .where(
            Assignment.seat_id == seat.id,
            Assignment.ended_as.in_((*BY_A_MANAGER, AssignmentEnd.LEFT)),
            Assignment.ended_at >= now - UNDO_FOR,
        )
        .order_by(Assignment.id.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )
    if last is None:
        raise Conflict(TOO_OLD)
    if seat.state is SeatState.TAKEN:
        if not retract_offer(session, seat.pool_id, seat_id=seat.id):
            raise Conflict(TOO_LATE)
        session.refresh(seat)
    if seat.state is SeatState.FREE:
        _count_in_again(session, seat.pool_id)
    _sit_again(session, seat, last)
    audit.record(session, "seat.restored", seat.public_id, actor=actor, now=now)
    session.flush()


def _count_in_again(session: Session, pool_id: int) -> None:
    if count_in(session, pool_id):
        return
    # its capacity may have gone to an offer of another seat that wasn't emailed yet
    is_back = retract_offer(session, pool_id, seat_id=None)
    if not (is_back and count_in(session, pool_id)):
        raise Conflict(TOO_LATE)


def _sit_again(session: Session, seat: Seat, last: Assignment) -> None:
    mails.withdraw_released(session, last)
    state = AssignmentState.INVITED if last.claimed_at is None else AssignmentState.CLAIMED
    set_seat(session, seat.id, SeatState.TAKEN, None)
    try:
        with impatient(session):
            session.execute(
                update(Assignment)
                .where(Assignment.id == last.id)
                .values(state=state, frozen_at=None, ended_at=None, ended_as=None)
            )
    except (IntegrityError, Busy) as error:  # the person has another seat by now
        raise Conflict(TOO_LATE) from error
