"""How one attempt of a job ends, in a worker in this process."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from lms import audit
from lms.core.acting_roles import ActingRole
from lms.core.clock import now
from lms.core.database import Database
from lms.core.errors import NotFound
from lms.core.runtime import Carrel
from lms.jobs.job_runner import LOOK_S
from lms.jobs.leases import BROKE
from lms.jobs.queue import (
    Ended,
    GiveUp,
    Handler,
    JobFacts,
    JobRun,
    Schedule,
    TryAgain,
    Work,
    cancel,
)
from lms.models.audit import AuditEntry
from lms.models.jobs import Job, JobState, Lane
from lms.worker.worker import Worker, see_through
from tests.factories import make_login
from tests.jobs.job_fixtures import SUBJECT, at_work, facts_of, make_job
from tests.wait_until import PATIENCE_S, until


def done(_carrel: Carrel, _run: JobRun) -> None:
    """Do nothing."""


def one_try(carrel: Carrel, handler: Handler) -> JobFacts:
    """Let a worker try a job once; return how that ended."""
    job_id = make_job(carrel.database, now=now())
    with at_work(Worker(carrel, Work(handlers={"encode": handler}), (Lane.MEDIA,))):
        until(lambda: facts_of(carrel.database, job_id).tries == 1)
        until(lambda: facts_of(carrel.database, job_id).state is not JobState.RUNNING)
    return facts_of(carrel.database, job_id)


def test_handler_gets_the_library_and_the_job(carrel: Carrel) -> None:
    seen = list[object]()

    def handler(given: Carrel, run: JobRun) -> None:
        seen.extend((given.settings, run.subject, run.payload, run.tries, run.max_tries))

    assert one_try(carrel, handler).state is JobState.DONE
    assert seen == [carrel.settings, SUBJECT, {"recording": 7}, 1, 3]


def test_acts_of_a_worker_are_recorded_with_the_job_role(carrel: Carrel) -> None:
    def handler(given: Carrel, _run: JobRun) -> None:
        with given.database.transaction() as session:
            audit.record(session, "kit.made", SUBJECT, actor=None, now=now())

    one_try(carrel, handler)
    with carrel.database.read_session() as session:
        assert session.scalars(select(AuditEntry.role)).all() == [ActingRole.JOB]


def test_job_is_not_retried_after_give_up(carrel: Carrel) -> None:
    def handler(_carrel: Carrel, _run: JobRun) -> None:
        raise GiveUp("This file holds no picture and no sound.", "moov atom not found")

    facts = one_try(carrel, handler)
    assert (facts.state, facts.failure) == (
        JobState.FAILED,
        "This file holds no picture and no sound.",
    )
    assert facts.failure_detail == "moov atom not found"


def test_handler_can_request_a_retry_with_its_own_message(carrel: Carrel) -> None:
    def handler(_carrel: Carrel, _run: JobRun) -> None:
        raise TryAgain("The storage did not answer.")

    facts = one_try(carrel, handler)
    assert (facts.state, facts.failure) == (JobState.QUEUED, "The storage did not answer.")
    assert facts.run_at > now()


def test_other_exceptions_are_retried_and_saved_for_staff(carrel: Carrel) -> None:
    def handler(_carrel: Carrel, _run: JobRun) -> None:
        raise RuntimeError("the disk is on fire")

    facts = one_try(carrel, handler)
    assert (facts.state, facts.failure) == (JobState.QUEUED, BROKE)
    assert facts.failure_detail is not None
    assert "the disk is on fire" in facts.failure_detail


def test_saved_database_error_contains_no_personal_data(carrel: Carrel) -> None:
    email, name = "pat.reader@example.org", "Pat Reader"

    def handler(given: Carrel, _run: JobRun) -> None:
        with given.database.transaction() as session:
            for _ in range(2):
                make_login(session, email, name=name)

    detail = one_try(carrel, handler).failure_detail
    assert detail is not None
    assert "IntegrityError" in detail
    assert "pat.reader" not in detail
    assert "Pat Reader" not in detail


def test_job_that_finishes_after_a_cancel_request_is_done(carrel: Carrel) -> None:
    def handler(given: Carrel, run: JobRun) -> None:
        with given.database.transaction() as session:
            cancel(session, run.public_id, actor=None, now=now())

    assert one_try(carrel, handler).state is JobState.DONE


def test_schedule_creates_one_job_per_slot(carrel: Carrel) -> None:
    work = Work(handlers={"tidy": done}, schedules=(Schedule("tidy", timedelta(days=1)),))
    for _ in range(2):  # two workers, one after the other
        with at_work(Worker(carrel, work, (Lane.PROMPT,))):
            until(lambda: states(carrel.database) == [JobState.DONE])


def states(database: Database) -> list[JobState]:
    with database.read_session() as session:
        return list(session.scalars(select(Job.state)))


def test_see_through_runs_the_job_here_if_no_worker_does(carrel: Carrel) -> None:
    job_id = make_job(carrel.database, now=now())
    assert see_through(carrel, Work(handlers={"encode": done}), job_id).state is JobState.DONE


def test_see_through_waits_for_the_worker_that_runs_the_job(carrel: Carrel) -> None:
    job_id, go = make_job(carrel.database, now=now()), threading.Event()

    def handler(_carrel: Carrel, _run: JobRun) -> None:
        go.wait(PATIENCE_S)

    work = Work(handlers={"encode": handler})
    with at_work(Worker(carrel, work, (Lane.MEDIA,))):
        until(lambda: facts_of(carrel.database, job_id).state is JobState.RUNNING)
        threading.Timer(0.3, go.set).start()
        assert see_through(carrel, work, job_id).state is JobState.DONE
    assert facts_of(carrel.database, job_id).tries == 1


def test_see_through_of_an_unknown_job_is_not_found(carrel: Carrel) -> None:
    with pytest.raises(NotFound):
        see_through(carrel, Work(handlers={}), "nothing")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_run_returns_false_after_losing_a_lane(carrel: Carrel) -> None:
    def handler(_carrel: Carrel, _run: JobRun) -> None:
        raise SystemExit  # not an Exception: it ends the thread

    make_job(carrel.database, now=now())
    worker = Worker(carrel, Work(handlers={"encode": handler}), (Lane.MEDIA,))
    assert worker.run() is False


def test_slow_ending_does_not_lose_the_lease(carrel: Carrel) -> None:
    def handler(_carrel: Carrel, run: JobRun) -> None:
        run.report(0.5, "Half of it")  # this gives the lease something to renew
        raise GiveUp("This file holds no sound.")

    def ending(_session: Session, _ended: Ended) -> None:
        threading.Event().wait(2 * LOOK_S)  # the renewal waits until this is committed

    work = Work(handlers={"encode": handler}, endings={"encode": ending})
    job_id = make_job(carrel.database, now=now())
    with capture_logs() as told:
        assert see_through(carrel, work, job_id).state is JobState.FAILED
    assert [each["event"] for each in told if each["log_level"] != "info"] == []


def told_of_a_round(carrel: Carrel, handler: Handler) -> list[tuple[str, str]]:
    work = Work({"encode": handler}, schedules=(Schedule("encode", timedelta(hours=1)),))
    job_id = make_job(carrel.database, now=now())
    with capture_logs() as told:
        see_through(carrel, work, job_id)
    return [(each["event"], each["log_level"]) for each in told if "job" in each["event"]]


def test_successful_periodic_job_is_logged_only_at_debug(carrel: Carrel) -> None:
    assert told_of_a_round(carrel, done) == [("job_started", "debug"), ("job_ended", "debug")]


def test_failed_periodic_job_is_logged(carrel: Carrel) -> None:
    def fail(_carrel: Carrel, _run: JobRun) -> None:
        raise GiveUp("The server of the mail is away.")

    assert ("job_ended", "info") in told_of_a_round(carrel, fail)
