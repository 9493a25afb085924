"""The worker: runs the jobs of its lanes and sends email until it is stopped.

Each lane is a thread that runs one job after the other. With the prompt lane, each lane of email
has its own thread, so that neither a mail server that hangs nor a bulk mailing delays anything
else.
"""

import os
import platform
import threading
import time
from collections.abc import Callable, Collection, Iterator
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from lms.core.acting_roles import ActingRole
from lms.core.errors import Frozen, Moved
from lms.core.model_base import new_public_id
from lms.core.runtime import Carrel
from lms.jobs import leases as job_leases
from lms.jobs.job_runner import JobAttempt
from lms.jobs.queue import ENDED, Claim, JobFacts, Schedule, Work, enqueue, job_facts
from lms.models.jobs import Lane
from lms.models.mail import MailLane
from lms.worker.mail_thread import MailSender

POLL_S = 1.0
FAULT_WAIT_S = 5.0
GRACE_S = 10.0
SCHEDULE_PUT_OFF = timedelta(minutes=1)
LONGEST_HOST = 30

log = structlog.get_logger()


class Worker:
    """Runs its lanes until `stop()`."""

    def __init__(self, carrel: Carrel, work: Work, lanes: Collection[Lane]) -> None:
        self._carrel = carrel.acting_as(ActingRole.JOB)
        self._work = work
        self._lanes = tuple(lanes)
        self._name = worker_name()
        self._stopping = threading.Event()
        self._tryouts: dict[Lane, JobAttempt] = {}
        self._slots: dict[str, int] = {}
        self._put_off: dict[str, datetime] = {}

    def stop(self) -> None:
        """Take no new jobs, and ask running handlers to stop; safe in a signal handler."""
        self._stopping.set()

    def run(self) -> bool:
        """Work until asked to stop; return False if a lane's thread ended on its own.

        A handler that doesn't stop within ten seconds is abandoned and its job returned to the
        queue, so the process should end then.
        """
        log.info("worker_started", worker=self._name, lanes=[lane.value for lane in self._lanes])
        threads = [self._thread(lane.value, self._step_of(lane)) for lane in self._lanes]
        if Lane.PROMPT in self._lanes:
            threads.extend(self._mail_threads())
        whole = True
        while whole and not self._stopping.wait(POLL_S):
            # a lane also ends if the worker was stopped since the wait
            whole = all(thread.is_alive() for thread in threads) or self._stopping.is_set()
        if not whole:
            log.error("worker_lost_a_lane", worker=self._name)
            self.stop()
        self._wind_up(threads)
        return whole

    def _mail_threads(self) -> Iterator[threading.Thread]:
        senders = {
            lane: MailSender(self._carrel, lane, self._name, self._stopping) for lane in MailLane
        }
        for lane, sender in senders.items():
            yield self._thread(f"mail-{lane.value}", sender.step)

        def keep_leases() -> bool:
            for sender in senders.values():
                sender.keep_lease()
            return False

        yield self._thread("mail-leases", keep_leases)

    def _wind_up(self, threads: Collection[threading.Thread]) -> None:
        ends = time.monotonic() + GRACE_S
        for thread in threads:
            thread.join(max(0.0, ends - time.monotonic()))
        for tryout in tuple(self._tryouts.values()):
            tryout.abandon()
        log.info("worker_stopped", worker=self._name)

    def _thread(self, name: str, step: Callable[[], bool]) -> threading.Thread:
        thread = threading.Thread(target=self._loop, args=(step,), name=name, daemon=True)
        thread.start()
        return thread

    def _loop(self, step: Callable[[], bool]) -> None:
        while not self._stopping.is_set():
            try:
                wait_s = 0.0 if step() else POLL_S
            except SQLAlchemyError as error:
                log.error("database_fault", kind=type(error).__name__)  # noqa: TRY400  (no values)
                wait_s = FAULT_WAIT_S
            except Frozen as refusal:  # due jobs wait until the database was moved
                if isinstance(refusal, Moved):
                    log.error("database_moved", step=threading.current_thread().name)  # noqa: TRY400  (not our error)
                wait_s = FAULT_WAIT_S
            except Exception as error:  # a lane continues, whatever one step raises
                log.exception("step_broke", kind=type(error).__name__)
                wait_s = POLL_S
            self._stopping.wait(wait_s)

    def _step_of(self, lane: Lane) -> Callable[[], bool]:
        def step() -> bool:
            if lane is Lane.PROMPT:
                self._keep_schedules()
            held = claim_next(self._carrel, self._work, lane=lane, worker=self._name)
            if held is None:
                return False
            tryout = JobAttempt(self._carrel, self._work, held, self._stopping)
            self._tryouts[lane] = tryout
            try:
                tryout.run()
            finally:
                del self._tryouts[lane]
            return True

        return step

    def _keep_schedules(self) -> None:
        now = self._carrel.database.clock.now()
        for schedule in self._work.schedules:
            slot = int(now.timestamp() // schedule.every.total_seconds())
            due = self._slots.get(schedule.kind) != slot
            if due and self._put_off.get(schedule.kind, now) <= now:
                self._keep_schedule(schedule, slot, now)

    def _keep_schedule(self, schedule: Schedule, slot: int, at: datetime) -> None:
        """Queue a schedule's job; if that fails, retry later, without delaying other schedules."""
        try:
            with self._carrel.database.transaction() as session:
                enqueue(
                    session,
                    kind=schedule.kind,
                    lane=schedule.lane,
                    subject="",
                    payload={},
                    now=at,
                    unique_key=f"{schedule.kind}@{slot}",
                )
        except (*job_leases.NOT_THE_JOBS, Frozen):
            raise  # the database is down or frozen: the lane waits
        except Exception as error:  # noqa: BLE001  (the lane has other work to do)
            log.error("schedule_not_kept", schedule=schedule.kind, kind=type(error).__name__)  # noqa: TRY400  (no values)
            self._put_off[schedule.kind] = at + SCHEDULE_PUT_OFF
        else:
            self._slots[schedule.kind] = slot


def see_through(carrel: Carrel, work: Work, job_id: str) -> JobFacts:
    """Wait until a job has ended, running it here if no worker has taken it; return its end.

    Raises NotFound for an unknown ID.
    """
    name, stopping = worker_name(), threading.Event()
    while True:
        with carrel.database.read_session() as session:
            facts = job_facts(session, job_id)
        if facts.state in ENDED:
            return facts
        held = claim_next(carrel, work, job_id=job_id, worker=name)
        if held is None:
            stopping.wait(POLL_S / 2)
            continue
        try:
            JobAttempt(carrel, work, held, stopping).run()
        except KeyboardInterrupt:
            JobAttempt(carrel, work, held, stopping).abandon()
            raise


def claim_next(
    carrel: Carrel,
    work: Work,
    *,
    worker: str,
    lane: Lane | None = None,
    job_id: str | None = None,
) -> Claim | None:
    """Settle jobs without a worker, then claim the next job; only reads if there is none."""
    now, kinds = carrel.database.clock.now(), tuple(work.handlers)
    with carrel.database.read_session() as session:
        if not job_leases.has_work(session, lane=lane, kinds=kinds, now=now):
            return None
        is_stranded = job_leases.has_stranded(session, now=now)
    if is_stranded:
        _settle(carrel, work, now)
    with carrel.database.transaction() as session:
        return job_leases.claim(
            session, lane=lane, kinds=kinds, worker=worker, now=now, job_id=job_id
        )


def _settle(carrel: Carrel, work: Work, at: datetime) -> None:
    """Settle in a separate transaction, so that a failure doesn't prevent claims."""
    try:
        with carrel.database.transaction() as session:
            job_leases.settle(session, endings=work.endings, now=at)
    except Exception as error:  # noqa: BLE001  (the jobs that wait are not at fault)
        log.error("jobs_not_settled", kind=type(error).__name__)  # noqa: TRY400  (no values)


def worker_name() -> str:
    """Return a unique worker name: host, process ID, and a few random characters."""
    return f"{platform.node()[:LONGEST_HOST]}:{os.getpid()}:{new_public_id()[:8]}"
