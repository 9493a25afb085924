"""Versions of a recording: one takes over, plays again or is deleted, and progress is not lost."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.core.clock import now
from lms.core.errors import Conflict, NotFound
from lms.core.model_base import new_public_id
from lms.core.runtime import Carrel
from lms.jobs import queue
from lms.lti_facade.progress import Extent, watched_share
from lms.models.jobs import Lane
from lms.models.playback import WatchRecord
from lms.models.recordings import Recording, RecordingState
from lms.recordings import recordings, versions
from lms.recordings.encode_job import SWEEP
from lms.recordings.recordings import Playable
from lms.recordings.staff_file_list import read_webinar_files
from lms.registry import LIBRARY
from lms.worker.worker import see_through
from tests.cast import Cast
from tests.clock import Clock
from tests.components import work_without_schedules
from tests.removed_items_purge import clear

SECONDS = 100.0
ALL_OF_IT = b"\xff\xff\x0f"  # 20 buckets of 5 seconds
Add = Callable[[float], str]


@pytest.fixture
def first(carrel: Carrel, cast: Cast, clock: Clock) -> str:
    """The cast's recording, 100 seconds long, which Alice has watched completely."""
    with carrel.database.transaction() as session:
        recording = session.scalars(select(Recording)).one()
        recording.seconds, recording.state = SECONDS, RecordingState.READY
        recording.run = new_public_id()
        _watch(session, cast.alice.id, recording.id)
        return recording.public_id


@pytest.fixture
def add(carrel: Carrel, cast: Cast, first: str) -> Add:
    """Add a playable version of the given length in seconds."""

    def made(seconds: float) -> str:
        recording_id = new_public_id()
        key = f"originals/{recording_id}/talk.mp4"
        carrel.storage.put_bytes(key, b"film", "video/mp4")
        original = recordings.Original(recording_id, key, "talk.mp4", 4, "0" * 64)
        with carrel.database.transaction() as session:
            recordings.attach(session, slug=cast.slug, original=original, actor=None, now=now())
            playable = Playable(new_public_id(), seconds, has_video=True, width=None, height=None)
            recordings.publish(session, recording_id, playable)
            recordings.finish(session, recording_id, now=now())
        return recording_id

    return made


def _watch(session: Session, login_id: int, recording_id: int) -> None:
    session.add(
        WatchRecord(
            login_id=login_id,
            recording_id=recording_id,
            buckets=ALL_OF_IT,
            watched_s=100,
            position_s=42.0,
            earned_until=now(),
            updated_at=now(),
        )
    )


def _record(carrel: Carrel, login_id: int, recording_id: str) -> WatchRecord:
    with carrel.database.read_session() as session:
        return session.scalars(
            select(WatchRecord)
            .join(Recording, Recording.id == WatchRecord.recording_id)
            .where(WatchRecord.login_id == login_id, Recording.public_id == recording_id)
        ).one()


def _current(carrel: Carrel, cast: Cast) -> list[str]:
    with carrel.database.read_session() as session:
        return [one.id for one in read_webinar_files(session, cast.slug).versions if one.is_current]


def test_progress_counts_in_a_version_of_the_same_length(
    carrel: Carrel, cast: Cast, add: Add
) -> None:
    record = _record(carrel, cast.alice.id, add(SECONDS + 2))
    assert (record.buckets, record.watched_s, record.position_s) == (ALL_OF_IT, 100, 42.0)


@pytest.mark.parametrize(("seconds", "place"), [(200.0, 42.0), (60.0, 42.0), (30.0, 0.0)])
def test_version_of_another_length_keeps_only_the_position(
    carrel: Carrel, cast: Cast, add: Add, seconds: float, place: float
) -> None:
    record = _record(carrel, cast.alice.id, add(seconds))
    assert (record.buckets, record.watched_s, record.position_s) == (b"", 0, place)


def test_gradebook_uses_the_best_of_all_versions(
    carrel: Carrel, cast: Cast, add: Add, first: str
) -> None:
    add(200.0)
    with carrel.database.transaction() as session:
        versions.remove(session, first, actor=None, now=now())
        webinar_id = session.scalars(select(Recording.webinar_id)).first()
        assert webinar_id is not None
        assert watched_share(session, cast.alice.id, Extent((webinar_id,))) == 1.0


def test_former_version_can_play_again_with_its_progress(
    carrel: Carrel, cast: Cast, add: Add, first: str
) -> None:
    second = add(200.0)
    assert _current(carrel, cast) == [second]
    with carrel.database.transaction() as session:
        versions.make_current(session, first, actor=None, now=now())
    assert _current(carrel, cast) == [first]
    assert _record(carrel, cast.alice.id, first).watched_s == 100


def test_version_chosen_by_staff_stays_when_a_newer_one_is_reencoded(
    carrel: Carrel, cast: Cast, add: Add, first: str
) -> None:
    second = add(200.0)
    with carrel.database.transaction() as session:
        versions.make_current(session, first, actor=None, now=now())
        again = Playable(new_public_id(), 200.0, has_video=True, width=None, height=None)
        recordings.publish(session, second, again)
    assert _current(carrel, cast) == [first]


