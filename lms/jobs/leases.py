"""Leases of jobs: a worker claims a job, renews its lease, and records the end.

Every write here is fenced by `leased_by`, which is new with every claim, so that a worker that lost
its lease without noticing changes nothing. Leases use the database's clock, which all machines
share.
"""

import traceback
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, Update, and_, select, text, update
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.orm import Session

from lms.core.errors import N_
from lms.core.logs import without_addresses
from lms.core.model_base import copied, new_public_id
from lms.jobs.queue import Claim, Ended, Ending
from lms.models.jobs import DROPPED, RUNS, WAITS, Job, JobState, Lane

LEASE = timedelta(seconds=30)
FIRST_WAIT = timedelta(seconds=10)
LONGEST_WAIT = timedelta(hours=1)
SETTLED_AT_ONCE = 50
STOPPED_MIDWAY = N_("The worker stopped during every attempt.")
CANCELED = N_("This job was canceled.")
BROKE = N_("Something went wrong during this job.")
DETAIL_CHARS = 8_000
# The database couldn't be reached or rolled back: not the job's fault, and a retry may work.
NOT_THE_JOBS = (OperationalError, InterfaceError)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a try failed, and whether it is final."""

    sentence: str
    detail: str
    final: bool


def failure_of(error: Exception) -> Failure:
    """Return the failure for an unexpected error: one sentence, and its traceback without addresses."""
    text = without_addresses("".join(traceback.format_exception(error)))
    return Failure(BROKE, storable(text)[-DETAIL_CHARS:], final=False)


def storable(text: str) -> str:
    """Return a text without what databases reject: NUL and surrogates."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def wait_after(tries: int) -> timedelta:
    """Return the wait after this many attempts: 10 s, then six times as long each, at most an hour."""
    growth: int = 6 ** min(tries - 1, 6)
    return min(FIRST_WAIT * growth, LONGEST_WAIT)


def has_work(session: Session, *, lane: Lane | None, kinds: Collection[str], now: datetime) -> bool:
    """Return whether a claim or a settlement would find something; reads only."""
    waiting = select(Job.id).where(_ready(now), Job.kind.in_(kinds)).limit(1)
    if lane is not None:
        waiting = waiting.where(Job.lane == lane)
    return session.scalar(waiting) is not None or has_stranded(session, now=now)


def has_stranded(session: Session, *, now: datetime) -> bool:
    """Return whether a settlement would find something; reads only."""
    queries = (select(Job.id).where(condition).limit(1) for condition in _stranded(now))
    return any(session.scalar(query) is not None for query in queries)


def others_wait(session: Session, held: Claim, *, kinds: Collection[str], now: datetime) -> bool:
    """Return whether a job of the same lane is due with at least the priority of a held one."""
    own = select(Job.priority).where(Job.id == held.id).scalar_subquery()
    query = select(Job.id).where(
        _ready(now), Job.kind.in_(kinds), Job.lane == held.lane, Job.priority <= own
    )
    return session.scalar(query.limit(1)) is not None


def claim(
    session: Session,
    *,
    lane: Lane | None,
    kinds: Collection[str],
    worker: str,
    now: datetime,
    job_id: str | None = None,
) -> Claim | None:
    """Claim the next due job, in a lane or by its public ID; None if there is none."""
    due = select(Job.id).where(_ready(now), Job.kind.in_(kinds))
    if lane is not None:
        due = due.where(Job.lane == lane)
    if job_id is not None:
        due = due.where(Job.public_id == job_id)
    # SQLAlchemy omits SKIP LOCKED on SQLite, which has a single writer.
    due = due.order_by(Job.priority, Job.run_at, Job.id).limit(1).with_for_update(skip_locked=True)
    taken = (
        update(Job)
        .where(Job.id == due.scalar_subquery(), Job.state == JobState.QUEUED)
        .values(
            state=JobState.RUNNING,
            tries=Job.tries + 1,
            leased_by=f"{worker}:{new_public_id()}",
            lease_until=now + LEASE,
            started_at=now,
            finished_at=None,
            progress=0.0,
            progress_note="",
        )
        .returning(*(getattr(Job, name) for name in Claim.__dataclass_fields__))
    )
    row = session.execute(taken).one_or_none()
    return None if row is None else Claim(**row._mapping)  # noqa: SLF001  (SQLAlchemy's public API)


def renew(session: Session, held: Claim, *, share: float, note: str, now: datetime) -> bool | None:
    """Renew the lease and write the progress.

    Returns whether a cancellation was requested, or None if the lease is lost.
    """
    statement = (
        _fenced(held)
        .values(
            lease_until=now + LEASE, progress=min(max(share, 0.0), 1.0), progress_note=note[:200]
        )
        .returning(Job.cancel_requested)
    )
    return session.execute(statement).scalar_one_or_none()


def is_held(session: Session, held: Claim) -> bool:
    """Return whether the claim is valid, and keep it so until the transaction ends."""
    statement = _fenced(held).values(leased_by=held.leased_by).returning(Job.id)
    return session.execute(statement).scalar_one_or_none() is not None


def stands(session: Session, held: Claim) -> bool:
    """Return whether the claim is valid at this moment; reads only."""
    mine = (Job.id == held.id, Job.state == JobState.RUNNING, Job.leased_by == held.leased_by)
    return session.scalar(select(Job.id).where(*mine)) is not None


