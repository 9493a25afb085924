"""The encode job: turns an original into renditions; safe to repeat after a crash."""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from lms.core import clock
from lms.core.errors import N_, NotFound
from lms.core.model_base import new_public_id
from lms.core.runtime import Carrel
from lms.jobs.queue import Ended, GiveUp, JobRun, LeaseLost, StandAside, Stopped, TryAgain, enqueue
from lms.models.jobs import Job, JobState, Lane
from lms.models.recordings import Recording, RecordingState
from lms.recordings import captions, handout_page_times, recordings, slides
from lms.recordings.recordings import Playable
from media.storage.storage_protocol import content_type_of
from media.video.transcoder import EncodeCanceled, Encoded, EncodeFailed, NotCopyable, encode, remux
from media.video.upload_probe import Probe, Unplayable, probe

SWEEP = "rendition.sweep"
UNPUBLISHED = f"{SWEEP}:unpublished"
LOOK_EVERY = timedelta(seconds=5)
LAST_VIEWER_GONE = timedelta(hours=25)  # a playback session lives for 24 hours

READING = N_("Reading the file")
COPYING = N_("Creating a first version to watch")
ENCODING = N_("Encoding")
STORING = N_("Storing")
log = structlog.get_logger()

TOO_SLOW = N_("Storing the file took more than a day, so we stopped it. Try again.")


def encode_recording(carrel: Carrel, run: JobRun) -> None:
    """Probe an original, publish a copied first run if possible, then the complete ladder."""
    try:
        _encode(carrel, run)
    except NotFound as error:  # deleted before it began, or while it was encoded again
        raise GiveUp(recordings.DELETED) from error


def _encode(carrel: Carrel, run: JobRun) -> None:
    with run.transaction(carrel.database) as session:
        recording = recordings.begin(session, run.subject)
        way = _Way(carrel, run, gives_way=bool(run.payload.get("gives_way")))
        pictured = slides.pictured(session, run.subject)
    run.report(0.0, READING)
    with workshop(carrel.settings.scratch / "encode" / run.public_id) as folder:
        try:
            source = _source(carrel, recording, folder)
            found = probe(source)
            if recording.run is None and found.copyable:
                _publish_copy(carrel, run, source, folder / "copy", found)
            began = time.monotonic()
            made = encode(
                source,
                folder / "ladder",
                found,
                progress=_progress(run, ENCODING, 0.05, 0.95),
                canceled=way.is_stopped,
                pictured=pictured,
            )
            took_s = round(time.monotonic() - began, 1)
            log.info("recording_encoded", recorded_s=round(found.seconds, 1), s=took_s)
            _publish(carrel, run, folder / "ladder", made, found, whole=True)
        except Unplayable as error:
            raise GiveUp(error.sentence, error.detail) from error
        except EncodeFailed as error:
            raise TryAgain(error.sentence, error.tail) from error
        except EncodeCanceled as error:
            if not run.canceled():
                raise StandAside from error
            raise Stopped from error


class _Way:
    """Whether an encode continues: an encode of an existing version yields to a waiting upload."""

    def __init__(self, carrel: Carrel, run: JobRun, *, gives_way: bool) -> None:
        self._carrel = carrel
        self._run = run
        self._gives_way = gives_way
        self._looked_at = clock.now()

    def is_stopped(self) -> bool:
        if self._run.canceled():
            return True
        now = clock.now()
        if not self._gives_way or now - self._looked_at < LOOK_EVERY:
            return False
        self._looked_at = now
        with self._carrel.database.read_session() as session:
            return recordings.fresh_one_waits(session, now=now)


def encoding_ended(session: Session, ended: Ended) -> None:
    """Record on the recording that encoding failed permanently or was canceled."""
    state = RecordingState.CANCELED if ended.state is JobState.CANCELED else RecordingState.FAILED
    recordings.stop(session, ended.subject, state, sentence=ended.sentence, detail=ended.detail)
    _sweep_unpublished_now(session, ended.subject, now=ended.at)


def sweep_run(carrel: Carrel, run: JobRun) -> None:
    """Delete the files of a run that was replaced, or never published, unless it is current."""
    unwanted = str(run.payload["run"])
    with carrel.database.read_session() as session:
        if recordings.run_of(session, run.subject) == unwanted:
            return
    _delete_run(carrel, run.subject, unwanted)


def _delete_run(carrel: Carrel, recording_id: str, run_id: str) -> None:
    for key in list(carrel.storage.list(f"renditions/{recording_id}/{run_id}/")):
        carrel.storage.delete(key)


def _publish_copy(carrel: Carrel, run: JobRun, source: Path, folder: Path, found: Probe) -> None:
    try:
        copied = remux(
            source,
            folder,
            found,
            progress=_progress(run, COPYING, 0.0, 0.05),
            canceled=run.canceled,
        )
    except NotCopyable:
        return
    _publish(carrel, run, folder, copied, found, whole=False)


