"""The claimed job runner: runs one claimed job, renews its lease, and records the outcome."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from lms.core.errors import N_, NotFound, Refused
from lms.core.logs import within_request
from lms.core.model_base import copied
from lms.core.runtime import Carrel
from lms.jobs import leases
from lms.jobs.leases import DETAIL_CHARS, Failure, failure_of
from lms.jobs.queue import Claim, GiveUp, JobRun, LeaseLost, StandAside, TryAgain, Work
from lms.models.jobs import Job

LOOK_S = 1.0
SHARE_S = 5.0  # how long a job runs before other jobs of its lane get a turn
RENEW_EVERY = timedelta(seconds=5)
WRITE_TRIES = 5
WRITE_WAIT_S = 2.0
GONE = N_("The item this job was for no longer exists.")

log = structlog.get_logger()


class JobAttempt:
    """Runs a claimed job to its end; it is the `Watch` of the handler's JobRun."""

    def __init__(self, carrel: Carrel, work: Work, held: Claim, stopping: threading.Event) -> None:
        self._carrel = carrel
        self._work = work
        self._held = held
        self._stopping = stopping
        self._ended = threading.Event()
        self._lost = False
        self._settling = False
        self._canceled = False
        self._share, self._note = 0.0, ""
        self._lease_until = held.lease_until
        self._clock = carrel.database.clock
        self._renewed_at = self._clock.now()
        self._began = time.monotonic()
        self._written = (self._share, self._note)

    def report(self, share: float, note: str) -> None:
        """Note the progress, which another thread writes."""
        self._share, self._note = share, note

    def canceled(self) -> bool:
        """Return whether to stop: canceled by a person, taken over, or this worker is ending."""
        return self._canceled or self._lost or self._stopping.is_set()

    def hold(self, session: Session) -> None:
        """Raise LeaseLost unless the job is ours, and stays ours until the transaction ends."""
        if not leases.is_held(session, self._held):
            self._lost = True
            raise LeaseLost

    def stand(self) -> None:
        """Raise LeaseLost unless the job is still ours."""
        with self._carrel.database.read_session() as session:
            if leases.stands(session, self._held):
                return
        self._lost = True
        raise LeaseLost

    def give_way(self) -> None:
        """Raise StandAside if this job had its share of time and others of the lane wait."""
        if time.monotonic() - self._began < SHARE_S:
            return
        with self._carrel.database.read_session() as session:
            is_wanted = leases.others_wait(
                session, self._held, kinds=tuple(self._work.handlers), now=self._clock.now()
            )
        if is_wanted:
            raise StandAside

    def run(self) -> None:
        """Run the handler and record its outcome, under the ID of the request that queued the job."""
        with within_request(self._held.request_id):
            self._run()

    def _run(self) -> None:
        held = self._held
        facts = {"job": held.public_id, "kind": held.kind, "tries": held.tries}
        # Scheduled jobs can run every few seconds, so only their failures are logged.
        is_round = held.kind in {each.kind for each in self._work.schedules}
        (log.debug if is_round else log.info)("job_started", **facts)
        with self._keeping_the_lease():
            ending = self._outcome()
            self._settling = True
            kept = self._write(ending)
        outcome = ending.__name__.strip("_")
        is_silent = is_round and kept and outcome == "done"
        tell = log.debug if is_silent else log.info
        took_s = round(time.monotonic() - self._began, 1)
        tell("job_ended", **facts, outcome=outcome, kept=kept, s=took_s)

    def abandon(self) -> None:
        """Return the job to the queue while its handler still runs, because the process is about to end."""
        self._write(self._give_back)
        self._ended.set()

    def _outcome(self) -> Callable[[Session, datetime], bool]:
        held = self._held
        run = copied(JobRun, held, watch=self)
        try:
            self._work.handlers[held.kind](self._carrel, run)
        except Exception as error:  # noqa: BLE001  (any exception is an outcome)
            return self._outcome_of(error)
        return self._done

    def _outcome_of(self, error: Exception) -> Callable[[Session, datetime], bool]:
        if self._lost:
            return _nothing
        if self._canceled:
            return self._stopped
        if self._stopping.is_set():
            return self._give_back
        if isinstance(error, StandAside):
            return self._give_back
        failure = _failure(error)

        def failed(session: Session, at: datetime) -> bool:
            endings = self._work.endings
            return leases.fail(session, self._held, failure, endings=endings, now=at)

        return failed

    def _done(self, session: Session, at: datetime) -> bool:
        return leases.finish(session, self._held, now=at)

    def _stopped(self, session: Session, at: datetime) -> bool:
        return leases.stop(session, self._held, endings=self._work.endings, now=at)

    def _give_back(self, session: Session, at: datetime) -> bool:
        return leases.give_back(session, self._held, now=at)

    def _write(self, ending: Callable[[Session, datetime], bool]) -> bool:
        for _ in range(WRITE_TRIES):
            try:
                with self._carrel.database.transaction() as session:
                    return ending(session, self._clock.now())
            except (SQLAlchemyError, Refused) as error:  # Refused means a deadlock
                log.error("job_end_not_written", kind=type(error).__name__)  # noqa: TRY400  (no values)
                self._ended.wait(WRITE_WAIT_S)
        return False  # the lease expires, and the job runs again

    @contextmanager
    def _keeping_the_lease(self) -> Iterator[None]:
        thread = threading.Thread(target=self._keep, name="lease", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()

    def _keep(self) -> None:
        while not self._ended.wait(LOOK_S):
            now = self._clock.now()
            try:
                self._look(now)
            except (SQLAlchemyError, Refused) as error:
                log.error("lease_not_renewed", kind=type(error).__name__)  # noqa: TRY400  (no values)
                self._lost = self._lost or now >= self._lease_until
            if self._lost and not self._settling:
                log.error("lease_lost", job=self._held.public_id)
            if self._lost:
                return  # while its end is being written, `kept` says whether it was still ours

    def _look(self, at: datetime) -> None:
        progress = (self._share, self._note)
        if progress == self._written and at - self._renewed_at < RENEW_EVERY:
            with self._carrel.database.read_session() as session:
                wanted = select(Job.cancel_requested).where(Job.id == self._held.id)
                self._canceled = bool(session.scalar(wanted))
            return
        with self._carrel.database.transaction() as session:
            asked = leases.renew(session, self._held, share=progress[0], note=progress[1], now=at)
        self._lost = asked is None
        self._canceled = bool(asked)
        self._written, self._renewed_at = progress, at
        self._lease_until = at + leases.LEASE


def _nothing(_session: Session, _moment: datetime) -> bool:
    return False


def _failure(error: Exception) -> Failure:
    if isinstance(error, GiveUp):
        final = not isinstance(error, TryAgain)
        return Failure(error.sentence, error.detail[-DETAIL_CHARS:], final)
    if isinstance(error, NotFound):
        log.warning("job_subject_gone", exc_info=error)
        # it was deleted, merged or erased in the meantime
        return Failure(GONE, failure_of(error).detail, final=True)
    log.error("job_broke", kind=type(error).__name__, exc_info=error)
    if isinstance(error, Refused):
        return Failure(error.message, failure_of(error).detail, final=False)
    return failure_of(error)