def test_current_or_processing_version_cannot_be_deleted(
    carrel: Carrel, cast: Cast, add: Add, first: str
) -> None:
    with carrel.database.transaction() as session, pytest.raises(Conflict):
        versions.remove(session, first, actor=None, now=now())
    second = add(200.0)
    with carrel.database.transaction() as session:
        recordings.find(session, first).state = RecordingState.PROCESSING
        with pytest.raises(Conflict):
            versions.remove(session, first, actor=None, now=now())
        with pytest.raises(Conflict):
            versions.remove(session, second, actor=None, now=now())


def test_unplayable_version_cannot_be_made_current(
    carrel: Carrel, cast: Cast, add: Add, first: str
) -> None:
    add(200.0)
    with carrel.database.transaction() as session:
        former = recordings.find(session, first)
        former.state, former.run = RecordingState.FAILED, None
        session.flush()
        with pytest.raises(Conflict):
            versions.make_current(session, first, actor=None, now=now())


def test_deleted_version_keeps_its_progress_and_loses_its_files_later(
    carrel: Carrel, cast: Cast, add: Add, first: str, clock: Clock
) -> None:
    second = add(SECONDS)
    with carrel.database.transaction() as session:
        versions.make_current(session, first, actor=None, now=now())
        key = recordings.find(session, second).original_key
        made = f"renditions/{second}/{recordings.find(session, second).run}/film.mp4"
        versions.remove(session, second, actor=None, now=now())
    carrel.storage.put_bytes(made, b"film", "video/mp4")
    with carrel.database.read_session() as session:
        with pytest.raises(NotFound):
            recordings.find(session, second)
        files = read_webinar_files(session, cast.slug)
    assert [one.id for one in files.versions] == [first]
    assert [one.id for one in files.removed_versions] == [second]
    assert _record(carrel, cast.alice.id, second).watched_s == 100
    clock.advance(timedelta(days=29))
    clear(carrel)
    assert carrel.storage.stat(key) is not None
    assert carrel.storage.stat(made) is not None
    clock.advance(timedelta(days=1))
    clear(carrel)
    assert carrel.storage.stat(key) is None
    assert carrel.storage.stat(made) is None
    assert _record(carrel, cast.alice.id, second).watched_s == 100
    with carrel.database.transaction() as session:
        assert read_webinar_files(session, cast.slug).removed_versions == ()
        with pytest.raises(Conflict, match="were deleted"):
            versions.put_back(session, second, actor=None, now=now())
    clear(carrel)


def test_restored_version_is_not_current_and_can_play_again(
    carrel: Carrel, cast: Cast, add: Add, first: str, clock: Clock
) -> None:
    second = add(200.0)
    with carrel.database.transaction() as session:
        key = versions.remove(session, first, actor=None, now=now()).original_key
    carrel.storage.put_bytes(key, b"film", "video/mp4")
    clock.advance(timedelta(days=10))
    for _ in range(2):
        with carrel.database.transaction() as session:
            versions.put_back(session, first, actor=None, now=now())
    assert _current(carrel, cast) == [second]
    clock.advance(timedelta(days=30))
    clear(carrel)
    with carrel.database.transaction() as session:
        versions.make_current(session, first, actor=None, now=now())
    assert carrel.storage.stat(key) is not None
    assert _current(carrel, cast) == [first]
    assert _record(carrel, cast.alice.id, first).watched_s == 100
    with carrel.database.transaction() as session, pytest.raises(NotFound):
        versions.put_back(session, "nothing", actor=None, now=now())


def test_restored_version_becomes_current_if_no_other_plays(
    carrel: Carrel, cast: Cast, first: str
) -> None:
    with carrel.database.transaction() as session:
        recordings.find(session, first).is_current = False
        session.flush()
        versions.remove(session, first, actor=None, now=now())
        versions.put_back(session, first, actor=None, now=now())
    assert _current(carrel, cast) == [first]


def test_files_of_a_replaced_run_are_deleted_after_its_version(
    carrel: Carrel, cast: Cast, add: Add, first: str
) -> None:
    add(200.0)
    former = f"renditions/{first}/former/film.mp4"
    carrel.storage.put_bytes(former, b"film", "video/mp4")
    with carrel.database.transaction() as session:
        sweep = queue.enqueue(
            session,
            kind=SWEEP,
            lane=Lane.MEDIA,
            subject=first,
            payload={"run": "former"},
            now=now(),
        )
        job_id = sweep.public_id
        versions.remove(session, first, actor=None, now=now())
    see_through(carrel, work_without_schedules(LIBRARY), job_id)
    assert carrel.storage.stat(former) is None


def test_reencoded_version_keeps_the_time_it_was_first_ready(
    carrel: Carrel, add: Add, clock: Clock
) -> None:
    version = add(SECONDS)
    first_at = now()
    clock.set(first_at + timedelta(days=400))
    with carrel.database.transaction() as session:
        recordings.begin(session, version)
        recordings.finish(session, version, now=now())
        assert recordings.find(session, version).ready_at == first_at
