"""Unused seats: claimed by learners who never watched, released when they leave."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.access.merged_organizations import family_of
from lms.mail.links import Links
from lms.models.accounts import Login
from lms.models.seats import Assignment, AssignmentEnd, AssignmentState, Pool, Seat
from lms.seats.claims import release_many
from lms.seats.transfer_rules import watched_share


def unused_seats(
    session: Session, organization_id: int, login_ids: Collection[int]
) -> Mapping[str, int]:
    """Return the unwatched seats (public IDs) of these logins in an organization's pools.

    Only seats of people known from their LMS alone: invited people, and those with an account, keep
    their seat after a course.
    """
    if not login_ids:
        return {}
    rows = session.execute(
        select(Seat.public_id, Assignment.login_id, Pool)
        .select_from(Assignment)
        .join(Seat, Seat.id == Assignment.seat_id)
        .join(Pool, Pool.id == Assignment.pool_id)
        .join(Login, Login.id == Assignment.login_id)
        .where(
            Pool.organization_id.in_(family_of(organization_id)),
            Assignment.login_id.in_(sorted(login_ids)),
            Assignment.ended_at.is_(None),
            Assignment.state == AssignmentState.CLAIMED,
            Assignment.email.is_(None),
            Login.email_key.is_(None),
        )
        .order_by(Seat.id)
    ).all()
    return {
        seat: login_id
        for seat, login_id, pool in rows
        if login_id is not None and watched_share(session, pool, login_id) == 0
    }


def give_back(session: Session, seat_ids: Collection[str], *, links: Links, now: datetime) -> None:
    """Release the seats of people who left the course and never watched."""
    release_many(session, seat_ids, AssignmentEnd.LEFT, links=links, actor=None, now=now)
