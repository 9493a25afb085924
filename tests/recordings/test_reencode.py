"""Encoding again: after all uploads, without disturbing viewers, once at a time per recording."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from lms.core.clock import now
from lms.core.database import Database
from lms.core.errors import Conflict
from lms.core.runtime import Carrel
from lms.jobs.queue import JobFacts, latest_job
from lms.models.jobs import Job, JobState, Lane
from lms.models.recordings import Recording, RecordingState
from lms.recordings import recordings
from lms.recordings.recordings import AGAIN_PRIORITY, ENCODE, FRESH_PRIORITY
from lms.worker.worker import Worker, see_through
from tests.factories import make_recording, make_webinar
from tests.jobs.job_fixtures import at_work, facts_of
from tests.media.conftest import X264, Make, picture
from tests.recordings.test_encode_job import WORK, add
from tests.wait_until import until


@pytest.fixture
def recording_id(database: Database) -> str:
    with database.transaction() as session:
        return make_recording(session, make_webinar(session, "reading-rooms")).public_id


def latest(database: Database, recording_id: str) -> JobFacts:
    with database.read_session() as session:
        job = latest_job(session, kind=ENCODE, subject=recording_id)
    assert job is not None
    return job


def see(carrel: Carrel, recording_id: str) -> None:
    see_through(carrel, WORK, latest(carrel.database, recording_id).id)


def jobs_of(database: Database) -> list[tuple[str, int]]:
    with database.read_session() as session:
        rows = session.execute(select(Job.subject, Job.priority).order_by(Job.id))
        return [(row.subject, row.priority) for row in rows]


def test_uploads_are_encoded_before_recordings_encoded_again(
    database: Database, recording_id: str
) -> None:
    with database.transaction() as session:
        recordings.reencode(session, recording_id, actor=None, now=now())
    assert jobs_of(database) == [(recording_id, AGAIN_PRIORITY)]
    assert AGAIN_PRIORITY > 100 > FRESH_PRIORITY


def test_recording_is_encoded_again_once_at_a_time(database: Database, recording_id: str) -> None:
    with database.transaction() as session:
        recordings.reencode(session, recording_id, actor=None, now=now())
    with database.transaction() as session:
        with pytest.raises(Conflict):
            recordings.reencode(session, recording_id, actor=None, now=now())
        assert recordings.reencode_all(session, actor=None, now=now()) == 0
    with database.transaction() as session:
        session.execute(update(Job).values(state=JobState.DONE, finished_at=now()))
        assert recordings.reencode_all(session, actor=None, now=now()) == 1
    assert len(jobs_of(database)) == 2


def test_reencode_all_includes_only_versions_that_play(
    database: Database, recording_id: str
) -> None:
    with database.transaction() as session:
        webinar = make_webinar(session, "others")
        make_recording(session, webinar, number=1, is_current=False)
        make_recording(session, webinar, number=2, state=RecordingState.WAITING)
        assert recordings.reencode_all(session, actor=None, now=now()) == 1
        assert recordings.count_playable(session) == 1


def test_canceled_recording_can_be_retried_after_its_job_was_deleted(
    database: Database, recording_id: str
) -> None:
    with database.transaction() as session:
        recording = recordings.find(session, recording_id)
        recording.state, recording.run = RecordingState.CANCELED, None
        recordings.retry(session, recording_id, actor=None, now=now())
    assert jobs_of(database) == [(recording_id, FRESH_PRIORITY)]


def test_upload_counts_as_waiting_only_if_no_free_worker_takes_it(
    database: Database, recording_id: str
) -> None:
    with database.transaction() as session:
        recordings.reencode(session, recording_id, actor=None, now=now())
        assert not recordings.fresh_one_waits(session, now=now() + timedelta(hours=1))
        session.execute(update(Job).values(priority=FRESH_PRIORITY))
        assert not recordings.fresh_one_waits(session, now=now())
        assert recordings.fresh_one_waits(session, now=now() + timedelta(seconds=10))


@pytest.mark.slow
def test_new_encode_takes_over_and_leaves_the_old_files(
    carrel: Carrel, database: Database, talk
) -> None:
    with database.transaction() as session:
        make_webinar(session, "reading-rooms")
    recording_id = add(carrel, talk)
    see(carrel, recording_id)
    with database.read_session() as session:
        first = recordings.find(session, recording_id).run
    before = {
        key: carrel.storage.stat(key)
        for key in carrel.storage.list(f"renditions/{recording_id}/{first}/")
    }
    with database.transaction() as session:
        recordings.reencode(session, recording_id, actor=None, now=now())
    see(carrel, recording_id)
    with database.read_session() as session:
        recording = session.scalars(select(Recording)).one()
    assert recording.state is RecordingState.READY
    assert recording.run != first
    assert {key: carrel.storage.stat(key) for key in before} == before
    names = {key.rpartition("/")[2] for key in before}
    prefix = f"renditions/{recording_id}/{recording.run}/"
    assert {key.removeprefix(prefix) for key in carrel.storage.list(prefix)} == names


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_encoding_again_gives_way_to_an_upload(
    carrel: Carrel, database: Database, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = make("long.mp4", *picture("1280x720", seconds=15), *X264, "-g", "5000")
    monkeypatch.setattr("lms.recordings.encode_job.LOOK_EVERY", timedelta(seconds=0.2))
    monkeypatch.setattr("lms.recordings.recordings.LEFT_TO_OTHERS", timedelta(0))
    with database.transaction() as session:
        make_webinar(session, "reading-rooms")
        make_webinar(session, "another")
    again = add(carrel, long)
    see(carrel, again)
    with database.transaction() as session:
        recordings.reencode(session, again, actor=None, now=now())
    job_id = latest(database, again).id
    with at_work(Worker(carrel, WORK, (Lane.MEDIA,))):
        until(lambda: latest(database, again).progress > 0.05)
        fresh = add(carrel, long, "another")
        until(lambda: latest(database, fresh).state is JobState.DONE)
        until(lambda: latest(database, again).state is JobState.DONE)
    ended, first = facts_of(database, job_id).finished_at, latest(database, fresh).finished_at
    assert ended is not None
    assert first is not None
    assert first < ended
    assert facts_of(database, job_id).tries == 1
