"""Real worker processes, killed and stopped during a job."""

import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from lms.core.clock import now
from lms.core.database import Database
from lms.jobs.queue import cancel
from lms.models.jobs import JobState, Lane
from tests.jobs.job_fixtures import facts_of, make_job
from tests.jobs.slow_worker import DIARY, GO
from tests.servers.worker_process import running_worker
from tests.wait_until import PATIENCE_S, until

pytestmark = pytest.mark.slow


class Workers:
    """Starts workers over one library, and reads their output."""

    def __init__(self, stack: ExitStack, environ: Mapping[str, str]) -> None:
        self._stack = stack
        self.house = Path(environ["CARREL_DATA_DIR"])
        self._environ = environ

    def start(self) -> subprocess.Popen[bytes]:
        command = ("-m", "tests.jobs.slow_worker")
        return self._stack.enter_context(running_worker(self._environ, command=command))

    def diary(self) -> list[str]:
        path = self.house / DIARY
        return [line.split()[0] for line in path.read_text().splitlines()] if path.exists() else []

    def let_go(self) -> None:
        (self.house / GO).touch()


@pytest.fixture
def workers(environ: Mapping[str, str]) -> Iterator[Workers]:
    with ExitStack() as stack:
        yield Workers(stack, environ)


def state_of(database: Database, job_id: str) -> JobState:
    return facts_of(database, job_id).state


def test_job_of_a_killed_worker_is_done_by_the_next_one(
    database: Database, workers: Workers
) -> None:
    job_id = make_job(database, "slow", now=now())
    first = workers.start()
    until(lambda: workers.diary() == ["begun"])
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert state_of(database, job_id) is JobState.RUNNING

    workers.let_go()
    workers.start()
    until(lambda: state_of(database, job_id) is JobState.DONE)
    assert workers.diary() == ["begun", "begun", "done"]
    assert facts_of(database, job_id).tries == 2


def test_frozen_worker_that_lost_its_lease_cannot_finish_the_job(
    database: Database, workers: Workers
) -> None:
    job_id = make_job(database, "slow", now=now())
    frozen = workers.start()
    until(lambda: workers.diary() == ["begun"])
    frozen.send_signal(signal.SIGSTOP)
    workers.start()
    until(lambda: workers.diary() == ["begun", "begun"])

    workers.let_go()
    frozen.send_signal(signal.SIGCONT)
    until(lambda: state_of(database, job_id) is JobState.DONE)
    assert workers.diary().count("done") == 1


def test_terminated_worker_returns_its_job_at_once(database: Database, workers: Workers) -> None:
    job_id = make_job(database, "slow", now=now())
    worker = workers.start()
    until(lambda: workers.diary() == ["begun"])
    worker.terminate()
    assert worker.wait(PATIENCE_S) == 0
    facts = facts_of(database, job_id)
    assert (facts.state, facts.tries) == (JobState.QUEUED, 0)


def test_job_of_a_handler_that_ignores_the_stop_is_returned(
    database: Database, workers: Workers
) -> None:
    job_id = make_job(database, "deaf", now=now())
    worker = workers.start()
    until(lambda: workers.diary() == ["begun"])
    worker.terminate()
    assert worker.wait(PATIENCE_S) == 0
    assert state_of(database, job_id) is JobState.QUEUED


def test_a_running_job_is_canceled_within_seconds(database: Database, workers: Workers) -> None:
    job_id = make_job(database, "slow", now=now())
    workers.start()
    until(lambda: workers.diary() == ["begun"])
    with database.transaction() as session:
        cancel(session, job_id, actor=None, now=now())
    until(lambda: state_of(database, job_id) is JobState.CANCELED)


def test_lanes_do_not_wait_for_each_other(database: Database, workers: Workers) -> None:
    for lane in Lane:
        make_job(database, "slow", lane=lane, now=now())
    workers.start()
    until(lambda: workers.diary() == ["begun"] * len(Lane))


def test_lane_runs_one_job_at_a_time(database: Database, workers: Workers) -> None:
    first, second = (make_job(database, "slow", now=now()) for _ in range(2))
    workers.start()
    until(lambda: workers.diary() == ["begun"])
    assert state_of(database, second) is JobState.QUEUED
    workers.let_go()
    until(lambda: state_of(database, second) is JobState.DONE)
    assert state_of(database, first) is JobState.DONE
    assert workers.diary() == ["begun", "done", "begun", "done"]


def test_progress_is_visible_while_the_job_runs(database: Database, workers: Workers) -> None:
    job_id = make_job(database, "slow", now=now())
    workers.start()
    until(lambda: facts_of(database, job_id).progress_note == "waiting")
    assert facts_of(database, job_id).progress == 0.5
