"""What an organisation asks the house about its seats: more of them, or that one may move (S8, S3)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import desk, seats
from lms.desk import NewRequest, Office
from lms.desk_list import OPEN, RequestFacts, find_request
from lms.errors import N_, Conflict, NotFound
from lms.letters import Doors
from lms.models.holdings import Scope
from lms.models.orders import DeskRequest, RequestKind
from lms.models.seats import SeatState
from lms.pools import PoolFacts
from lms.seat_list import find_seat
from lms.seating import NO_SUCH_SEAT

NOTHING_TO_APPROVE = N_("This request is about no seat.")


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, and what they write besides."""

    login_id: int
    public_id: str
    name: str
    email: str
    message: str = ""


def ask_for_more(
    session: Session,
    pool: PoolFacts,
    quantity: int,
    asker: Asker,
    *,
    office: Office,
    now: datetime,
) -> RequestFacts:
    """Ask staff for so many more seats of a pool, since a full one refuses (S8). Raises Invalid."""
    new = NewRequest(
        kind=RequestKind.MORE_SEATS,
        name=asker.name,
        email=asker.email,
        organisation_name=pool.organisation,
        login_id=asker.login_id,
        organisation_id=pool.organisation_id,
        webinar_id=pool.target.id if pool.target.scope is Scope.WEBINAR else None,
        pool_id=pool.id,
        quantity=quantity,
        message=asker.message,
        refusal="POOL_FULL",
    )
    return desk.ask(session, new, office=office, actor=asker.public_id, now=now)


def ask_to_move(
    session: Session,
    seat_id: str,
    pool: PoolFacts,
    asker: Asker,
    *,
    office: Office,
    now: datetime,
) -> RequestFacts:
    """Ask staff to agree that a seat goes to somebody else (S3).

    While such a request is open, asking again returns it. Raises NotFound for another pool's
    seat, Invalid.
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
    if asked is not None:
        return find_request(session, asked)
    new = NewRequest(
        kind=RequestKind.REASSIGN,
        name=asker.name,
        email=asker.email,
        organisation_name=pool.organisation,
        login_id=asker.login_id,
        organisation_id=pool.organisation_id,
        pool_id=pool.id,
        seat_id=seat.id,
        message=asker.message,
    )
    return desk.ask(session, new, office=office, actor=asker.public_id, now=now)


def agree_to_move(
    session: Session,
    request_id: str,
    answer: str,
    *,
    doors: Doors,
    actor: str | None,
    now: datetime,
) -> None:
    """Agree with one click: a freed seat opens, one that somebody has may be reassigned.

    Raises NotFound, and Conflict when the request was answered before or is about no seat.
    """
    request = find_request(session, request_id)
    if request.seat_public_id is None:
        raise Conflict(NOTHING_TO_APPROVE)
    if find_seat(session, request.seat_public_id).state is SeatState.LOCKED:
        seats.approve_refill(session, request.seat_public_id, actor=actor, now=now)
    desk.finish(session, request_id, answer=answer, doors=doors, actor=actor, now=now)
