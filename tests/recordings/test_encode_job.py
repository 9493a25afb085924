"""The encode job, from a file to a playable recording, with real files and a real encoder."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from lms.access.decision_facts import load_case
from lms.access.policy import Action, Admitted, decide
from lms.cli.command_context import Console
from lms.core.clock import now
from lms.core.errors import Conflict, Invalid, NotFound
from lms.core.runtime import Carrel
from lms.jobs.queue import Work
from lms.models.catalog import Webinar
from lms.models.jobs import Job
from lms.models.recordings import Caption, Recording, RecordingState
from lms.recordings import recordings
from lms.recordings.captions import BadCaptionFile, keep_captions
from lms.recordings.captions import attach as attach_captions
from lms.recordings.encode_job import SWEEP
from lms.recordings.recordings import ENCODE
from lms.recordings.staff_file_list import read_version, read_webinar_files
from lms.registry import LIBRARY
from lms.worker.worker import see_through
from tests.factories import make_grant, make_login, make_recording, make_webinar

pytestmark = pytest.mark.slow

WORK: Work = Console((LIBRARY,)).work
SLUG = "reading-rooms"


def add(carrel: Carrel, path: Path, slug: str = SLUG) -> str:
    original = recordings.keep_original(carrel.storage, path, path.name)
    with carrel.database.transaction() as session:
        recordings.attach(session, slug=slug, original=original, actor=None, now=now())
    return original.recording_id


def see(carrel: Carrel, recording_id: str) -> None:
    with carrel.database.read_session() as session:
        job_id = session.scalars(
            select(Job.public_id).where(Job.subject == recording_id, Job.kind == ENCODE)
        ).one()
    see_through(carrel, WORK, job_id)


@pytest.fixture
def webinar_id(carrel: Carrel) -> int:
    with carrel.database.transaction() as session:
        return make_webinar(session, SLUG).id


def test_browser_playable_recording_is_copied_first_and_then_encoded(
    carrel: Carrel, webinar_id: int, talk: Path
) -> None:
    recording_id = add(carrel, talk)
    with carrel.database.transaction() as session:
        person = make_login(session)
        make_grant(session, person)
    see(carrel, recording_id)
    with carrel.database.read_session() as session:
        recording = recordings.find(session, recording_id)
        case = load_case(session, login_id=person.id, webinar_id=webinar_id)
        sweeps = session.scalars(select(Job).where(Job.kind == SWEEP)).all()
    assert recording.state is RecordingState.READY
    assert recording.is_current
    assert recording.seconds == pytest.approx(4, abs=0.5)
    assert isinstance(decide(case.login, case.webinar, Action.RECORDING, now()), Admitted)
    keys = set(carrel.storage.list(f"renditions/{recording_id}/{recording.run}/"))
    for name in ("master.m3u8", "poster.jpg", "progressive.mp4"):
        assert f"renditions/{recording_id}/{recording.run}/{name}" in keys
    assert carrel.storage.stat(recording.original_key) is not None
    # the first run, a copy, is deleted only when its last viewer must be gone
    [sweep] = sweeps
    assert sweep.run_at > now() + timedelta(hours=24)
    former = f"renditions/{recording_id}/{sweep.payload['run']}/"
    assert list(carrel.storage.list(former))
    with carrel.database.transaction() as session:
        session.execute(update(Job).where(Job.id == sweep.id).values(run_at=now()))
    see_through(carrel, WORK, sweep.public_id)
    assert not list(carrel.storage.list(former))
    assert set(carrel.storage.list(f"renditions/{recording_id}/{recording.run}/")) == keys


def test_text_named_like_a_video_fails_with_a_message_and_is_kept(
    carrel: Carrel, webinar_id: int, tmp_path: Path
) -> None:
    film = tmp_path / "Talk of Tuesday.mp4"
    film.write_text("These are only words.\n" * 50)
    recording_id = add(carrel, film)
    see(carrel, recording_id)
    with carrel.database.read_session() as session:
        version = read_version(session, recording_id)
        original_key = recordings.find(session, recording_id).original_key
        tries = session.scalars(select(Job.tries).where(Job.subject == recording_id)).one()
    assert version.state is RecordingState.FAILED
    assert version.failure
    assert version.failure.endswith(".")
    assert tries == 1
    assert version.name == "Talk of Tuesday.mp4"
    with carrel.storage.open(original_key) as kept:
        assert kept.read() == film.read_bytes()


def test_new_version_takes_over_only_when_it_can_be_played(
    carrel: Carrel, webinar_id: int, talk: Path, tmp_path: Path
) -> None:
    with carrel.database.transaction() as session:
        webinar = session.get_one(Webinar, webinar_id)
        first = make_recording(session, webinar).public_id
    empty = tmp_path / "empty.mp4"
    empty.touch()
    broken = add(carrel, empty)
    see(carrel, broken)
    second = add(carrel, talk)
    with carrel.database.read_session() as session:
        assert {
            item.id: item.is_current for item in read_webinar_files(session, SLUG).versions
        } == {
            first: True,
            broken: False,
            second: False,
        }
    see(carrel, second)
    with carrel.database.read_session() as session:
        assert {
            item.id: item.is_current for item in read_webinar_files(session, SLUG).versions
        } == {
            first: False,
            broken: False,
            second: True,
        }


def test_version_that_never_played_is_replaced_at_once(
    carrel: Carrel, webinar_id: int, tmp_path: Path
) -> None:
    empty = tmp_path / "empty.mp4"
    empty.touch()
    broken = add(carrel, empty)
    see(carrel, broken)
    second = add(carrel, empty)
    with carrel.database.read_session() as session:
        current = session.scalars(select(Recording.public_id).where(Recording.is_current)).one()
    assert current == second


def test_canceled_encoding_is_shown_as_canceled_and_can_be_retried(
    carrel: Carrel, webinar_id: int, talk: Path
) -> None:
    recording_id = add(carrel, talk)
    with carrel.database.transaction() as session:
        recordings.cancel(session, recording_id, actor=None, now=now())
    see(carrel, recording_id)
    with carrel.database.transaction() as session:
        assert read_version(session, recording_id).state is RecordingState.CANCELED
        with pytest.raises(Conflict):
            recordings.cancel(session, recording_id, actor=None, now=now())
        recordings.retry(session, recording_id, actor=None, now=now())
    see(carrel, recording_id)
    with carrel.database.transaction() as session:
        assert read_version(session, recording_id).state is RecordingState.READY
        with pytest.raises(Conflict):
            recordings.retry(session, recording_id, actor=None, now=now())


def test_lost_original_fails_with_a_message_after_the_last_attempt(
    carrel: Carrel, webinar_id: int, talk: Path
) -> None:
    recording_id = add(carrel, talk)
    with carrel.database.transaction() as session:
        carrel.storage.delete(recordings.find(session, recording_id).original_key)
        session.execute(update(Job).values(max_tries=1))  # the waits between attempts are minutes
    see(carrel, recording_id)
    with carrel.database.read_session() as session:
        version = read_version(session, recording_id)
    assert version.state is RecordingState.FAILED
    assert version.failure


def test_recording_for_an_unknown_webinar_is_not_found(carrel: Carrel, talk: Path) -> None:
    with pytest.raises(NotFound):
        add(carrel, talk, "no-such-webinar")


@pytest.mark.parametrize("name", ["", "  ", "\n"])
def test_a_file_without_a_usable_name_is_refused(carrel: Carrel, talk: Path, name: str) -> None:
    with pytest.raises(Invalid):
        recordings.keep_original(carrel.storage, talk, name)


def test_captions_replace_those_in_their_language_and_errors_name_the_line(
    carrel: Carrel, webinar_id: int
) -> None:
    with carrel.database.transaction() as session:
        recording_id = make_recording(session, session.get_one(Webinar, webinar_id)).public_id
    data = b"WEBVTT\n\n00:01.000 --> 00:02.000\nGood morning.\n"
    for _ in range(2):
        kept = keep_captions(carrel.storage, recording_id=recording_id, language="pt-BR", data=data)
        with carrel.database.transaction() as session:
            attach_captions(session, kept, actor=None, now=now())
    with carrel.database.read_session() as session:
        [caption] = session.scalars(select(Caption)).all()
    assert (caption.language, caption.label) == ("pt-BR", "Português (Brasil)")
    with carrel.storage.open(caption.key) as stored:
        assert b"Good morning." in stored.read()
    with pytest.raises(BadCaptionFile) as refused:
        keep_captions(
            carrel.storage,
            recording_id=recording_id,
            language="en",
            data=b"WEBVTT\n\n00:09.000 --> 00:02.000\nBackwards.\n",
        )
    assert [fault.line for fault in refused.value.faults] == [3]
    with pytest.raises(Invalid, match="language code"):
        keep_captions(carrel.storage, recording_id=recording_id, language="Klingon!", data=data)
