"""Releasing thousands of seats: a job that goes on without anybody looking, and says how far it is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms import audit, jobs, seats
from lms.errors import NotFound
from lms.letters import Doors
from lms.models.seats import Assignment, AssignmentEnd, Seat
from lms.models.upkeep import Job, JobState, Lane
from lms.seating import lock_pool

RELEASE: Final = "seats.release"
AT_ONCE: Final = 200  # more than these are released by a job
PORTION: Final = 50
COUNTED_AT_ONCE: Final = 500
One = TypeVar("One")


@dataclass(frozen=True, slots=True)
class MassRelease:
    """How far releasing many seats is; `released` of `total` were, the rest had gone before."""

    id: str
    state: JobState
    total: int
    released: int
    share: float
    failure: str
    created_at: datetime
    started_at: datetime | None

    @property
    def is_live(self) -> bool:
        """Tell whether it still waits or goes on."""
        return self.state in (JobState.QUEUED, JobState.RUNNING)


def begin(
    session: Session,
    organisation_id: str,
    seat_ids: Sequence[str],
    *,
    actor: str,
    now: datetime,
) -> str:
    """Have whoever sits in these seats now released by a worker; returns the outside id of the job."""
    people = [
        one
        for some in portions(seat_ids, COUNTED_AT_ONCE)
        for one in session.scalars(
            select(Assignment.id)
            .join(Seat, Seat.id == Assignment.seat_id)
            .where(Seat.public_id.in_(some), Assignment.ended_at.is_(None))
            .order_by(Assignment.pool_id, Assignment.id)
        )
    ]
    payload = {"people": people, "actor": actor}
    job = jobs.enqueue(
        session, kind=RELEASE, lane=Lane.PROMPT, subject=organisation_id, payload=payload, now=now
    )
    detail = {"seats": len(people)}
    audit.record(
        session, "seats.release_begun", organisation_id, actor=actor, now=now, detail=detail
    )
    return job.public_id


def release_some(
    session: Session, people: Sequence[int], *, doors: Doors, actor: str, now: datetime
) -> None:
    """Release those of these people, by their assignments, who have not left their seats before."""
    pools = select(Assignment.pool_id).where(Assignment.id.in_(people)).distinct()
    for pool_id in sorted(session.scalars(pools)):
        lock_pool(session, pool_id)
    still = session.scalars(
        select(Seat.public_id)
        .join(Assignment, Assignment.seat_id == Seat.id)
        .where(Assignment.id.in_(people), Assignment.ended_at.is_(None))
        .order_by(Seat.pool_id, Seat.id)
    ).all()
    for seat_id in still:
        seats.release(session, seat_id, AssignmentEnd.REMOVED, doors=doors, actor=actor, now=now)


def read_release(session: Session, organisation_id: str, job_id: str) -> MassRelease:
    """Return how far a release of an organisation's is; raises NotFound for any other."""
    job = session.scalar(
        select(Job).where(
            Job.public_id == job_id, Job.kind == RELEASE, Job.subject == organisation_id
        )
    )
    if job is None:
        raise NotFound
    people = [int(one) for one in job.payload["people"]]
    released = sum(
        session.scalar(
            select(func.count(Assignment.id)).where(
                Assignment.id.in_(some),
                Assignment.ended_as == AssignmentEnd.REMOVED,
                Assignment.ended_at >= job.created_at,
            )
        )
        or 0
        for some in portions(people, COUNTED_AT_ONCE)
    )
    return MassRelease(
        id=job.public_id,
        state=job.state,
        total=len(people),
        released=released,
        share=released / len(people) if people else 1.0,
        failure=job.failure or "",
        created_at=job.created_at,
        started_at=job.started_at,
    )


def under_way(session: Session, organisation_id: str) -> str | None:
    """Return the newest release of an organisation's that is not over yet."""
    return session.scalar(
        select(Job.public_id)
        .where(
            Job.subject == organisation_id,
            Job.kind == RELEASE,
            Job.state.in_((JobState.QUEUED, JobState.RUNNING)),
        )
        .order_by(Job.id.desc())
        .limit(1)
    )


def portions(all_of_them: Sequence[One], size: int) -> Iterator[Sequence[One]]:
    """Return a sequence in parts of at most that size."""
    for first in range(0, len(all_of_them), size):
        yield all_of_them[first : first + size]
