"""Assignment history of a seat: who had it, from when to when, and how it ended."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.models.accounts import Login
from lms.models.audit import AuditEntry
from lms.models.seats import Assignment, AssignmentEnd, AssignmentState, Seat


@dataclass(frozen=True, slots=True)
class FrameViewer:
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


def read_history(session: Session, seat_id: int) -> tuple[FrameViewer, ...]:
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
    return tuple(FrameViewer(*row) for row in rows)


def released_together(session: Session, *, actor: str, at: datetime) -> tuple[tuple[str, int], ...]:
    """Return the public IDs of the seats that a person released in one action, each with its pool."""
    rows = session.execute(
        select(Seat.public_id, Seat.pool_id)
        .join(AuditEntry, AuditEntry.subject == Seat.public_id)
        .where(AuditEntry.act == "seat.released", AuditEntry.actor == actor, AuditEntry.at == at)
        .order_by(Seat.pool_id, Seat.id)
    )
    return tuple((row.public_id, row.pool_id) for row in rows)
