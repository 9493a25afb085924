"""Transfers: give a seat to another person, and what the holder loses (PRODUCT.md, S3)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lms import audit
from lms.core.errors import N_, Conflict
from lms.mail.links import Links
from lms.models.accounts import Login
from lms.models.requests import DeskRequest, RequestKind, RequestState
from lms.models.seats import Assignment, AssignmentEnd, AssignmentState, Pool, Seat, SeatState
from lms.seats import claims, invitations, mails
from lms.seats.invitations import IN_ALREADY, STAYS_OPEN, TAKES_NOBODY, Invited, Invitee
from lms.seats.seat_counts import lock_seat, set_seat, standing_of
from lms.seats.transfer_rules import Refill, refill_of, watched_share
from lms.seats.waitlist_offers import Busy, impatient

TOO_EARLY = N_("This seat can go to somebody else seven days after it was taken, not before.")
NEEDS_APPROVAL = N_(
    "More than half of the recording has been watched in this seat, so the house has to agree"
    " before it goes to somebody else."
)

FREE_ALREADY = N_(
    "Nobody has this seat any more and it is free: the organization can invite anybody to it by"
    " itself."
)
HAS_ANOTHER = N_("Somebody else has been given this seat since the request was made.")


@dataclass(frozen=True, slots=True)
class Losses:
    """What the holder of a seat loses when it goes to somebody else.

    They keep certificates, and whatever lets them in besides. `share` is how much of what the
    seat covers they have watched, 0 to 1. `refill` says when the seat may be filled; once staff
    have approved, at once.
    """

    name: str
    email: str | None
    organization: str
    covers: str
    state: AssignmentState
    share: float
    refill: Refill


@dataclass(frozen=True, slots=True)
class Named:
    """Whom an organization named for a seat, and when."""

    to: Invitee
    at: datetime


def losses(session: Session, seat_id: str, *, now: datetime) -> Losses:
    """Return what the holder of a seat would lose; raises NotFound, Conflict where nobody sits."""
    seat = lock_seat(session, seat_id)
    holder = claims.holder_of(session, seat)
    pool = session.get_one(Pool, seat.pool_id)
    about = mails.about_pool(session, pool)
    login = None if holder.login_id is None else session.get(Login, holder.login_id)
    return Losses(
        name=login.name if login is not None else holder.name,
        email=mails.address_of(session, holder),
        organization=about.organization,
        covers=about.covers,
        state=holder.state,
        share=0.0 if login is None else watched_share(session, pool, login.id),
        refill=_refill(session, pool, seat, holder, now),
    )


def reassign(
    session: Session,
    seat_id: str,
    to: Invitee,
    *,
    links: Links,
    actor: str | None,
    now: datetime,
) -> Invited:
    """Take a seat from its holder and invite somebody else to it, in one.

    The holder is told, stops watching by it (E1) and keeps certificates. Raises NotFound, and
    Conflict: `seat_stays` before a contract's seven days are over, `needs_approval` where staff
    have to agree, and where the address has a seat already or the pool takes nobody.
    """
    seat = lock_seat(session, seat_id)
    holder = claims.holder_of(session, seat)
    pool = session.get_one(Pool, seat.pool_id)
    _check(session, pool, seat, holder, now)
    if invitations.held_by(session, pool.id, to.address) is not None:
        raise Conflict(IN_ALREADY)
    claims.end_holding(session, pool, holder, AssignmentEnd.REASSIGNED, links=links, now=now)
    return _invite(session, seat, to, links=links, actor=actor, now=now)


def hand_over(
    session: Session,
    seat_id: str,
    named: Named,
    *,
    links: Links,
    actor: str | None,
    now: datetime,
) -> Invited:
    """Carry out what staff agreed to: a seat goes to whom its organization named.

    A freed seat that waits for approval goes to them too, and nobody else's turn comes before.
    Raises NotFound, and Conflict where that can't be any more: the seat is free, somebody else
    has it since, the address has a seat already, the pool takes nobody.
    """
    seat = lock_seat(session, seat_id)
    pool = session.get_one(Pool, seat.pool_id)
    if not standing_of(session, pool.id, now).takes_people:
        raise Conflict(TAKES_NOBODY)
    if seat.state is SeatState.FREE:
        raise Conflict(FREE_ALREADY)
    if invitations.held_by(session, pool.id, named.to.address) is not None:
        raise Conflict(IN_ALREADY)
    if seat.state is SeatState.LOCKED:
        set_seat(session, seat.id, SeatState.TAKEN, None)
    else:
        holder = claims.holder_of(session, seat)
        if holder.created_at > named.at:
            raise Conflict(HAS_ANOTHER)
        claims.end_holding(session, pool, holder, AssignmentEnd.REASSIGNED, links=links, now=now)
    return _invite(session, seat, named.to, links=links, actor=actor, now=now)


def _invite(
    session: Session,
    seat: Seat,
    to: Invitee,
    *,
    links: Links,
    actor: str | None,
    now: datetime,
) -> Invited:
    """Invite somebody to a seat that is counted as used already."""
    pool = session.get_one(Pool, seat.pool_id)
    invited = Assignment(
        seat_id=seat.id,
        pool_id=pool.id,
        email=to.address.shown,
        email_key=to.address.key,
        name=to.name,
        state=AssignmentState.INVITED,
        created_at=now,
        expires_at=now + STAYS_OPEN,
    )
    try:
        with impatient(session):
            session.add(invited)
    except (IntegrityError, Busy) as error:
        raise Conflict(IN_ALREADY) from error
    audit.record(session, "seat.reassigned", seat.public_id, actor=actor, now=now)
    invitations.write_one(session, pool, invited.id, links=links, now=now)
    return Invited(to.address.shown, seat.public_id)


def _check(session: Session, pool: Pool, seat: Seat, holder: Assignment, now: datetime) -> None:
    is_frozen = holder.state is AssignmentState.FROZEN
    if is_frozen or not standing_of(session, pool.id, now).takes_people:
        raise Conflict(TAKES_NOBODY)
    refill = _refill(session, pool, seat, holder, now)
    if refill.needs_approval:
        raise Conflict(NEEDS_APPROVAL, code="needs_approval")
    if not refill.is_free:
        raise Conflict(TOO_EARLY, code="seat_stays")


def _refill(session: Session, pool: Pool, seat: Seat, holder: Assignment, now: datetime) -> Refill:
    refill = refill_of(session, pool, holder, now)
    return Refill() if refill.needs_approval and _is_approved(session, seat, holder) else refill


def _is_approved(session: Session, seat: Seat, holder: Assignment) -> bool:
    """Tell whether staff have agreed, since this person has the seat, that it moves."""
    agreed = exists().where(
        DeskRequest.seat_id == seat.id,
        DeskRequest.kind == RequestKind.REASSIGN,
        DeskRequest.state == RequestState.DONE,
        DeskRequest.closed_at >= holder.claimed_at,
    )
    return bool(session.scalar(select(agreed)))
