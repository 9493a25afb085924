"""Recordings: from an uploaded file to a playable version of a webinar's recording."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms import audit
from lms.core.errors import N_, Conflict, Invalid, or_not_found
from lms.core.model_base import new_public_id
from lms.jobs import queue as job_queue
from lms.models.catalog import Webinar
from lms.models.jobs import Job, JobState, Lane
from lms.models.recordings import Recording, RecordingState
from lms.recordings.version_switch import take_over
from media.storage.object_keys import own_name, safe_name
from media.storage.storage_protocol import Storage, content_type_of

ENCODE = "recording.encode"
FRESH_PRIORITY = 10
AGAIN_PRIORITY = 200
LEFT_TO_OTHERS = timedelta(seconds=3)  # by then a free worker would have taken it
LONGEST_NAME = 255
DELETED = N_("This version was deleted, so it can't be processed.")


@dataclass(frozen=True, slots=True)
class Original:
    """A received and stored file, not yet part of a webinar."""

    recording_id: str
    key: str
    name: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Playable:
    """A finished encoder run: its id and its playback facts."""

    run: str
    seconds: float
    has_video: bool
    width: int | None
    height: int | None


@dataclass(frozen=True, slots=True)
class Poster:
    """The picture of a webinar: its key, and whether our team chose it."""

    key: str
    is_chosen: bool


def keep_original(storage: Storage, path: Path, name: str) -> Original:
    """Store a received file unchanged; call it outside any transaction, as it may take minutes.

    Raises Invalid if the file has no usable name.
    """
    shown = own_name(name)
    if not shown:
        raise Invalid(N_("The file has no name. Choose it again."))
    recording_id = new_public_id()
    key = f"originals/{recording_id}/{safe_name(shown)}"
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    storage.put_file(key, path, content_type_of(key))
    return Original(recording_id, key, shown[-LONGEST_NAME:], path.stat().st_size, sha256)


def attach(
    session: Session, *, slug: str, original: Original, actor: str | None, now: datetime
) -> Recording:
    """Make a stored file the newest version of a webinar's recording and queue its encoding.

    The current version stays until the new one can be played. Raises NotFound.
    """
    query = select(Webinar.id).where(Webinar.slug == slug)
    webinar_id = or_not_found(session.scalar(query), N_("Webinar not found."))
    current = _current(session, webinar_id)
    takes_over = current is None or current.run is None
    if current is not None and takes_over:
        current.is_current = False
        session.flush()
    newest = session.scalar(
        select(func.max(Recording.number)).where(Recording.webinar_id == webinar_id)
    )
    recording = Recording(
        public_id=original.recording_id,
        webinar_id=webinar_id,
        number=(newest or 0) + 1,
        is_current=takes_over,
        original_key=original.key,
        original_name=original.name,
        size_bytes=original.size_bytes,
        sha256=original.sha256,
        created_at=now,
    )
    session.add(recording)
    session.flush()
    job_queue.enqueue(
        session,
        kind=ENCODE,
        lane=Lane.MEDIA,
        subject=recording.public_id,
        payload={},
        now=now,
        unique_key=f"{ENCODE}:{recording.public_id}",
        priority=FRESH_PRIORITY,
    )
    audit.record(session, "recording.added", recording.public_id, actor=actor, now=now)
    return recording


def begin(session: Session, recording_id: str) -> Recording:
    """Mark a version as processing; raises NotFound."""
    recording = find(session, recording_id)
    if recording.state is not RecordingState.READY:
        recording.state = RecordingState.PROCESSING
    recording.failure = recording.failure_detail = None
    return recording


def publish(session: Session, recording_id: str, playable: Playable) -> str | None:
    """Publish a finished run; a version's first run makes it current if it is newer than the current one.

    Returns the replaced run, whose files can be deleted after its viewers have left.
    """
    recording = find(session, recording_id)
    replaced, recording.run = recording.run, playable.run
    recording.seconds = playable.seconds
    recording.has_video = playable.has_video
    recording.width, recording.height = playable.width, playable.height
    current = _current(session, recording.webinar_id)
    # a version that our team made current stays so, even if others are encoded again
    if replaced is None and current is not None and current.number < recording.number:
        take_over(session, recording)
    session.flush()
    return replaced


def finish(session: Session, recording_id: str, *, now: datetime) -> None:
    """Mark a version as ready: all its renditions exist. Encoding it again doesn't change that."""
    recording = find(session, recording_id)
    if recording.state is not RecordingState.READY:
        recording.state, recording.ready_at = RecordingState.READY, now


def stop(
    session: Session, recording_id: str, state: RecordingState, *, sentence: str, detail: str
) -> None:
    """Record that processing a version failed; a run that can be played stays.

    A version that was deleted meanwhile is left unchanged.
    """
    recording = _standing(session, recording_id)
    if recording is None or recording.state is RecordingState.READY:
        return
    recording.state = state
    recording.failure, recording.failure_detail = sentence, detail


def choose_poster(
    session: Session, recording_id: str, key: str | None, *, actor: str | None, now: datetime
) -> str | None:
    """Set a stored picture as the poster of a version's webinar, or None for the encoder's picture.

    It applies to whichever version is current, until another is chosen. Returns the key of the former
    one, whose file may then be deleted. Raises NotFound.
    """
    recording = find(session, recording_id)
    webinar = session.get_one(Webinar, recording.webinar_id)
    former, webinar.poster_key = webinar.poster_key, key
    session.flush()
    audit.record(session, "recording.poster_changed", recording.public_id, actor=actor, now=now)
    return former


