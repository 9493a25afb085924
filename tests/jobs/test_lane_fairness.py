"""Long and short jobs in one lane take turns."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from lms.core.clock import now
from lms.core.runtime import Carrel
from lms.jobs import job_runner
from lms.jobs.queue import JobRun, Work
from lms.models.jobs import JobState, Lane
from lms.worker.worker import Worker
from tests.jobs.job_fixtures import at_work, facts_of, make_job
from tests.wait_until import until

PIECES = 4


class Course:
    """Records which pieces of work were done in what order; the long job resumes where it was."""

    def __init__(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        self.done = list[str]()
        self._meanwhile = meanwhile

    def encode(self, _carrel: Carrel, run: JobRun) -> None:
        """Do the long work."""
        while self.done.count("long") < PIECES:
            self.done.append("long")
            if self.done.count("long") == 1:
                self._meanwhile()
            run.give_way()

    def score(self, _carrel: Carrel, _run: JobRun) -> None:
        """Do the short work."""
        self.done.append("short")


def let_work(carrel: Carrel, course: Course, job: str) -> None:
    """Let a worker run until the long job is done."""
    work = Work(handlers={"encode": course.encode, "score": course.score})
    with at_work(Worker(carrel, work, (Lane.MEDIA,))):
        until(lambda: facts_of(carrel.database, job).state is JobState.DONE)


@pytest.fixture
def no_share(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every job have used its share at once."""
    monkeypatch.setattr(job_runner, "SHARE_S", 0.0)


def test_long_job_gives_way_to_a_waiting_job_and_resumes(carrel: Carrel, no_share: None) -> None:
    course = Course(lambda: make_job(carrel.database, "score", now=now()))
    job = make_job(carrel.database, now=now())
    let_work(carrel, course, job)
    assert course.done == ["long", "short", "long", "long", "long"]
    assert facts_of(carrel.database, job).tries == 1  # giving way isn't a failure


def test_long_job_uses_its_share_before_giving_way(
    carrel: Carrel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_runner, "SHARE_S", 60.0)
    course = Course(lambda: make_job(carrel.database, "score", now=now()))
    let_work(carrel, course, make_job(carrel.database, now=now()))
    assert course.done[:PIECES] == ["long"] * PIECES


@pytest.mark.parametrize(
    "other",
    [
        lambda carrel: make_job(carrel.database, "score", lane=Lane.PROMPT, now=now()),
        lambda carrel: make_job(carrel.database, "score", priority=200, now=now()),
        lambda carrel: make_job(carrel.database, "score", now=now() + timedelta(hours=1)),
        lambda carrel: None,
    ],
    ids=["of another lane", "less urgent", "not due", "nobody"],
)
def test_long_job_continues_if_no_waiting_job_can_go_first(
    carrel: Carrel, no_share: None, other: Callable[[Carrel], object]
) -> None:
    course = Course(lambda: other(carrel))
    let_work(carrel, course, make_job(carrel.database, now=now()))
    assert course.done[:PIECES] == ["long"] * PIECES
