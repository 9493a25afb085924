"""Waitlist offers: offer a freed seat to the next person, or retract the offer."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, or_, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from lms.models.seats import Assignment, AssignmentState, SeatState, WaitingEnd, WaitingEntry
from lms.seats.seat_counts import (
    Clash,
    Full,
    Place,
    Seated,
    Sitter,
    count_out,
    seat_one,
    set_seat,
    standing_of,
    tell_later,
)

OFFER_HELD_FOR: Final = timedelta(hours=72)  # PRODUCT.md, S9
PATIENCE_MS: Final = 250


class Busy(Exception):
    """A row is in another transaction's hands, which in turn waits for this one's."""


_FIRST_WAITING: Final = (
    select(WaitingEntry)
    .where(WaitingEntry.pool_id == bindparam("pool"), WaitingEntry.ended_at.is_(None))
    .order_by(WaitingEntry.joined_at, WaitingEntry.id)
    .limit(1)
)


@contextmanager
def impatient(session: Session) -> Iterator[None]:
    """Run statements that may meet somebody's unfinished claim, while this holds the pool.

    That claim waits for the pool in its turn, so nobody may wait here: raises Busy after a moment,
    and the statements of the block are undone. SQLite lets one write at a time and never does.
    """
    dialect = session.get_bind().dialect
    on_sqlite = dialect.name == "sqlite"
    try:
        with session.begin_nested():
            if not on_sqlite:
                session.execute(text(f"SET LOCAL lock_timeout = {PATIENCE_MS}"))
            yield
            session.flush()
            if not on_sqlite:
                session.execute(text("SET LOCAL lock_timeout = 0"))
    except (OperationalError, dialect.loaded_dbapi.Error) as error:
        cause = error.orig if isinstance(error, OperationalError) else error
        if type(cause).__name__ != "LockNotAvailable":
            raise
        raise Busy from error


def offer_next(session: Session, pool_id: int, *, now: datetime) -> None:
    """Hold what is free for those who wait, first in, first out (S9).

    The pool is locked by the caller. Offers are told by letter afterwards (lms/seats/jobs.py).
    """
    entry = session.scalar(_FIRST_WAITING, {"pool": pool_id})
    if entry is None or not standing_of(session, pool_id, now).takes_people:
        return
    offered = False
    while entry is not None:
        got = _offer(session, pool_id, entry, now)
        if got is None or isinstance(got, Full):
            break
        entry.ended_at = now
        entry.ended_as = WaitingEnd.SEATED if isinstance(got, Clash) else WaitingEnd.OFFERED
        offered |= isinstance(got, Seated)
        session.flush()
        entry = session.scalar(_FIRST_WAITING, {"pool": pool_id})
    if offered:
        tell_later(session, pool_id, now=now)


def _offer(
    session: Session, pool_id: int, entry: WaitingEntry, now: datetime
) -> Seated | Clash | Full | None:
    """Offer a seat to who waits; None when they are claiming it themselves at this moment."""
    sitter = Sitter(entry.login_id, entry.email, entry.email_key, entry.name)
    place = Place(AssignmentState.OFFERED, now + OFFER_HELD_FOR)
    try:
        with impatient(session):
            return seat_one(session, pool_id, sitter, place, actor=None, now=now)
    except Busy:
        return None


def retract_offer(session: Session, pool_id: int, *, seat_id: int | None) -> bool:
    """Take back the newest offer that nobody was told of, in one seat or in any of a locked pool.

    Who waited waits again, where they stood. Returns False when there is none.
    """
    untold = select(Assignment).where(
        Assignment.pool_id == pool_id,
        Assignment.state == AssignmentState.OFFERED,
        Assignment.notified_at.is_(None),
    )
    if seat_id is not None:
        untold = untold.where(Assignment.seat_id == seat_id)
    offer = session.scalar(untold.order_by(Assignment.id.desc()).limit(1))
    if offer is None:
        return False
    wait_again(session, offer)
    session.delete(offer)
    session.flush()
    set_seat(session, offer.seat_id, SeatState.FREE, None)
    count_out(session, pool_id)
    return True


def wait_again(session: Session, offer: Assignment) -> None:
    """Put who was offered a seat back on the waiting list, where they stood."""
    same = [
        column == value
        for column, value in (
            (WaitingEntry.email_key, offer.email_key),
            (WaitingEntry.login_id, offer.login_id),
        )
        if value is not None
    ]
    waited = session.scalar(
        select(WaitingEntry)
        .where(
            WaitingEntry.pool_id == offer.pool_id,
            WaitingEntry.ended_as == WaitingEnd.OFFERED,
            or_(*same),
        )
        .order_by(WaitingEntry.ended_at.desc(), WaitingEntry.id.desc())
        .limit(1)
    )
    if waited is not None:
        waited.ended_at = waited.ended_as = None
        session.flush()