def _publish(
    carrel: Carrel, run: JobRun, folder: Path, made: Encoded, found: Probe, *, whole: bool
) -> None:
    """Store a finished run under new keys, then publish it with one row update."""
    run_id = _begin_run(carrel, run)
    try:
        _store(carrel, run, folder, made, run_id, whole=whole)
        _let_play(carrel, run, made, found, run_id, whole=whole)
    except (LeaseLost, EncodeCanceled, FileNotFoundError, NotFound):
        # The worker that took over has scheduled its deletion; files stored since then are deleted
        # here.
        _delete_run(carrel, run.subject, run_id)
        raise


def _store(
    carrel: Carrel, run: JobRun, folder: Path, made: Encoded, run_id: str, *, whole: bool
) -> None:
    report = _progress(run, STORING, 0.95, 1.0) if whole else None
    for count, name in enumerate(made.files, start=1):
        run.stand()
        key = f"renditions/{run.subject}/{run_id}/{name}"
        carrel.storage.take_file(key, folder / name, content_type_of(key))
        if report is not None:
            report(count / len(made.files))
        if run.canceled():
            raise EncodeCanceled


def _let_play(
    carrel: Carrel, run: JobRun, made: Encoded, found: Probe, run_id: str, *, whole: bool
) -> None:
    playable = Playable(
        run=run_id,
        seconds=made.seconds,
        has_video=found.has_video,
        width=found.video.width if found.video else None,
        height=found.video.height if found.video else None,
    )
    now = clock.now()
    with run.transaction(carrel.database) as session:
        _keep_run(session, run_id)
        replaced = recordings.publish(session, run.subject, playable)
        webinar_id = recordings.find(session, run.subject).webinar_id
        captions.index(session, webinar_id)
        if whole:
            recordings.finish(session, run.subject, now=now)
            slides.keep_found(session, run.subject, made.slides)
            handout_page_times.have_matched(session, run.subject, now=now)
        slides.index(session, webinar_id)
        if replaced is not None:
            _sweep_later(session, run.subject, replaced, key=f"{SWEEP}:{replaced}", now=now)


def _begin_run(carrel: Carrel, run: JobRun) -> str:
    """Return the id of a run about to be stored; its files will be deleted unless it is published.

    Files of earlier unpublished tries are deleted at the next opportunity.
    """
    made, now = new_public_id(), clock.now()
    with run.transaction(carrel.database) as session:
        _sweep_unpublished_now(session, run.subject, now=now)
        _sweep_later(session, run.subject, made, key=f"{UNPUBLISHED}:{made}", now=now)
    return made


def _keep_run(session: Session, run_id: str) -> None:
    """Cancel the deletion of a run that is published now; raises TryAgain if its files are gone."""
    spared = session.execute(
        delete(Job)
        .where(Job.unique_key == f"{UNPUBLISHED}:{run_id}", Job.state == JobState.QUEUED)
        .returning(Job.id)
    )
    if spared.one_or_none() is None:
        raise TryAgain(TOO_SLOW)


def _sweep_unpublished_now(session: Session, recording_id: str, *, now: datetime) -> None:
    """Queue the deletion of earlier tries' files; the later deletion stays, as a stalled worker may resume."""
    waiting = session.scalars(
        select(Job.payload)
        .where(Job.kind == SWEEP, Job.subject == recording_id, Job.state == JobState.QUEUED)
        .where(Job.unique_key.startswith(f"{UNPUBLISHED}:"))
    )
    for payload in waiting.all():
        enqueue(
            session,
            kind=SWEEP,
            lane=Lane.MEDIA,
            subject=recording_id,
            payload=payload,
            now=now,
            unique_key=f"{SWEEP}:at-once:{payload['run']}",
        )


def _sweep_later(
    session: Session, recording_id: str, run_id: str, *, key: str, now: datetime
) -> None:
    """Schedule the deletion of a run's files for when no one can be watching it."""
    sweep = enqueue(
        session,
        kind=SWEEP,
        lane=Lane.MEDIA,
        subject=recording_id,
        payload={"run": run_id},
        now=now,
        unique_key=key,
    )
    sweep.run_at = now + LAST_VIEWER_GONE


def _source(carrel: Carrel, recording: Recording, folder: Path) -> Path:
    """Return the path of the original on this machine; the encoder can't read from the network."""
    path = carrel.storage.local_path(recording.original_key)
    if path is None:
        path = folder / "original"
        carrel.storage.fetch(recording.original_key, path)
    return path


@contextmanager
def workshop(folder: Path) -> Iterator[Path]:
    """Yield an empty folder within the job's folder, after deleting files that a killed worker left.

    A stalled worker that resumes finds its own folder deleted, and can't take files from this one.
    """
    shutil.rmtree(folder, ignore_errors=True)
    own = folder / new_public_id()
    own.mkdir(parents=True)
    try:
        yield own
    finally:
        shutil.rmtree(own, ignore_errors=True)
        with suppress(OSError):  # another worker uses it by now
            folder.rmdir()


def _progress(run: JobRun, note: str, begin: float, end: float) -> Callable[[float], None]:
    def report(share: float) -> None:
        run.report(begin + (end - begin) * share, note)

    return report
