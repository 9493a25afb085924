"""Jobs for uploads: attach finished ones to their webinar, and expire unfinished ones."""

import hashlib
from datetime import timedelta
from typing import Final

from sqlalchemy.orm import Session

from lms.core import clock
from lms.core.errors import N_, Refused
from lms.core.runtime import Carrel
from lms.handouts import handouts
from lms.jobs.queue import Ended, GiveUp, JobKind, JobRun, LeaseLost, Schedule, Stopped
from lms.models.uploads import UploadPurpose, UploadState
from lms.recordings import recordings
from lms.recordings.encode_job import workshop
from lms.recordings.recordings import Original
from lms.uploads import uploads
from lms.uploads.chunks import LOST, check_head, discard
from lms.uploads.uploads import UploadFacts
from media.files.file_types import HEAD_BYTES
from media.storage.resumable_uploads import NotBegun

SWEEP: Final = "upload.sweep"
SCHEDULES: Final = (Schedule(SWEEP, timedelta(hours=1)),)
CHECKING: Final = N_("Checking the file")
PIECE: Final = 1 << 20


def settle(carrel: Carrel, run: JobRun) -> None:
    """Attach an uploaded file to its webinar; can be repeated after a kill at any point."""
    with run.transaction(carrel.database) as session:
        upload = uploads.read_upload(session, run.subject)
    if upload.state is not UploadState.ARRIVED:
        return
    try:
        carrel.storage.intake.finish(upload.arriving)
    except NotBegun as fault:
        raise GiveUp(LOST) from fault
    try:
        with carrel.storage.open(upload.arriving.key, 0, HEAD_BYTES) as stream:
            check_head(upload.purpose, stream.read(HEAD_BYTES))
        if upload.purpose is UploadPurpose.RECORDING:
            _settle_recording(carrel, run, upload)
            return
        _settle_handout(carrel, run, upload)
    except Refused as refusal:
        with run.transaction(carrel.database) as session:
            uploads.fail(session, upload.id, refusal.message, now=clock.now())
    carrel.storage.delete(upload.arriving.key)


def settling_ended(session: Session, ended: Ended) -> None:
    """Record on the upload that it failed."""
    uploads.fail(session, ended.subject, ended.sentence, now=ended.at)


def sweep(carrel: Carrel, _run: JobRun) -> None:
    """Delete expired uploads, and unfinished ones in storage that have no row."""
    with carrel.database.read_session() as session:
        overdue = uploads.read_overdue(session, now=clock.now())
    for upload in overdue:
        discard(carrel, upload)
    _sweep_unknown(carrel)


def _sweep_unknown(carrel: Carrel) -> None:
    found = list(carrel.storage.intake.unfinished())
    with carrel.database.read_session() as session:
        known = uploads.known_marks(session)
    old = clock.now() - timedelta(days=carrel.settings.upload_days)
    for each in found:
        if each.arriving.mark not in known and each.begun_at < old:
            carrel.storage.intake.discard(each.arriving)


def _settle_recording(carrel: Carrel, run: JobRun, upload: UploadFacts) -> None:
    original = Original(
        recording_id=upload.id,
        key=upload.arriving.key,
        name=upload.name,
        size_bytes=upload.size_bytes,
        sha256=_hash(carrel, run, upload),
    )
    now = clock.now()
    with run.transaction(carrel.database) as session:
        recordings.attach(session, slug=upload.slug, original=original, actor=upload.actor, now=now)
        uploads.finish(session, upload.id, now=now)


def _settle_handout(carrel: Carrel, run: JobRun, upload: UploadFacts) -> None:
    with workshop(carrel.settings.scratch / "uploads" / run.public_id) as folder:
        path = folder / "handout"
        carrel.storage.fetch(upload.arriving.key, path)
        kept = handouts.keep_handout(carrel.storage, path, upload.name, folder)
    now = clock.now()
    try:
        with run.transaction(carrel.database) as session:
            handouts.attach(session, slug=upload.slug, kept=kept, actor=upload.actor, now=now)
            uploads.finish(session, upload.id, now=now)
    except LeaseLost:  # another worker did it meanwhile, under its own keys
        carrel.storage.delete(kept.key)
        if kept.preview_key:
            carrel.storage.delete(kept.preview_key)
        raise


def _hash(carrel: Carrel, run: JobRun, upload: UploadFacts) -> str:
    """Return the SHA-256 of the stored file, which is the one to be played."""
    made, done = hashlib.sha256(), 0
    with carrel.storage.open(upload.arriving.key) as stream:
        while piece := stream.read(PIECE):
            made.update(piece)
            done += len(piece)
            run.report(done / upload.size_bytes, CHECKING)
            if run.canceled():
                raise Stopped
    return made.hexdigest()


JOBS: Final = (
    JobKind(uploads.SETTLE, settle, ended=settling_ended),
    JobKind(SWEEP, sweep),
)
