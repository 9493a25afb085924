"""Moves between pools of an organization: move chosen people, and undo for 30 seconds."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import audit
from lms.core.compiled_statements import Driver
from lms.core.email_addresses import read_address
from lms.core.errors import N_, Conflict, Invalid, NotFound
from lms.mail.links import Links
from lms.models.audit import AuditEntry
from lms.models.seats import Assignment, AssignmentEnd, AssignmentState, Pool, Seat
from lms.seats import claims, invitations, mails
from lms.seats.claim_statements import Place, Seated, Sitter, seat_uncounted, stand_up
from lms.seats.invitations import STAYS_OPEN, TAKES_NOBODY
from lms.seats.release_undo import TOO_LATE, TOO_OLD, restore
from lms.seats.seat_counts import (
    UNDO_FOR,
    count_in,
    count_out,
    lock_pool,
    lock_seat,
    standing_of,
    tell_later,
)
from lms.seats.transfer_rules import refill_of
from lms.seats.waitlist_offers import offer_next

MOST_AT_ONCE: Final = 200
MOVED: Final = "seat.moved"
TOO_MANY = N_("You can move up to 200 people at once.")
NO_ROOM = N_("There aren't enough available seats there. Select fewer people, or add seats.")


@dataclass(frozen=True, slots=True)
class Move:
    """How many people moved and how many stayed.

    People who already have a seat or an invitation in the new pool stay, and so do people with a
    frozen seat.
    """

    moved: int
    stayed: int


@dataclass(frozen=True, slots=True)
class OneMove:
    """One person's seats before and after a move, by public ID, and the old pool."""

    old: str
    new: str
    pool_id: int


def move_many(
    session: Session,
    seat_ids: Collection[str],
    pool_id: int,
    *,
    links: Links,
    actor: str | None,
    now: datetime,
) -> Move:
    """Move the people of some seats to another pool, all or none of those who can move.

    People with a claimed seat get the new one at once and are notified; invited people get a new
    invitation. Raises Invalid for more than 200, NotFound for an unknown seat, and Conflict if the
    pool admits no one or has too few free seats.
    """
    if len(seat_ids) > MOST_AT_ONCE:
        raise Invalid(TOO_MANY)
    rows = session.execute(
        select(Seat.public_id, Seat.pool_id)
        .where(Seat.public_id.in_(seat_ids))
        .order_by(Seat.pool_id, Seat.id)
    ).all()
    if len(rows) != len(set(seat_ids)):
        raise NotFound
    # in ID order, so that two moves never deadlock
    for each in sorted({pool_id, *(row.pool_id for row in rows)}):
        lock_pool(session, each)
    if not standing_of(session, pool_id, now).takes_people:
        raise Conflict(TAKES_NOBODY)
    moved = [
        _move(session, row.public_id, pool_id, links=links, actor=actor, now=now) for row in rows
    ]
    if AssignmentState.INVITED in moved:
        tell_later(session, pool_id, now=now)
    count = sum(one is not None for one in moved)
    return Move(count, len(moved) - count)


def moved_together(session: Session, *, actor: str, at: datetime) -> tuple[OneMove, ...]:
    """Return the moves that a person made in one action."""
    rows = session.execute(
        select(Seat.public_id, Seat.pool_id, AuditEntry.detail)
        .join(AuditEntry, AuditEntry.subject == Seat.public_id)
        .where(AuditEntry.act == MOVED, AuditEntry.actor == actor, AuditEntry.at == at)
        .order_by(Seat.pool_id, Seat.id)
    )
    return tuple(OneMove(row.public_id, row.detail["to"], row.pool_id) for row in rows)


def move_back(session: Session, one: OneMove, *, actor: str | None, now: datetime) -> None:
    """Undo a move within 30 seconds.

    Emails about it are withdrawn. Raises NotFound, and Conflict if it is too late or the person was
    already notified.
    """
    both = select(Seat.pool_id).where(Seat.public_id.in_((one.old, one.new)))
    # in ID order, so that it never deadlocks with a move
    for each in sorted(session.scalars(both)):
        lock_pool(session, each)
    seat = lock_seat(session, one.new)
    sits = claims.holder_of(session, seat)
    if sits.created_at < now - UNDO_FOR:
        raise Conflict(TOO_OLD)
    if sits.notified_at is not None:
        raise Conflict(TOO_LATE)
    mails.withdraw_moved(session, sits.id)
    stand_up(Driver.of(session), Seated(sits.id, seat.id, seat.public_id))
    count_out(session, seat.pool_id)
    pool_id = seat.pool_id
    # the statements above bypassed the session
    session.expire_all()
    restore(session, one.old, actor=actor, now=now)
    offer_next(session, pool_id, now=now)


def _move(
    session: Session, seat_id: str, pool_id: int, *, links: Links, actor: str | None, now: datetime
) -> AssignmentState | None:
    """Move one person; return their new state, or None if they stay."""
    seat = lock_seat(session, seat_id)
    holder = claims.holder_of(session, seat)
    if seat.pool_id == pool_id or holder.state is AssignmentState.FROZEN:
        return None
    sitter = Sitter(holder.login_id, holder.email, holder.email_key, holder.name)
    if _has_place(session, pool_id, sitter):
        return None
    is_claimed = holder.state is AssignmentState.CLAIMED
    place = (
        Place(AssignmentState.CLAIMED)
        if is_claimed
        else Place(AssignmentState.INVITED, now + STAYS_OPEN)
    )
    got = seat_uncounted(Driver.of(session), pool_id, sitter, place, now)
    if not isinstance(got, Seated):
        return None
    if not count_in(session, pool_id):
        raise Conflict(NO_ROOM)
    old = session.get_one(Pool, seat.pool_id)
    refill, was = refill_of(session, old, holder, now), holder.state
    claims.end_untold(session, holder, AssignmentEnd.REASSIGNED, now=now)
    claims.pass_on(session, seat, was, refill, now=now)
    audit.record(session, MOVED, seat_id, actor=actor, now=now, detail={"to": got.seat})
    if is_claimed:
        sits = session.get_one(Assignment, got.assignment_id)
        new = session.get_one(Pool, pool_id)
        mails.send_moved(session, sits, old, new, links=links, now=now)
    session.flush()
    return place.state


def _has_place(session: Session, pool_id: int, sitter: Sitter) -> bool:
    if sitter.login_id is not None:
        return claims.seat_held(session, pool_id, sitter) is not None
    if sitter.email is None:
        return False
    return invitations.held_by(session, pool_id, read_address(sitter.email)) is not None
