"""Transfers: reassign a seat to another person, and what the former one loses (PRODUCT.md, S3)."""

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

TOO_EARLY = N_("You can reassign this seat 7 days after it was claimed.")
NEEDS_APPROVAL = N_(
    "This person watched half or more, so you need our approval to reassign the seat."
)

FREE_ALREADY = N_("This seat is available. The organization can invite someone without approval.")
HAS_ANOTHER = N_("This seat was assigned to someone else after the request was made.")


@dataclass(frozen=True, slots=True)
class Losses:
    """What a person loses when their seat is reassigned.

    They keep certificates and any other access. `share` is how much of what the seat covers they
    have watched, 0 to 1. `refill` says when the seat can be filled; at once if staff have approved.
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
    """The person an organization named for a seat, and when."""

    to: Invitee
    at: datetime


def losses(session: Session, seat_id: str, *, now: datetime) -> Losses:
    """Return what a person would lose with their seat; raises NotFound, and Conflict if it is empty."""
    seat = lock_seat(session, seat_id)
    holder = claims.holder_of(session, seat)
    pool = session.get_one(Pool, seat.pool_id)
    about = mails.about_pool(session, pool)
    login = None if holder.login_id is None else session.get(Login, holder.login_id)
    return Losses(
        name=login.name if login is not None else holder.name,
        email=(login.email if login is not None else None) or holder.email,
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
    """End a person's seat and invite someone else to it, in one step.

    The person is notified, stops watching through it (E1) and keeps certificates. Raises NotFound
    and Conflict: `seat_stays` within a contract's seven days, `needs_approval` if staff must
    approve, and also if the address already has a seat or the pool admits no one.
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
    """Reassign a seat as approved by staff, to the person its organization named.

    A released seat locked for approval goes to that person too, ahead of the waitlist. Raises
    NotFound, and Conflict if the seat is free, someone else has got it since, the address already
    has a seat, or the pool admits no one.
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
    """Invite a person to a seat that is already counted as used."""
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
    """Return whether staff have approved reassigning since this person claimed the seat."""
    agreed = exists().where(
        DeskRequest.seat_id == seat.id,
        DeskRequest.kind == RequestKind.REASSIGN,
        DeskRequest.state == RequestState.DONE,
        DeskRequest.closed_at >= holder.claimed_at,
    )
    return bool(session.scalar(select(agreed)))
