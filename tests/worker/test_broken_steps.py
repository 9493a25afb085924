"""An ending, a schedule or a step that raises is logged and saved, and the rest continues."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from lms.core.clock import now
from lms.core.database import Database
from lms.core.errors import Conflict, NotFound
from lms.core.runtime import Carrel
from lms.jobs import leases
from lms.jobs.job_runner import GONE
from lms.jobs.leases import BROKE, CANCELED, LEASE, STOPPED_MIDWAY
from lms.jobs.queue import Ended, GiveUp, JobFacts, JobRun, Schedule, Stopped, Work, cancel
from lms.models.jobs import JobState, Lane
from lms.worker import worker
from lms.worker.worker import Worker, see_through
from tests.clock import NOW
from tests.factories import make_login
from tests.jobs.job_fixtures import at_work, facts_of, make_job, settle, take, taken
from tests.wait_until import until

LAPSED = NOW + LEASE + timedelta(seconds=1)
EMAIL = "pat.reader@example.org"


def breaks(session: Session, _ended: Ended) -> None:
    for _ in range(2):
        make_login(session, EMAIL)


def done(_carrel: Carrel, _run: JobRun) -> None:
    """Do nothing."""


def use_up_tries(database: Database, count: int) -> list[str]:
    """Create jobs whose last worker was lost in their last attempt."""
    ids = [make_job(database) for _ in range(count)]
    moment = NOW
    for _ in range(3):
        for _ in ids:
            assert take(database, now=moment) is not None
        moment += LEASE + timedelta(seconds=1)
        if moment < NOW + 3 * LEASE:
            with database.transaction() as session:
                settle(session, moment)
    return ids


def test_job_whose_ending_raises_fails_and_the_others_are_settled(database: Database) -> None:
    broken, other = use_up_tries(database, 2)
    told = list[str]()

    def ending(session: Session, ended: Ended) -> None:
        if ended.public_id == broken:
            breaks(session, ended)
        told.append(ended.public_id)

    with database.transaction() as session:
        count = leases.settle(session, endings={"encode": ending}, now=NOW + 4 * LEASE)
    assert (count, told) == (2, [other])
    for job_id in (broken, other):
        facts = facts_of(database, job_id)
        assert (facts.state, facts.failure) == (JobState.FAILED, STOPPED_MIDWAY)
    detail = facts_of(database, broken).failure_detail
    assert detail is not None
    assert "IntegrityError" in detail
    assert EMAIL not in detail


def test_job_whose_ending_hits_a_database_error_is_settled_later(database: Database) -> None:
    (job_id,) = use_up_tries(database, 1)
    ends = NOW + 4 * LEASE

    def gives_up(_session: Session, _ended: Ended) -> None:
        raise OperationalError("UPDATE", {}, Exception("given up"))

    with database.transaction() as session:
        assert leases.settle(session, endings={"encode": gives_up}, now=ends) == 0
    with database.read_session() as session:
        assert not leases.has_stranded(session, now=ends)
        assert leases.has_stranded(session, now=ends + LEASE + timedelta(seconds=1))
    with database.transaction() as session:
        assert settle(session, ends + LEASE + timedelta(seconds=1)) == 1
    assert facts_of(database, job_id).state is JobState.FAILED


def see(carrel: Carrel, work: Work) -> JobFacts:
    return see_through(carrel, work, make_job(carrel.database, now=now()))


def test_failed_job_whose_ending_raises_keeps_both_reasons(carrel: Carrel) -> None:
    def gives_up(_carrel: Carrel, _run: JobRun) -> None:
        raise GiveUp("This file holds no sound.", "moov atom not found\0")

    facts = see(carrel, Work({"encode": gives_up}, {"encode": breaks}))
    assert (facts.state, facts.failure) == (JobState.FAILED, "This file holds no sound.")
    assert facts.failure_detail is not None
    assert facts.failure_detail.startswith("moov atom not found\n")
    assert "IntegrityError" in facts.failure_detail


def test_canceled_job_whose_ending_raises_is_shown_as_failed(carrel: Carrel) -> None:
    def waits(given: Carrel, run: JobRun) -> None:
        with given.database.transaction() as session:
            cancel(session, run.public_id, actor=None, now=now())
        until(run.canceled)
        raise Stopped

    facts = see(carrel, Work({"encode": waits}, {"encode": breaks}))
    assert (facts.state, facts.failure) == (JobState.FAILED, BROKE)
    told = see(carrel, Work({"encode": waits}, {"encode": lambda _session, _ended: None}))
    assert (told.state, told.failure) == (JobState.CANCELED, None)


def test_job_of_a_deleted_subject_fails_with_one_message(carrel: Carrel) -> None:
    def misses(_carrel: Carrel, _run: JobRun) -> None:
        raise NotFound

    facts = see(carrel, Work({"encode": misses}))
    assert (facts.state, facts.tries, facts.failure) == (JobState.FAILED, 1, GONE)


def test_refusal_is_retried_and_saved_with_its_own_message(carrel: Carrel) -> None:
    job_id = make_job(carrel.database, now=now())

    def refuses(_carrel: Carrel, _run: JobRun) -> None:
        raise Conflict("It is being cooked.")

    with at_work(Worker(carrel, Work({"encode": refuses}), (Lane.MEDIA,))):
        until(lambda: facts_of(carrel.database, job_id).failure is not None)
    facts = facts_of(carrel.database, job_id)
    assert (facts.state, facts.failure) == (
        JobState.QUEUED,
        "It is being cooked.",
    )


def test_step_that_raises_does_not_end_the_lane(
    carrel: Carrel, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim_next, left = worker.claim_next, [RuntimeError("the step broke")]

    def breaks_once(*args: object, **more: object) -> object:
        if left:
            raise left.pop()
        return claim_next(*args, **more)  # type: ignore[arg-type]  # as it was given

    monkeypatch.setattr(worker, "claim_next", breaks_once)
    job_id = make_job(carrel.database, now=now())
    with capture_logs() as told, at_work(Worker(carrel, Work({"encode": done}), (Lane.MEDIA,))):
        until(lambda: facts_of(carrel.database, job_id).state is JobState.DONE)
    assert [one["kind"] for one in told if one["event"] == "step_broke"] == ["RuntimeError"]


class StopsUnseen(threading.Event):
    """Is set just after the worker checked, so its lane ends before the worker checks the lane."""

    def wait(self, timeout: float | None = None) -> bool:
        if self.is_set() or threading.current_thread() is not threading.main_thread():
            return super().wait(timeout)
        self.set()
        for thread in threading.enumerate():
            if thread.name == Lane.MEDIA.value:
                thread.join()
        return False


def test_stopped_worker_does_not_report_a_lost_lane(
    carrel: Carrel, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped = Worker(carrel, Work({"encode": done}), (Lane.MEDIA,))
    monkeypatch.setattr(stopped, "_stopping", StopsUnseen())
    with capture_logs() as told:
        assert stopped.run()
    assert [one["event"] for one in told if one["log_level"] == "error"] == []


def test_invalid_schedule_does_not_delay_jobs(carrel: Carrel) -> None:
    odd = Schedule("odd", timedelta(days=1), "no such lane")  # type: ignore[arg-type]  # on purpose
    good = Schedule("tidy", timedelta(days=1))
    ran = list[str]()
    work = Work(
        {"tidy": lambda _carrel, run: ran.append(run.public_id), "encode": done},
        schedules=(odd, good),
    )
    job_id = make_job(carrel.database, lane=Lane.PROMPT, now=now())
    with capture_logs() as told, at_work(Worker(carrel, work, (Lane.PROMPT,))):
        until(lambda: facts_of(carrel.database, job_id).state is JobState.DONE)
        until(lambda: len(ran) == 1)
    assert [one["schedule"] for one in told if one["event"] == "schedule_not_kept"] == ["odd"]


def test_failing_settlement_does_not_prevent_claims(
    carrel: Carrel, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = make_job(carrel.database)
    taken(carrel.database)

    def broken(*_args: object, **_more: object) -> int:
        raise RuntimeError("the settlement broke")

    monkeypatch.setattr(leases, "settle", broken)
    waiting = make_job(carrel.database, now=now())
    assert see_through(carrel, Work({"encode": done}), waiting).state is JobState.DONE
    assert facts_of(carrel.database, lost).state is JobState.RUNNING


def test_canceled_job_that_cannot_be_settled_now_is_canceled_later(database: Database) -> None:
    job_id = make_job(database)
    with database.transaction() as session:
        cancel(session, job_id, actor=None, now=NOW)

    def gives_up(_session: Session, ended: Ended) -> None:
        assert ended.sentence == CANCELED
        raise OperationalError("UPDATE", {}, Exception("given up"))

    with database.transaction() as session:
        assert leases.settle(session, endings={"encode": gives_up}, now=NOW) == 0
    with database.transaction() as session:
        assert settle(session, LAPSED) == 1
    assert facts_of(database, job_id).state is JobState.CANCELED
