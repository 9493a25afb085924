"""The roster status of a course: when it was read, the outcome, and open decisions."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti.models.courses import Context, RosterMember


@dataclass(frozen=True, slots=True)
class RosterStanding:
    """A course's roster as the last reading left it; `course_id` is the course's outside id.

    `is_offered` says that the platform gives one at all. `listed` counts the people who are on it,
    `new` those whom the last reading brought, `missing` those whom it no longer named. `held_back`
    is how many people would lose a seat and wait for a manager's word, None when nobody does.
    """

    course_id: str
    is_offered: bool
    synced_at: datetime | None
    failure: str | None
    listed: int
    new: int
    missing: int
    held_back: int | None


def roster_standing(session: Session, context: Context) -> RosterStanding:
    """Return how the roster of a course stands."""
    is_here = RosterMember.missed == 0
    listed, new, missing = session.execute(
        select(
            func.count().filter(is_here),
            func.count().filter(is_here, RosterMember.created_at == context.synced_at),
            func.count().filter(~is_here),
        ).where(RosterMember.context_id == context.id)
    ).one()
    return RosterStanding(
        course_id=context.public_id,
        is_offered=context.memberships_url is not None,
        synced_at=context.synced_at,
        failure=context.sync_failure,
        listed=listed,
        new=0 if context.synced_at is None else new,
        missing=missing,
        held_back=context.held_back,
    )
