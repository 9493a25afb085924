"""The recording upload: sends a file from the command line in resumable chunks, with progress."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import click
from rich.console import Console as Screen
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from lms.cli.command_context import Console
from lms.core import clock
from lms.core.errors import N_, Gone, Refused
from lms.jobs.queue import latest_job
from lms.models.uploads import UploadPurpose, UploadState
from lms.uploads import chunks, uploads
from lms.uploads.chunks import Body
from lms.uploads.uploads import UploadFacts, Wanted
from lms.worker.worker import see_through

HEAD_BYTES: Final = 1024 * 1024
FAILED: Final = N_("The file could not be taken.")
STOPPED: Final = "Stopped. What was sent is kept: the same command goes on from there."


@dataclass(frozen=True, slots=True)
class _Counted:
    """A file whose reading is told."""

    stream: BinaryIO
    tell: Callable[[int], None]

    def read(self, size: int, /) -> bytes:
        data = self.stream.read(size)
        self.tell(len(data))
        return data


def send_recording(console: Console, slug: str, file: Path) -> str:
    """Send a file to a webinar and return the outside id of the version that it became.

    An upload of the same file that stopped before is gone on with. Raises what `lms.uploads.chunks` does,
    and Refused for a file of which nothing came.
    """
    upload = _begun(console, slug, file)
    try:
        _send(console, upload, file)
    except KeyboardInterrupt:
        click.echo(STOPPED, err=True)
        raise
    return _settled(console, upload)


def _begun(console: Console, slug: str, file: Path) -> UploadFacts:
    carrel = console.carrel
    with carrel.database.read_session() as session:
        uploads.find_webinar(session, slug)
    size = file.stat().st_size
    wanted = Wanted(slug, UploadPurpose.RECORDING, file.name, size, _fingerprint(file)).checked()
    with carrel.database.read_session() as session:
        found = uploads.find_unfinished(session, wanted, login_id=None, now=clock.now())
    if found is None:
        return chunks.begin(carrel, wanted, login_id=None)
    try:
        kept = chunks.kept_bytes(carrel, found)
    except Gone:  # the storage was cleaned meanwhile
        chunks.discard(carrel, found)
        return chunks.begin(carrel, wanted, login_id=None)
    click.echo(f"Going on with {file.name}, {kept * 100 // size} % of which is here.", err=True)
    return found


def _send(console: Console, upload: UploadFacts, file: Path) -> None:
    at = chunks.kept_bytes(console.carrel, upload)
    with file.open("rb") as stream, _bar(upload, at) as tell:
        stream.seek(at)
        if at < upload.size_bytes:
            body = Body(_Counted(stream, tell), upload.size_bytes - at)
            at = chunks.receive(console.carrel, upload, at, body)
    if at < upload.size_bytes:
        raise Refused(N_("The file has become shorter while it was sent. Send it again."))


def _settled(console: Console, upload: UploadFacts) -> str:
    """Wait until the file has become a version, doing what is to be done here if nobody else does."""
    carrel = console.carrel
    with carrel.database.read_session() as session:
        job = latest_job(session, kind=uploads.SETTLE, subject=upload.id)
    if job is not None:
        see_through(carrel, console.work, job.id)
    with carrel.database.read_session() as session:
        settled = uploads.read_upload(session, upload.id)
    if settled.state is not UploadState.DONE:
        raise Refused(settled.failure or FAILED, code="upload_failed")
    return upload.id


def _fingerprint(file: Path) -> str:
    """Return what tells a file from another of its name: its size, age and first megabyte."""
    known = file.stat()
    with file.open("rb") as stream:
        begins = hashlib.sha256(stream.read(HEAD_BYTES)).hexdigest()
    return f"{known.st_size}|{known.st_mtime_ns}|{begins}"


@contextmanager
def _bar(upload: UploadFacts, at: int) -> Iterator[Callable[[int], None]]:
    """Show progress on stderr where that is a terminal; gives what is told of each read."""
    screen = Screen(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=screen, disable=not screen.is_terminal) as progress:
        task = progress.add_task(upload.name, total=upload.size_bytes, completed=at)
        yield lambda count: progress.advance(task, count)
