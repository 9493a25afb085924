"""The roster status of a course: when it was read, the outcome, and open decisions."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti.models.courses import Context, RosterMember


@dataclass(frozen=True, slots=True)
class RosterStanding:
    """A course's roster after its last sync; `course_id` is the course's public ID.

    `is_offered` is True if the platform offers a roster. `listed` is the number of people on it, `new`
    those added by the last sync, `missing` those it no longer listed. `held_back` is the number of
    people whose seats wait for a manager's decision, None for none.
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
    """Return the status of a course's roster."""
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
