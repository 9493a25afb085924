"""Bulk release and reinvite: acts on thousands of seats in a job, with progress."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, TypeVar

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from lms import audit
from lms.core.errors import or_not_found
from lms.jobs import queue as job_queue
from lms.mail.links import Links
from lms.models.jobs import Job, JobState, Lane
from lms.models.seats import Assignment, AssignmentEnd, Seat
from lms.seats import claims, invitations
from lms.seats.seat_counts import OPEN, lock_pool

AT_ONCE: Final = 200  # larger selections run in a job
PORTION: Final = 50
COUNTED_AT_ONCE: Final = 500
One = TypeVar("One")


class Act(StrEnum):
    """An action on seats; the value is the kind of its job."""

    RELEASE = "seats.release"
    SEND_AGAIN = "seats.send_again"


BEGUN: Final = {Act.RELEASE: "seats.release_begun", Act.SEND_AGAIN: "seats.sending_begun"}


@dataclass(frozen=True, slots=True)
class MassWork:
    """The progress of a bulk action: `done` of `total` people.

    `before` of them were done before the job's latest start, which can follow a lost worker or a
    wait for its turn. If the job ended with fewer done than `total`, the others had already left
    their seats or claimed them.
    """

    id: str
    act: Act
    state: JobState
    total: int
    done: int
    before: int
    share: float
    failure: str
    started_at: datetime | None

    @property
    def is_live(self) -> bool:
        """Return whether it is queued or running."""
        return self.state in (JobState.QUEUED, JobState.RUNNING)


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A bulk action that hasn't ended."""

    id: str
    act: Act


def begin(
    session: Session,
    act: Act,
    organization_id: str,
    seat_ids: Sequence[str],
    *,
    actor: str,
    now: datetime,
) -> str | None:
    """Queue a job that applies an action to the people in these seats; return its public ID.

    Invitations are resent only for unclaimed seats. Returns None, without a job, if there are none.
    """
    people = people_of(session, act, seat_ids)
    if not people:
        return None
    payload = {"people": people, "actor": actor, "since": now.isoformat()}
    job = job_queue.enqueue(
        session, kind=act, lane=Lane.PROMPT, subject=organization_id, payload=payload, now=now
    )
    detail = {"seats": len(people)}
    audit.record(session, BEGUN[act], organization_id, actor=actor, now=now, detail=detail)
    return job.public_id


def people_of(session: Session, act: Act, seat_ids: Sequence[str]) -> list[int]:
    """Return the assignments in these seats that the action applies to, pool by pool."""
    which = Assignment.state.in_(OPEN) if act is Act.SEND_AGAIN else Assignment.ended_at.is_(None)
    found = [
        (one.pool_id, one.id)
        for some in portions(seat_ids, COUNTED_AT_ONCE)
        for one in session.execute(
            select(Assignment.pool_id, Assignment.id)
            .join(Seat, Seat.id == Assignment.seat_id)
            .where(Seat.public_id.in_(some), which)
        )
    ]
    return [assignment_id for _, assignment_id in sorted(found)]


def unchanged_since(session: Session, seat_ids: Sequence[str], at: datetime) -> tuple[str, ...]:
    """Return those of these seats, in their order, that no one else was put into after that time."""
    kept = {
        seat_id
        for some in portions(seat_ids, COUNTED_AT_ONCE)
        for seat_id in session.scalars(
            select(Seat.public_id)
            .join(Assignment, Assignment.seat_id == Seat.id)
            .where(
                Seat.public_id.in_(some), Assignment.ended_at.is_(None), Assignment.created_at <= at
            )
        )
    }
    return tuple(one for one in seat_ids if one in kept)


def left_of(session: Session, act: Act, people: Sequence[int], since: datetime) -> list[int]:
    """Return the assignments still to do since that time, in the order given."""
    due = {
        assignment_id
        for some in portions(people, COUNTED_AT_ONCE)
        for assignment_id in session.scalars(
            select(Assignment.id).where(Assignment.id.in_(some), _is_due(act, since))
        )
    }
    return [one for one in people if one in due]