def finish(session: Session, held: Claim, *, now: datetime) -> bool:
    """Mark a job done; False, without a change, if the lease was lost."""
    values = {"state": JobState.DONE, "progress": 1.0, "finished_at": now}
    return _let_go(session, held, values | {"failure": None, "failure_detail": None})


def give_back(session: Session, held: Claim, *, now: datetime) -> bool:
    """Return a job to the queue without using up an attempt, because its worker is stopping."""
    values = {"state": JobState.QUEUED, "tries": max(held.tries - 1, 0), "run_at": now}
    return _let_go(session, held, values)


def stop(session: Session, held: Claim, *, endings: Mapping[str, Ending], now: datetime) -> bool:
    """Mark a running job canceled and call its ending."""
    values = {"state": JobState.CANCELED, "finished_at": now}
    if not _let_go(session, held, values):
        return False
    _tell(session, endings, _ended(held, JobState.CANCELED, CANCELED, "", now))
    return True


def fail(
    session: Session,
    held: Claim,
    failure: Failure,
    *,
    endings: Mapping[str, Ending],
    now: datetime,
) -> bool:
    """Queue a failed job again, later; after its last try or a final failure, mark it FAILED."""
    values = {
        "failure": storable(failure.sentence),
        "failure_detail": storable(failure.detail),
    }
    if not failure.final and held.tries < held.max_tries:
        again = {"state": JobState.QUEUED, "run_at": now + wait_after(held.tries)}
        return _let_go(session, held, values | again)
    if not _let_go(session, held, values | {"state": JobState.FAILED, "finished_at": now}):
        return False
    _tell(session, endings, _ended(held, JobState.FAILED, failure.sentence, failure.detail, now))
    return True


def settle(session: Session, *, endings: Mapping[str, Ending], now: datetime) -> int:
    """Settle the jobs that no worker has: expired leases, and canceled jobs that never started.

    A job with an expired lease is queued again, unless it was canceled or has used up its tries.
    Each is settled separately, so one that fails is left for later. Returns how many were settled.
    """
    settled = 0
    for condition, first in zip(_stranded(now), (Job.lease_until, Job.id), strict=True):
        query = (
            select(Job)
            .where(condition)
            .order_by(first)
            .limit(SETTLED_AT_ONCE)
            .with_for_update(skip_locked=True)
        )
        jobs = session.scalars(query).all()
        settled += sum(_settled(session, job, endings, now) for job in jobs)
    return settled


def _settled(session: Session, job: Job, endings: Mapping[str, Ending], now: datetime) -> bool:
    """Settle one job, or postpone it by a lease; raises if the database can't be reached."""
    try:
        with session.begin_nested():
            _settle(session, job, endings, now)
    except Exception as error:
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            raise
        log.error("job_not_settled", job=job.public_id, kind=type(error).__name__)  # noqa: TRY400  (no values)
        job.state, job.leased_by, job.lease_until = JobState.RUNNING, "", now + LEASE
        session.flush()
        return False
    return True


def _settle(session: Session, job: Job, endings: Mapping[str, Ending], now: datetime) -> None:
    job.lease_until = job.leased_by = None
    if not job.cancel_requested and job.tries < job.max_tries:
        job.state, job.run_at = JobState.QUEUED, now
        return
    job.finished_at = now
    if job.cancel_requested:
        job.state, sentence = JobState.CANCELED, CANCELED
    else:
        job.state, sentence = JobState.FAILED, STOPPED_MIDWAY
        job.failure = STOPPED_MIDWAY
    ended = copied(Ended, job, sentence=sentence, detail=job.failure_detail or "", at=now)
    _tell(session, endings, ended)


def _ready(now: datetime) -> ColumnElement[bool]:
    return and_(text(WAITS), Job.run_at <= now)


def _stranded(now: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Return the conditions for jobs that no worker has: expired leases, canceled before the start."""
    return and_(text(RUNS), Job.lease_until < now), and_(text(DROPPED))


def _fenced(held: Claim) -> Update:
    return update(Job).where(
        Job.id == held.id, Job.state == JobState.RUNNING, Job.leased_by == held.leased_by
    )


def _let_go(session: Session, held: Claim, values: Mapping[str, object]) -> bool:
    statement = _fenced(held).values(lease_until=None, leased_by=None, **values).returning(Job.id)
    return session.execute(statement).scalar_one_or_none() is not None


def _ended(held: Claim, state: JobState, sentence: str, detail: str, now: datetime) -> Ended:
    return copied(Ended, held, state=state, sentence=sentence, detail=detail, at=now)


def _tell(session: Session, endings: Mapping[str, Ending], ended: Ended) -> None:
    """Call a job's ending; if that fails, mark the job failed and record why."""
    ending = endings.get(ended.kind)
    if ending is None:
        return
    try:
        with session.begin_nested():
            ending(session, ended)
    except NOT_THE_JOBS:
        raise
    except Exception as error:
        log.exception("job_ending_broke", job=ended.public_id, kind=ended.kind)
        broken = failure_of(error)
        failed = ended.state is JobState.FAILED
        detail = f"{ended.detail}\n{broken.detail}" if ended.detail else broken.detail
        session.execute(
            update(Job)
            .where(Job.public_id == ended.public_id)
            .values(
                state=JobState.FAILED,
                failure=storable(ended.sentence) if failed else broken.sentence,
                failure_detail=storable(detail)[-DETAIL_CHARS:],
            )
            .execution_options(synchronize_session="fetch")
        )
