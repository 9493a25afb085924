"""One job that can't end, or one email that can't be sent, never blocks the others."""

from pathlib import Path

import pytest
from sqlalchemy import select, update

from lms.cli.command_context import Console
from lms.core.clock import now
from lms.core.runtime import Carrel
from lms.housekeeping.jobs import END_IDLE
from lms.jobs import queue
from lms.jobs.leases import LEASE
from lms.models.jobs import Job, JobState, Lane
from lms.recordings import recordings, versions
from lms.recordings.recordings import ENCODE
from lms.worker.worker import Worker, see_through
from tests.factories import make_webinar
from tests.jobs.job_fixtures import at_work, facts_of
from tests.wait_until import until
from wsgi import COMPONENTS

WORK = Console(COMPONENTS).work
SLUG = "reading-rooms"


def upload_words(carrel: Carrel, folder: Path) -> str:
    """Add a text file named like a video to the webinar; return the public ID of its version."""
    film = folder / "talk.mp4"
    film.write_text("These are only words.\n" * 50)
    original = recordings.keep_original(carrel.storage, film, film.name)
    with carrel.database.transaction() as session:
        recordings.attach(session, slug=SLUG, original=original, actor=None, now=now())
    return original.recording_id


def job_of(carrel: Carrel, recording_id: str) -> str:
    with carrel.database.read_session() as session:
        mine = select(Job.public_id).where(Job.subject == recording_id, Job.kind == ENCODE)
        return session.scalars(mine).one()


def delete(carrel: Carrel, recording_id: str) -> None:
    with carrel.database.transaction() as session:
        versions.remove(session, recording_id, actor=None, now=now())


def retry(carrel: Carrel, job_id: str) -> None:
    with carrel.database.transaction() as session:
        queue.retry(session, job_id, actor=None, now=now())


@pytest.fixture
def failed(carrel: Carrel, tmp_path: Path) -> str:
    """A version whose file could not be encoded."""
    with carrel.database.transaction() as session:
        make_webinar(session, SLUG)
    recording_id = upload_words(carrel, tmp_path)
    assert see_through(carrel, WORK, job_of(carrel, recording_id)).state is JobState.FAILED
    return recording_id


def ends(carrel: Carrel, *job_ids: str) -> list[JobState]:
    """Let a worker serve all lanes until these jobs have ended; it must not lose a lane."""
    worker = Worker(carrel, WORK, tuple(Lane))
    with carrel.database.transaction() as session:  # the waits between attempts are minutes
        session.execute(update(Job).where(Job.public_id.in_(job_ids)).values(max_tries=1))
    with at_work(worker):
        until(lambda: all(facts_of(carrel.database, one).state in queue.ENDED for one in job_ids))
    return [facts_of(carrel.database, one).state for one in job_ids]


def test_retried_job_of_a_deleted_version_stops_no_lane(
    carrel: Carrel, failed: str, tmp_path: Path
) -> None:
    stuck = job_of(carrel, failed)
    delete(carrel, failed)
    retry(carrel, stuck)
    other = job_of(carrel, upload_words(carrel, tmp_path))
    assert ends(carrel, stuck, other) == [JobState.FAILED, JobState.FAILED]
    assert facts_of(carrel.database, stuck).failure == recordings.DELETED


def test_version_deleted_while_its_retry_waits_stops_no_lane(
    carrel: Carrel, failed: str, tmp_path: Path
) -> None:
    stuck = job_of(carrel, failed)
    retry(carrel, stuck)
    delete(carrel, failed)
    other = job_of(carrel, upload_words(carrel, tmp_path))
    assert ends(carrel, stuck, other) == [JobState.FAILED, JobState.FAILED]
    assert facts_of(carrel.database, stuck).failure == recordings.DELETED


@pytest.mark.parametrize("cancels", [False, True])
def test_a_lapsed_job_of_a_deleted_version_stops_no_lane(
    carrel: Carrel, failed: str, tmp_path: Path, *, cancels: bool
) -> None:
    stuck = job_of(carrel, failed)
    delete(carrel, failed)
    retry(carrel, stuck)
    with carrel.database.transaction() as session:
        job = session.scalars(select(Job).where(Job.public_id == stuck)).one()
        job.state, job.tries, job.leased_by = JobState.RUNNING, job.max_tries, "gone"
        job.lease_until, job.cancel_requested = now() - LEASE, cancels
        due = queue.enqueue(
            session, kind=END_IDLE, lane=Lane.PROMPT, subject="", payload={}, now=now()
        )
        short = due.public_id
    other = job_of(carrel, upload_words(carrel, tmp_path))
    ended = JobState.CANCELED if cancels else JobState.FAILED
    assert ends(carrel, stuck, other, short) == [ended, JobState.FAILED, JobState.DONE]