def release_some(
    session: Session, people: Sequence[int], *, links: Links, actor: str, now: datetime
) -> None:
    """Release the seats of those of these assignments that haven't ended."""
    pools = select(Assignment.pool_id).where(Assignment.id.in_(people)).distinct()
    # all pools first, in ID order, so that two bulk releases never deadlock
    for pool_id in sorted(session.scalars(pools)):
        lock_pool(session, pool_id)
    for seat_id in _seats(session, people, _is_due(Act.RELEASE, now)):
        claims.release(session, seat_id, AssignmentEnd.REMOVED, links=links, actor=actor, now=now)


def send_some(
    session: Session,
    people: Sequence[int],
    *,
    since: datetime,
    links: Links,
    actor: str,
    now: datetime,
) -> None:
    """Resend those of these invitations that are unclaimed and weren't sent since `since`."""
    for seat_id in _seats(session, people, _is_due(Act.SEND_AGAIN, since)):
        invitations.send_again(session, seat_id, links=links, actor=actor, now=now)


def read_work(session: Session, organization_id: str, job_id: str) -> MassWork:
    """Return the progress of an organization's bulk action; raises NotFound."""
    query = select(Job).where(
        Job.public_id == job_id, Job.kind.in_(Act), Job.subject == organization_id
    )
    job = or_not_found(session.scalar(query))
    act = Act(job.kind)
    people = [int(one) for one in job.payload["people"]]
    done, before = _count_done(session, act, people, job.created_at), 0
    if job.started_at is not None:
        before = done - _count_done(session, act, people, job.started_at)
    return MassWork(
        id=job.public_id,
        act=act,
        state=job.state,
        total=len(people),
        done=done,
        before=before,
        share=done / len(people) if people else 1.0,
        failure=job.failure or "",
        started_at=job.started_at,
    )


def under_way(session: Session, organization_id: str) -> UnderWay | None:
    """Return an organization's newest bulk action that hasn't ended."""
    row = session.execute(
        select(Job.public_id, Job.kind)
        .where(
            Job.subject == organization_id,
            Job.kind.in_(Act),
            Job.state.in_((JobState.QUEUED, JobState.RUNNING)),
        )
        .order_by(Job.id.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else UnderWay(row.public_id, Act(row.kind))


def portions(all_of_them: Sequence[One], size: int) -> Iterator[Sequence[One]]:
    """Yield a sequence in parts of at most `size`."""
    for first in range(0, len(all_of_them), size):
        yield all_of_them[first : first + size]


def _count_done(session: Session, act: Act, people: Sequence[int], since: datetime) -> int:
    return sum(
        session.scalar(
            select(func.count(Assignment.id)).where(Assignment.id.in_(some), _is_done(act, since))
        )
        or 0
        for some in portions(people, COUNTED_AT_ONCE)
    )


def _is_due(act: Act, since: datetime) -> ColumnElement[bool]:
    if act is Act.RELEASE:
        return Assignment.ended_at.is_(None)
    is_unwritten = or_(Assignment.notified_at.is_(None), Assignment.notified_at < since)
    return and_(Assignment.state.in_(OPEN), is_unwritten)


def _is_done(act: Act, since: datetime) -> ColumnElement[bool]:
    if act is Act.SEND_AGAIN:
        return Assignment.notified_at >= since
    return and_(Assignment.ended_as == AssignmentEnd.REMOVED, Assignment.ended_at >= since)


def _seats(session: Session, people: Sequence[int], which: ColumnElement[bool]) -> Sequence[str]:
    return session.scalars(
        select(Seat.public_id)
        .join(Assignment, Assignment.seat_id == Seat.id)
        .where(Assignment.id.in_(people), which)
        .order_by(Seat.pool_id, Seat.id)
    ).all()