def poster_seen(session: Session, recording_id: str) -> Poster:
    """Return the picture that people see for a version's webinar; raises NotFound.

    If no version can be played, it is the one that this version would have.
    """
    recording = find(session, recording_id)
    webinar = session.get_one(Webinar, recording.webinar_id)
    if webinar.poster_key is not None:
        return Poster(webinar.poster_key, is_chosen=True)
    playing = _current(session, recording.webinar_id)
    seen = recording if playing is None or playing.run is None else playing
    return Poster(f"renditions/{seen.public_id}/{seen.run}/poster.jpg", is_chosen=False)


def retry(session: Session, recording_id: str, *, actor: str | None, now: datetime) -> None:
    """Encode a version once more; raises Conflict if it is in progress or ready."""
    recording = find(session, recording_id)
    job = job_queue.latest_job(session, kind=ENCODE, subject=recording.public_id)
    if job is None:  # it was canceled so long ago that the job was deleted
        if recording.state is RecordingState.READY:
            raise Conflict(N_("This recording is ready. You can process it again instead."))
        _encode_again(session, recording, None, FRESH_PRIORITY, now)
    else:
        job_queue.retry(session, job.id, actor=actor, now=now)


def reencode(session: Session, recording_id: str, *, actor: str | None, now: datetime) -> None:
    """Encode a version again, after more urgent jobs; the current run stays until it is done.

    Raises NotFound, Conflict if it is being processed.
    """
    recording = find(session, recording_id)
    job = job_queue.latest_job(session, kind=ENCODE, subject=recording.public_id)
    if job is not None and job.state not in job_queue.ENDED:
        raise Conflict(N_("This recording is already being processed."))
    _encode_again(session, recording, job, AGAIN_PRIORITY, now)
    audit.record(session, "recording.reencoded", recording.public_id, actor=actor, now=now)


def reencode_all(session: Session, *, actor: str | None, now: datetime) -> int:
    """Encode every current playable version again; returns how many were queued.

    Versions that are being processed are skipped.
    """
    rows = select(Recording).where(Recording.is_current, Recording.run.is_not(None))
    queued = 0
    for recording in session.scalars(rows.order_by(Recording.id)).all():
        job = job_queue.latest_job(session, kind=ENCODE, subject=recording.public_id)
        if job is None or job.state in job_queue.ENDED:
            _encode_again(session, recording, job, AGAIN_PRIORITY, now)
            audit.record(session, "recording.reencoded", recording.public_id, actor=actor, now=now)
            queued += 1
    return queued


def count_playable(session: Session) -> int:
    """Return how many current versions can be played, and thus encoded again."""
    rows = select(func.count()).where(Recording.is_current, Recording.run.is_not(None))
    return session.scalar(rows) or 0


def fresh_one_waits(session: Session, *, now: datetime) -> bool:
    """Return whether an upload waits for an encoder and no free worker takes it."""
    waiting = select(Job.id).where(
        Job.kind == ENCODE,
        Job.state == JobState.QUEUED,
        Job.priority <= FRESH_PRIORITY,
        Job.run_at < now - LEFT_TO_OTHERS,
        Job.cancel_requested.is_(False),
    )
    return session.scalar(waiting.limit(1)) is not None


def _encode_again(
    session: Session,
    recording: Recording,
    former: job_queue.JobFacts | None,
    priority: int,
    now: datetime,
) -> None:
    """Queue one job after the former one, even if several calls ask at once."""
    job_queue.enqueue(
        session,
        kind=ENCODE,
        lane=Lane.MEDIA,
        subject=recording.public_id,
        payload={"gives_way": priority > FRESH_PRIORITY},
        now=now,
        unique_key=f"{ENCODE}:{recording.public_id}:{former.id if former else 'again'}",
        priority=priority,
    )


def cancel(session: Session, recording_id: str, *, actor: str | None, now: datetime) -> None:
    """Request that the encoding of a version stop; raises Conflict if none is in progress."""
    job = job_queue.latest_job(session, kind=ENCODE, subject=find(session, recording_id).public_id)
    if job is None or job.state in job_queue.ENDED:
        raise Conflict(N_("This recording isn't being processed, so there's nothing to cancel."))
    job_queue.cancel(session, job.id, actor=actor, now=now)


def find(session: Session, recording_id: str) -> Recording:
    """Return a version by its public ID; raises NotFound."""
    return or_not_found(_standing(session, recording_id))


def run_of(session: Session, recording_id: str) -> str | None:
    """Return the run that a version plays, even if it was deleted and can be restored."""
    return session.scalar(select(Recording.run).where(Recording.public_id == recording_id))


def _standing(session: Session, recording_id: str) -> Recording | None:
    return session.scalar(
        select(Recording).where(Recording.public_id == recording_id, Recording.removed_at.is_(None))
    )


def _current(session: Session, webinar_id: int) -> Recording | None:
    return session.scalar(
        select(Recording).where(Recording.webinar_id == webinar_id, Recording.is_current)
    )
