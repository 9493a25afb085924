"""Seat transfer requests: a manager requests approval, and our team approves (PRODUCT.md, S3)."""

from datetime import datetime

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from lms.core.email_addresses import read_address
from lms.core.errors import N_, Conflict, NotFound
from lms.mail.links import Links, MailContext
from lms.models.requests import DeskRequest, RequestKind
from lms.models.seats import SeatState
from lms.requests import requests
from lms.requests.asker import Asker
from lms.requests.read_models import OPEN, RequestFacts, find_request
from lms.requests.requests import NewRequest
from lms.seats import claims, invitations, transfers
from lms.seats.invitations import Invitee
from lms.seats.pools import PoolFacts
from lms.seats.read_models import find_seat
from lms.seats.seat_counts import NO_SUCH_SEAT
from lms.seats.transfers import Named

NOTHING_TO_APPROVE = N_("This request isn't about a seat.")


def ask_to_move(
    session: Session,
    seat_id: str,
    pool: PoolFacts,
    asker: Asker,
    *,
    mail_context: MailContext,
    now: datetime,
) -> RequestFacts:
    """Ask our team to allow reassigning a seat (S3).

    The named person gets the seat as soon as our team approves. If such a request is open, it is
    updated with the newly named person and returned. Raises NotFound for another pool's seat, Conflict
    if the person already has a seat in the pool, Invalid.
    """
    seat = find_seat(session, seat_id)
    if seat.pool_id != pool.id:
        raise NotFound(NO_SUCH_SEAT)
    asked = session.scalar(
        select(DeskRequest.public_id)
        .where(
            DeskRequest.seat_id == seat.id,
            DeskRequest.kind == RequestKind.REASSIGN,
            DeskRequest.state.in_(OPEN),
        )
        .limit(1)
    )
    to = asker.to
    if to is not None and invitations.held_by(session, pool.id, to.address) is not None:
        raise Conflict(invitations.IN_ALREADY)
    if asked is not None:
        if to is not None:
            requests.name_successor(session, asked, email=to.address.shown, name=to.name)
        return find_request(session, asked)
    new = NewRequest(
        kind=RequestKind.REASSIGN,
        name=asker.name,
        email=asker.email,
        organization_name=pool.organization,
        login_id=asker.login_id,
        organization_id=pool.organization_id,
        pool_id=pool.id,
        seat_id=seat.id,
        message=asker.message,
        to_email=to.address.shown if to else None,
        to_name=to.name if to else "",
    )
    return requests.ask(session, new, mail_context=mail_context, actor=asker.public_id, now=now)


def reassign(
    session: Session,
    seat_id: str,
    to: Invitee,
    *,
    links: Links,
    actor: str | None,
    now: datetime,
) -> None:
    """Reassign a seat, and close any open request about it.

    Raises as `transfers.reassign` does.
    """
    transfers.reassign(session, seat_id, to, links=links, actor=actor, now=now)
    about = and_(
        DeskRequest.kind == RequestKind.REASSIGN,
        DeskRequest.seat_id == find_seat(session, seat_id).id,
    )
    requests.finish_answered(session, about, actor=actor, now=now)


def agree_to_move(
    session: Session,
    request_id: str,
    answer: str,
    *,
    links: Links,
    actor: str | None,
    now: datetime,
) -> None:
    """Approve a transfer: the seat goes to the person whom the manager named.

    If no one was named, a locked seat is unlocked, and a seat in use can be reassigned. Raises
    NotFound, and Conflict if the request was already answered, is not about a seat, or can't be carried
    out anymore.
    """
    request = find_request(session, request_id)
    if request.seat_public_id is None:
        raise Conflict(NOTHING_TO_APPROVE)
    requests.finish(session, request_id, answer=answer, links=links, actor=actor, now=now)
    if request.to_email is not None:
        to = Invitee(read_address(request.to_email), request.to_name)
        named = Named(to, request.created_at)
        transfers.hand_over(
            session, request.seat_public_id, named, links=links, actor=actor, now=now
        )
    elif find_seat(session, request.seat_public_id).state is SeatState.LOCKED:
        claims.approve_refill(session, request.seat_public_id, actor=actor, now=now)
