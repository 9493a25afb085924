"""Waitlist offers: offer a freed seat to the next person, or retract the offer."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import and_, bindparam, exists, or_, select, text, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from lms.access.merged_logins import logins_of
from lms.core.errors import N_, Conflict
from lms.models.accounts import ERASED_AS, Login
from lms.models.catalog import OFF, Webinar
from lms.models.seats import (
    Assignment,
    AssignmentEnd,
    AssignmentState,
    Pool,
    SeatState,
    WaitingEnd,
    WaitingEntry,
)
from lms.seats import mails
from lms.seats.claim_statements import Clash, Full, Place, Seated, Sitter, seat_one
from lms.seats.seat_counts import count_out, lock_pool, set_seat, standing_of, tell_later

OFFER_HELD_FOR: Final = timedelta(hours=72)  # PRODUCT.md, S9
PATIENCE_MS: Final = 250
IS_OFF_NOW = N_("This webinar was canceled or removed, so its seats can't be claimed.")


class Busy(Exception):
    """A row is locked by a transaction that waits for this one."""


_FIRST_WAITING: Final = (
    select(WaitingEntry)
    .where(WaitingEntry.pool_id == bindparam("pool"), WaitingEntry.ended_at.is_(None))
    .order_by(WaitingEntry.joined_at, WaitingEntry.id)
    .limit(1)
)


IS_OFF: Final = select(
    exists().where(
        Pool.id == bindparam("pool"), Webinar.id == Pool.webinar_id, Webinar.state.in_(OFF)
    )
)


def check_on(session: Session, pool_id: int) -> None:
    """Raise Conflict if a pool's webinar was canceled or removed."""
    if session.scalar(IS_OFF, {"pool": pool_id}):
        raise Conflict(IS_OFF_NOW)


@contextmanager
def impatient(session: Session) -> Iterator[None]:
    """Run statements that can meet another transaction's unfinished claim, while holding the pool's lock.

    That claim will wait for the pool, so waiting here would deadlock: raises Busy after 250 ms and
    rolls the block back. SQLite has a single writer, so it never happens there.
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
    """Offer free seats to the waitlist, first in, first out (S9).

    The caller has locked the pool. A job emails the offers later (lms/seats/jobs.py). People keep their
    positions while the webinar is canceled or removed.
    """
    if session.scalar(_FIRST_WAITING, {"pool": pool_id}) is None:
        return
    if not standing_of(session, pool_id, now).takes_people:
        return
    if session.scalar(IS_OFF, {"pool": pool_id}):
        return
    _end_deleted(session, pool_id, now)
    offered = False
    while (entry := session.scalar(_FIRST_WAITING, {"pool": pool_id})) is not None:
        got = _offer(session, pool_id, entry, now)
        if got is None or isinstance(got, Full):
            break
        entry.ended_at = now
        entry.ended_as = WaitingEnd.SEATED if isinstance(got, Clash) else WaitingEnd.OFFERED
        offered |= isinstance(got, Seated)
        session.flush()
    if offered:
        tell_later(session, pool_id, now=now)


def _end_deleted(session: Session, pool_id: int, now: datetime) -> None:
    """End the entries of accounts deleted by Carrel 0.2.0, which kept them."""
    is_deleted = exists().where(
        Login.id == WaitingEntry.login_id, Login.blocked_reason == ERASED_AS
    )
    session.execute(
        update(WaitingEntry)
        .where(WaitingEntry.pool_id == pool_id, WaitingEntry.ended_at.is_(None), is_deleted)
        .values(ended_at=now, ended_as=WaitingEnd.LEFT)
    )


def _offer(
    session: Session, pool_id: int, entry: WaitingEntry, now: datetime
) -> Seated | Clash | Full | None:
    """Offer a seat to a person who has none; None if they are claiming one themselves at this moment."""
    # seat_one finds their seat by the same login only
    sits = exists().where(
        Assignment.pool_id == pool_id,
        Assignment.login_id.in_(logins_of(entry.login_id or 0)),
        Assignment.ended_at.is_(None),
    )
    if session.scalar(select(sits)):
        return Clash()
    sitter = Sitter(entry.login_id, entry.email, entry.email_key, entry.name)
    place = Place(AssignmentState.OFFERED, now + OFFER_HELD_FOR)
    try:
        with impatient(session):
            return seat_one(session, pool_id, sitter, place, actor=None, now=now)
    except Busy:
        return None


def retract_offer(session: Session, pool_id: int, *, seat_id: int | None) -> bool:
    """Retract the newest offer that wasn't emailed, of one seat or of any seat in a locked pool.

    The person returns to their position on the waitlist. Returns False if there is none.
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


def close_offers(session: Session, webinar_id: int, *, now: datetime) -> None:
    """Close the offers of a webinar that was canceled or removed; their people wait again, in their positions.

    They are notified as people on the waitlist; emails with an offer that wait to be sent are canceled.
    Once the webinar is back, `offer_next` makes new offers.
    """
    offered = and_(Pool.webinar_id == webinar_id, Assignment.state == AssignmentState.OFFERED)
    with_offers = select(Pool.id).join(Assignment, Assignment.pool_id == Pool.id).where(offered)
    for pool_id in session.scalars(with_offers.distinct().order_by(Pool.id)).all():
        lock_pool(session, pool_id)
        offers = session.scalars(
            select(Assignment)
            .where(Assignment.pool_id == pool_id, Assignment.state == AssignmentState.OFFERED)
            .execution_options(populate_existing=True)
        ).all()
        for offer in offers:
            mails.withdraw_offer(session, offer)
            wait_again(session, offer)
            offer.state, offer.ended_as = AssignmentState.RELEASED, AssignmentEnd.EXPIRED
            offer.ended_at = now
            set_seat(session, offer.seat_id, SeatState.FREE, None)
        session.flush()
        count_out(session, pool_id, len(offers))


def wait_again(session: Session, offer: Assignment) -> None:
    """Put a person with an offer back in their position on the waitlist."""
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
