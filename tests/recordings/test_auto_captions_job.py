"""Captions written by a speech program: a draft from a real recording, and each way it can fail."""

import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from lms.core.settings import Settings, SettingsError
from lms.jobs.queue import ENDED, Work, latest_job
from lms.models.jobs import JobState, Lane
from lms.models.recordings import Caption, Recording
from lms.recordings import auto_captions_job
from lms.recordings.auto_captions_job import HEAR, hear_recording
from lms.worker.worker import Worker
from media.files.subprocesses import ProgramCanceled, ProgramStalled
from media.video.speech_to_text import hear
from tests.clock import NOW
from tests.jobs.job_fixtures import at_work
from tests.recordings.caption_fixtures import caption, vtt_of

FILM = Path(__file__).resolve().parents[2] / "lms/demo/files/getting-the-most.mp4"
GOOD = """
import sys, wave
with wave.open(sys.argv[1]) as sound:
    assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (16000, 1, 2)
    seconds = sound.getnframes() / 16000
assert not [name for name in __import__("os").environ if name.startswith("CARREL")]
print("WEBVTT\\n\\n00:00.000 --> 00:02.000\\n" + f"About {seconds:.0f} seconds <script>")
"""


@pytest.fixture
def program(tmp_path):
    def written(text):
        path = tmp_path / "speech.py"
        path.write_text(text)
        return (sys.executable, str(path))

    return written


@pytest.fixture
def recording_id(database, storage, cast):
    with database.transaction() as session:
        recording = session.get_one(Recording, cast.recording_id)
        recording.original_key = "originals/talk/talk.mp4"
        found = recording.public_id
    storage.put_file("originals/talk/talk.mp4", FILM, "video/mp4")
    return found


def listen(carrel, recording_id, command):
    """Request captions and let a worker run; return the job as staff see it."""
    house = replace(carrel, settings=replace(carrel.settings, speech_command=command))
    with carrel.database.transaction() as session:
        auto_captions_job.ask_for(session, recording_id, "en", actor="a", now=NOW)
    with at_work(Worker(house, Work({HEAR: hear_recording}), (Lane.MEDIA,))):
        ends = time.monotonic() + 60
        while time.monotonic() < ends:
            with carrel.database.read_session() as session:
                job = latest_job(session, kind=HEAR, subject=recording_id)
            if job.state in ENDED:
                return job
            time.sleep(0.1)
    raise TimeoutError(job)


def drafts(carrel):
    with carrel.database.read_session() as session:
        return session.scalars(select(Caption)).all()


def test_output_of_the_speech_program_becomes_a_draft(carrel, recording_id, program):
    job = listen(carrel, recording_id, program(GOOD))
    assert job.state is JobState.DONE, job
    (draft,) = drafts(carrel)
    assert (draft.key, draft.language, draft.label) == (None, "en", "English")
    assert "About 63 seconds &lt;script&gt;" in draft.draft


def test_caption_file_is_preferred_over_printed_output(carrel, recording_id, program):
    text = """
import sys
open(sys.argv[2], "w").write("WEBVTT\\n\\n00:00.000 --> 00:01.000\\nFrom the file in " + sys.argv[1])
print("This is no caption")
"""
    job = listen(carrel, recording_id, (*program(text), "{language}", "{vtt}", "{wav}"))
    assert job.state is JobState.DONE, job
    assert "From the file in en" in drafts(carrel)[0].draft


@pytest.mark.parametrize(
    ("text", "sentence", "detail"),
    [
        ("import sys; sys.exit('out of memory')", auto_captions_job.FAILED, "out of memory"),
        ("print('nothing of use')", auto_captions_job.NOT_CAPTIONS, "no captions"),
        (
            "import sys; sys.stdout.buffer.write(bytes(range(256)))",
            auto_captions_job.NOT_CAPTIONS,
            "text",
        ),
    ],
)
def test_failure_is_reported_with_the_program_output(
    carrel, recording_id, program, text, sentence, detail
):
    job = listen(carrel, recording_id, program(text))
    assert (job.state, job.failure) == (JobState.FAILED, sentence)
    assert detail in job.failure_detail
    assert drafts(carrel) == []


def test_missing_program_is_reported(carrel, recording_id):
    job = listen(carrel, recording_id, ("/nowhere/speech",))
    assert (job.state, job.failure) == (JobState.FAILED, auto_captions_job.FAILED)


def test_command_is_not_run_in_a_shell(carrel, recording_id, program, tmp_path):
    spoiled = tmp_path / "spoiled"
    job = listen(carrel, recording_id, (*program(GOOD), "{wav}", f"; touch {spoiled}"))
    assert job.state is JobState.DONE, job
    assert not spoiled.exists()


def test_program_is_stopped_at_its_time_limit_or_when_canceled(program, tmp_path):
    command = program("import time; time.sleep(60)")
    sound = tmp_path / "sound.wav"
    with pytest.raises(ProgramStalled):
        hear(command, sound, language="en", seconds=1.0, canceled=lambda: False)
    gone = threading.Event()
    gone.set()
    with pytest.raises(ProgramCanceled):
        hear(command, sound, language="en", seconds=30.0, canceled=gone.is_set)


def test_auto_captions_are_off_until_a_program_is_set(client, cast, recording_id):
    client.sign_in(cast.ada.id)
    assert "Generate captions" not in client.get(f"/staff/webinars/{cast.slug}").text
    assert client.post(f"/staff/captions/of/{recording_id}/hear").status_code == 404


def test_staff_can_request_captions_once_and_not_over_existing_ones(
    client, cast, carrel, app, recording_id, database, storage
):
    settings = replace(carrel.settings, speech_command=("/bin/true",))
    app.extensions["carrel"] = replace(carrel, settings=settings)
    client.sign_in(cast.ada.id)
    assert "Generate captions" in client.get(f"/staff/webinars/{cast.slug}").text
    address = f"/staff/captions/of/{recording_id}/hear"
    assert client.post(address, data={"language": "Klingon!"}).status_code == 400
    assert client.post(address, data={"language": "es"}).status_code == 303
    assert client.post(address, data={"language": "es"}).status_code == 409
    caption(database, storage, cast.recording_id, vtt_of("Good morning"))
    assert client.post(address, data={"language": "en"}).status_code == 409


@pytest.mark.parametrize("command", ["speech", "'/opt/speech", "./speech --fast"])
def test_command_without_an_absolute_path_is_a_settings_error(environ, command):
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({**environ, "CARREL_SPEECH_COMMAND": command})
    assert "CARREL_SPEECH_COMMAND" in caught.value.faults
