"""The job queue: enqueue work in the transaction that wants it; retry, cancel, and list jobs.

The row is the source of truth. A worker (lms/worker/worker.py) takes it under a lease. If the
worker is killed, the lease expires and another takes over, so handlers must be idempotent.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Protocol

from sqlalchemy import and_, delete, or_, select
from sqlalchemy.orm import Session

from lms import audit
from lms.core.bulk_insert import add_or_find
from lms.core.database import Database
from lms.core.errors import N_, Conflict, or_not_found
from lms.core.list_queries import Page, count_rows
from lms.core.logs import request_id
from lms.core.model_base import copied
from lms.core.runtime import Carrel
from lms.models.jobs import Job, JobState, Lane

KEPT_AFTER_ITS_END = timedelta(days=30)
ROUND_KEPT_AFTER_ITS_END = timedelta(days=1)
_DONE_ROUND = and_(Job.subject == "", Job.state == JobState.DONE)
ENDED = (JobState.DONE, JobState.FAILED, JobState.CANCELED)


class GiveUp(Exception):
    """Raised by a handler: this can't succeed, however often it is tried.

    `sentence` is for people, `detail` (such as the end of a program's output) for staff.
    """

    def __init__(self, sentence: str, detail: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.detail = detail


class TryAgain(GiveUp):
    """Raised by a handler: this failed and may succeed later; the sentence says why it failed."""


class Stopped(Exception):
    """Raised by a handler that stops early because of `canceled()`."""


class StandAside(Exception):
    """Raised by a handler to let more urgent work run; the job is queued again without using up an attempt."""


class LeaseLost(Stopped):
    """Another worker has taken over this job; what this one did is discarded."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A job claimed by a worker; `leased_by` is new with every claim and fences out other workers."""

    id: int
    public_id: str
    kind: str
    lane: Lane
    subject: str
    payload: Mapping[str, Any]
    tries: int
    max_tries: int
    leased_by: str
    lease_until: datetime
    request_id: str | None


class Watch(Protocol):
    """The handler's connection to the job's row: progress out, cancellation in."""

    def report(self, share: float, note: str) -> None:
        """Note the progress, to be written later."""

    def canceled(self) -> bool:
        """Return whether to stop."""

    def hold(self, session: Session) -> None:
        """Raise LeaseLost unless the job stays this worker's until the session's transaction ends."""

    def stand(self) -> None:
        """Raise LeaseLost unless the job is this worker's at this moment."""

    def give_way(self) -> None:
        """Raise StandAside if others wait and this job had its share of the lane."""


@dataclass(frozen=True, slots=True)
class JobRun:
    """One try of a job, as its handler sees it."""

    id: int
    public_id: str
    subject: str
    payload: Mapping[str, Any]
    tries: int
    max_tries: int
    watch: Watch

    def report(self, share: float, note: str = "") -> None:
        """Report the share done (0 to 1) and the current step; cheap enough for frequent calls."""
        self.watch.report(share, note)

    def canceled(self) -> bool:
        """Return whether to stop now: canceled by a person, taken over, or the worker is ending.

        A handler that stops for it raises (`Stopped`, or any exception of its work); returning
        means that the job is done.
        """
        return self.watch.canceled()

    def hold(self, session: Session) -> None:
        """Fence a transaction of the handler: raises LeaseLost if the job was taken over."""
        self.watch.hold(session)

    @contextmanager
    def transaction(self, database: Database) -> Iterator[Session]:
        """Begin a fenced transaction of the handler; raises LeaseLost as `hold` does."""
        with database.transaction() as session:
            self.hold(session)
            yield session

    def stand(self) -> None:
        """Fence writes outside the database: raises LeaseLost if the job was taken over by now.

        A worker can stall after this check, so it must undo such writes when it learns that it lost
        the lease, and something else must clean up if it never does.
        """
        self.watch.stand()

    def give_way(self) -> None:
        """Let other jobs of the lane run, once this one has worked for some seconds.

        For jobs with thousands of items: call it when everything done is committed. It raises
        StandAside; the job is queued behind the waiting ones, and continues with what is left.
        """
        self.watch.give_way()


@dataclass(frozen=True, slots=True)
class Ended:
    """How a job ended without success."""

    public_id: str
    kind: str
    subject: str
    payload: Mapping[str, Any]
    state: JobState
    sentence: str
    detail: str
    at: datetime


Handler = Callable[[Carrel, JobRun], None]
Ending = Callable[[Session, Ended], None]


@dataclass(frozen=True, slots=True)
class JobKind:
    """A kind of job: its stored name, its handler, and what to call if it failed or was canceled.

    `ended` is called in the transaction that writes the end.
    """

    name: str
    handler: Handler
    ended: Ending | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """A recurring job, queued once in every interval of length `every`."""

    kind: str
    every: timedelta
    lane: Lane = Lane.PROMPT


@dataclass(frozen=True, slots=True)
class Work:
    """All jobs that a worker can do."""

    handlers: Mapping[str, Handler]
    endings: Mapping[str, Ending] = field(default_factory=lambda: MappingProxyType({}))
    schedules: tuple[Schedule, ...] = ()


@dataclass(frozen=True, slots=True)
class JobFacts:
    """A job as people see it; `id` is its public ID."""

    id: str
    kind: str
    lane: Lane
    subject: str
    state: JobState
    progress: float
    progress_note: str
    tries: int
    max_tries: int
    cancel_requested: bool
    failure: str | None
    failure_detail: str | None
    created_at: datetime
    run_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


def enqueue(  # noqa: PLR0913  (every argument is needed)
    session: Session,
    *,
    kind: str,
    lane: Lane,
    subject: str,
    payload: Mapping[str, Any],
    now: datetime,
    unique_key: str | None = None,
    priority: int = 100,
) -> Job:
    """Write a job in the caller's transaction; a worker starts it after the commit.

    `subject` is the public ID of what it is about; `payload` contains IDs and numbers, never names
    or addresses. If the `unique_key` was used before, returns the existing job unchanged. Lower
    priorities go first.
    """
    job = Job(
        kind=kind,
        lane=lane,
        subject=subject,
        payload=dict(payload),
        unique_key=unique_key,
        priority=priority,
        run_at=now,
        created_at=now,
        request_id=request_id(),
    )
    if unique_key is None:
        session.add(job)
        session.flush()
        return job
    existing = select(Job).where(Job.unique_key == unique_key)
    return session.scalar(existing) or add_or_find(session, job, existing)


def retry(session: Session, job_id: str, *, actor: str | None, now: datetime) -> Job:
    """Queue a failed or canceled job again, with all its attempts.

    Raises NotFound for an unknown ID, and Conflict if the job is queued, running or done.
    """
    job = _locked_job(session, job_id)
    if job.state not in (JobState.FAILED, JobState.CANCELED):
        raise Conflict(N_("You can retry only jobs that failed or were canceled."))
    _queue_again(job, now)
    audit.record(session, "job.retried", job.public_id, actor=actor, now=now)
    session.flush()
    return job


def retry_failed(session: Session, unique_key: str, *, now: datetime) -> None:
    """Queue the job with a unique key again, with all its attempts, if it failed."""
    failed = and_(Job.unique_key == unique_key, Job.state == JobState.FAILED)
    job = session.scalar(select(Job).where(failed).with_for_update())
    if job is not None:
        _queue_again(job, now)
        session.flush()


def _queue_again(job: Job, now: datetime) -> None:
    job.state = JobState.QUEUED
    job.tries = 0
    job.run_at = now
    job.progress, job.progress_note = 0.0, ""
    job.cancel_requested = False
    job.failure = job.failure_detail = None
    job.started_at = job.finished_at = None


def cancel(session: Session, job_id: str, *, actor: str | None, now: datetime) -> Job:
    """Request that a job be canceled: it never starts, or its handler is asked to stop.

    The worker records the end. Raises NotFound for an unknown ID, and Conflict if it has ended.
    """
    job = _locked_job(session, job_id)
    if job.state in ENDED:
        raise Conflict(N_("This job has already ended."))
    if not job.cancel_requested:
        job.cancel_requested = True
        audit.record(session, "job.canceled", job.public_id, actor=actor, now=now)
        session.flush()
    return job


def job_facts(session: Session, job_id: str) -> JobFacts:
    """Return one job; raises NotFound."""
    job = or_not_found(session.scalar(select(Job).where(Job.public_id == job_id)))
    return _facts(job)


def latest_job(session: Session, *, kind: str, subject: str) -> JobFacts | None:
    """Return the newest job of a kind about a subject, for a page's progress."""
    query = (
        select(Job).where(Job.kind == kind, Job.subject == subject).order_by(Job.id.desc()).limit(1)
    )
    job = session.scalar(query)
    return None if job is None else _facts(job)


def list_jobs(
    session: Session,
    *,
    states: Sequence[JobState] = (),
    offset: int = 0,
    limit: int = 50,
) -> Page[JobFacts]:
    """Return jobs, newest first; no states means all of them.

    Scheduled jobs (without a subject) are listed only while queued, running, canceled or failed,
    because the many that are done would hide the rest.
    """
    wanted = select(Job).where(~_DONE_ROUND)
    if states:
        wanted = wanted.where(Job.state.in_(states))
    rows = session.scalars(wanted.order_by(Job.id.desc()).offset(offset).limit(limit))
    return Page(tuple(_facts(job) for job in rows), count_rows(session, wanted))


def forget_old(session: Session, *, now: datetime) -> None:
    """Delete jobs that ended a month ago, scheduled ones after a day; failed jobs stay for staff."""
    over = (JobState.DONE, JobState.CANCELED)
    old = and_(Job.state.in_(over), Job.finished_at < now - KEPT_AFTER_ITS_END)
    old_round = and_(_DONE_ROUND, Job.finished_at < now - ROUND_KEPT_AFTER_ITS_END)
    session.execute(delete(Job).where(or_(old, old_round)))


def _locked_job(session: Session, job_id: str) -> Job:
    found = select(Job).where(Job.public_id == job_id).with_for_update()
    return or_not_found(session.scalar(found))


def _facts(job: Job) -> JobFacts:
    return copied(JobFacts, job, id=job.public_id)
