"""Transfer rules: when a seat can go to another person (PRODUCT.md, S3)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.models.grants import Scope
from lms.models.recordings import Recording
from lms.models.seats import Assignment, AssignmentState, Pool
from lms.playback.watch_records import read_places
from lms.seats.watch_progress import covers

CONTRACT_SEAT_STAYS_FOR: Final = timedelta(days=7)
WATCHED_TOO_MUCH: Final = 0.5


@dataclass(frozen=True, slots=True)
class Refill:
    """Whether a seat can be refilled at once, from a time on, or once staff approve."""

    opens_at: datetime | None = None
    needs_approval: bool = False

    @property
    def is_free(self) -> bool:
        """Return whether it can be filled at once."""
        return self.opens_at is None and not self.needs_approval


AT_ONCE: Final = Refill()


def refill_of(session: Session, pool: Pool, holder: Assignment, now: datetime) -> Refill:
    """Return when a person's seat can be filled by someone else.

    At once: an unclaimed or frozen seat, any seat of an unlimited pool, and a permanent seat of
    which the person has watched less than half. A contract's seat: 7 days after it was claimed.
    """
    sits = holder.state is AssignmentState.CLAIMED
    if not sits or holder.claimed_at is None or holder.login_id is None or pool.capacity is None:
        return AT_ONCE
    if not pool.is_permanent:
        opens_at = holder.claimed_at + CONTRACT_SEAT_STAYS_FOR
        return Refill(opens_at=opens_at) if opens_at > now else AT_ONCE
    if watched_share(session, pool, holder.login_id) >= WATCHED_TOO_MUCH:
        return Refill(needs_approval=True)
    return AT_ONCE


def watched_share(session: Session, pool: Pool, login_id: int) -> float:
    """Return how much of what a pool covers a person has watched, 0 to 1.

    For a single webinar, its best-watched version counts; otherwise all current recordings
    together.
    """
    query = (
        select(Recording.id, Recording.seconds)
        .join(Pool, covers(Recording))
        .where(Pool.id == pool.id, Recording.seconds > 0)
    )
    if pool.scope is not Scope.WEBINAR:
        query = query.where(Recording.is_current)
    lengths = {row.id: row.seconds or 0.0 for row in session.execute(query)}
    places = read_places(session, login_id=login_id, recording_ids=list(lengths))
    if pool.scope is Scope.WEBINAR:
        return max((place.share for place in places.values()), default=0.0)
    total = sum(lengths.values())
    return sum(place.watched_s for place in places.values()) / total if total else 0.0
