"""A handout that staff added, and the worker that reads it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from lms.core.runtime import Carrel
from lms.handouts.handouts import READ, attach, keep_handout
from lms.models.jobs import Job, JobState
from lms.registry import LIBRARY
from lms.worker.worker import see_through
from tests.cast import Cast
from tests.clock import NOW
from tests.components import work_without_schedules

WORK = work_without_schedules(LIBRARY)


@pytest.fixture
def add(carrel: Carrel, cast: Cast, tmp_path: Path) -> Callable[[bytes, str], str]:
    """Add a document to the cast's webinar; return its public ID."""

    def added(whole: bytes, name: str = "Slides.pdf") -> str:
        path = tmp_path / "sent"
        path.write_bytes(whole)
        kept = keep_handout(carrel.storage, path, name, carrel.settings.scratch)
        with carrel.database.transaction() as session:
            attach(session, slug=cast.slug, kept=kept, actor=None, now=NOW)
        return kept.handout_id

    return added


@pytest.fixture
def read(carrel: Carrel) -> Callable[[], int]:
    """Run the jobs that read handouts, slice by slice; return how many there were."""

    def done() -> int:
        for count in range(100):
            with carrel.database.read_session() as session:
                waiting = select(Job.public_id).where(
                    Job.kind == READ, Job.state == JobState.QUEUED
                )
                job_id = session.scalar(waiting.order_by(Job.id).limit(1))
            if job_id is None:
                return count
            see_through(carrel, WORK, job_id)
        raise AssertionError("it never ends")

    return done
