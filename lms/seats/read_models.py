"""Read models of seats: each seat, the person who has it, and everyone who had it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from lms.access.merged_organizations import kept_organization
from lms.core.errors import N_, or_not_found
from lms.models.accounts import Login
from lms.models.seats import Assignment, AssignmentEnd, AssignmentState, Pool, Seat, SeatState
from lms.seats.seat_counts import NO_SUCH_SEAT

NOBODY_OF_THIS_ADDRESS = N_("No one with this email address has one of these seats.")


@dataclass(frozen=True, slots=True)
class SeatFacts:
    """A seat and the person in it, if any.

    `organization_id` is the remaining organization after a merge.
    """

    id: int
    public_id: str
    pool_id: int
    pool: str
    organization_id: int
    state: SeatState
    opens_at: datetime | None
    sits: AssignmentState | None
    login_id: int | None
    email: str | None
    name: str
    claimed_at: datetime | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class SeatHolder:
    """One person's time in one seat; `ended_at` is None for the current person."""

    assignment_id: int
    name: str
    email: str | None
    state: AssignmentState
    invited_at: datetime
    claimed_at: datetime | None
    expires_at: datetime | None
    ended_at: datetime | None
    ended_as: AssignmentEnd | None


_SEATS: Final = (
    select(
        Seat.id,
        Seat.public_id,
        Seat.pool_id,
        Pool.public_id.label("pool"),
        kept_organization(Pool.organization_id).label("organization_id"),
        Seat.state,
        Seat.opens_at,
        Assignment.state.label("sits"),
        Assignment.login_id,
        func.coalesce(Login.email, Assignment.email).label("email"),
        func.coalesce(Login.name, Assignment.name, "").label("name"),
        Assignment.claimed_at,
        Assignment.expires_at,
    )
    .join(Pool, Pool.id == Seat.pool_id)
    .outerjoin(Assignment, (Assignment.seat_id == Seat.id) & Assignment.ended_at.is_(None))
    .outerjoin(Login, Login.id == Assignment.login_id)
)


def find_seat(session: Session, seat_id: str) -> SeatFacts:
    """Return a seat by its public ID; raises NotFound."""
    row = session.execute(_SEATS.where(Seat.public_id == seat_id)).one_or_none()
    return SeatFacts(*tuple(or_not_found(row, NO_SUCH_SEAT)))


def list_seats(session: Session, pool_id: int) -> tuple[SeatFacts, ...]:
    """Return the seats of a pool that were ever taken, the oldest first."""
    rows = session.execute(_SEATS.where(Seat.pool_id == pool_id).order_by(Seat.id))
    return tuple(SeatFacts(*tuple(row)) for row in rows)


def seat_of_address(session: Session, pool_id: int, email_key: str) -> SeatFacts:
    """Return the seat of an address in a pool, as invited or as its login's; raises NotFound."""
    row = session.execute(
        _SEATS.where(
            Seat.pool_id == pool_id,
            or_(Assignment.email_key == email_key, Login.email_key == email_key),
        )
        .order_by(Seat.id)
        .limit(1)
    ).one_or_none()
    return SeatFacts(*tuple(or_not_found(row, NOBODY_OF_THIS_ADDRESS)))


def read_history(session: Session, seat_id: int) -> tuple[SeatHolder, ...]:
    """Return everyone who has had a seat, the latest first."""
    rows = session.execute(
        select(
            Assignment.id,
            func.coalesce(Login.name, Assignment.name, ""),
            func.coalesce(Assignment.email, Login.email),
            Assignment.state,
            Assignment.created_at,
            Assignment.claimed_at,
            Assignment.expires_at,
            Assignment.ended_at,
            Assignment.ended_as,
        )
        .outerjoin(Login, Login.id == Assignment.login_id)
        .where(Assignment.seat_id == seat_id)
        .order_by(Assignment.id.desc())
    )
    return tuple(SeatHolder(*row) for row in rows)
