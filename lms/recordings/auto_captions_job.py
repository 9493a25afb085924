"""The auto-captions job: drafts captions by speech-to-text for our team to review."""

from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import audit
from lms.core import clock
from lms.core.errors import N_, Conflict
from lms.core.runtime import Carrel
from lms.jobs.queue import ENDED, GiveUp, JobRun, Stopped, enqueue, latest_job
from lms.models.jobs import Lane
from lms.models.recordings import Caption
from lms.recordings.caption_drafts import add_draft
from lms.recordings.captions import read_locale
from lms.recordings.encode_job import workshop
from lms.recordings.recordings import find
from media.captions.caption_file_parser import BadCaptions, read_cues
from media.captions.cues_and_writers import Cue
from media.files.subprocesses import ProgramCanceled, ProgramFailed, ProgramStalled
from media.video.speech_to_text import hear, take_sound

HEAR: Final = "captions.hear"
TIMES_AS_LONG: Final = 8
AT_LEAST_S: Final = 600

TAKING: Final = N_("Extracting the audio")
HEARING: Final = N_("Generating captions")
OFF: Final = N_("No speech program is set (CARREL_SPEECH_COMMAND).")
FAILED: Final = N_("The speech program failed. See its last output below.")
TOO_LONG: Final = N_("The speech program took too long and was stopped.")
NOT_CAPTIONS: Final = N_("The output of the speech program isn't valid captions.")
IS_THERE: Final = N_("This language already has captions. Remove them first.")


def ask_for(
    session: Session, recording_id: str, language: str, *, actor: str, now: datetime
) -> None:
    """Queue automatic captions; raises NotFound, Invalid for an unknown language, Conflict."""
    recording = find(session, recording_id)
    tag = str(read_locale(language)).replace("_", "-")
    same = (Caption.recording_id == recording.id, Caption.language == tag)
    if session.scalar(select(Caption.id).where(*same)) is not None:
        raise Conflict(IS_THERE)
    job = latest_job(session, kind=HEAR, subject=recording_id)
    if job is not None and job.state not in ENDED:
        raise Conflict(N_("Captions are already being generated for this recording."))
    enqueue(
        session,
        kind=HEAR,
        lane=Lane.MEDIA,
        subject=recording_id,
        payload={"language": tag},
        now=now,
    )
    audit.record(session, "captions.asked_for", recording_id, actor=actor, now=now)


def hear_recording(carrel: Carrel, run: JobRun) -> None:
    """Transcribe a recording, and save the captions as a draft."""
    if not carrel.settings.speech_command:
        raise GiveUp(OFF, "")
    language = str(run.payload["language"])
    with workshop(carrel.settings.scratch / "hearing" / run.public_id) as folder:
        cues = _heard(carrel, run, folder, language)
    label = read_locale(language).get_display_name() or language
    now = clock.now()
    with run.transaction(carrel.database) as session:
        recording = find(session, run.subject)
        try:
            add_draft(session, recording, language, label[:1].upper() + label[1:], cues, now)
        except Conflict as error:
            raise GiveUp(IS_THERE, "") from error


def _heard(carrel: Carrel, run: JobRun, folder: Path, language: str) -> tuple[Cue, ...]:
    """Return the captions that the program wrote; raises GiveUp with the reason, or Stopped."""
    with carrel.database.read_session() as session:
        recording = find(session, run.subject)
        key, length = recording.original_key, recording.seconds or 0.0
    run.report(0.0, TAKING)
    source = carrel.storage.local_path(key)
    if source is None:
        source = folder / "original"
        carrel.storage.fetch(key, source)
    sound = folder / "sound.wav"
    try:
        take_sound(source, sound, run.canceled)
        run.report(0.1, HEARING)
        heard = hear(
            carrel.settings.speech_command,
            sound,
            language=language,
            seconds=AT_LEAST_S + TIMES_AS_LONG * length,
            canceled=run.canceled,
        )
        return read_cues(heard)
    except ProgramCanceled as error:
        raise Stopped from error
    except ProgramStalled as error:
        raise GiveUp(TOO_LONG, error.tail) from error
    except ProgramFailed as error:
        raise GiveUp(FAILED, error.tail) from error
    except BadCaptions as error:
        raise GiveUp(NOT_CAPTIONS, str(error)) from error
