"""The recording upload: sends a file from the command line in resumable chunks, with progress."""

import hashlib
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
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
FAILED: Final = N_("The file couldn't be added.")
STOPPED: Final = "Stopped. Run the same command again to continue."


@dataclass(frozen=True, slots=True)
class _Counted:
    """A file that reports the bytes read, and raises KeyboardInterrupt once it is to stop."""

    stream: BinaryIO
    tell: Callable[[int], None]
    stopping: Event

    def read(self, size: int, /) -> bytes:
        if self.stopping.is_set():
            raise KeyboardInterrupt
        data = self.stream.read(size)
        self.tell(len(data))
        return data


def send_recording(console: Console, slug: str, file: Path) -> str:
    """Upload a file to a webinar and return the public ID of the resulting version.

    Continues an interrupted upload of the same file. Raises what `lms.uploads.chunks` does, and
    Refused if the file can't be added.
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
    except Gone:  # the storage was cleaned in the meantime
        chunks.discard(carrel, found)
        return chunks.begin(carrel, wanted, login_id=None)
    click.echo(f"Continuing the upload of {file.name} at {kept * 100 // size}%.", err=True)
    return found


def _send(console: Console, upload: UploadFacts, file: Path) -> None:
    at = chunks.kept_bytes(console.carrel, upload)
    with file.open("rb") as stream, _bar(upload, at) as tell, _set_by_ctrl_c() as stopping:
        stream.seek(at)
        if at < upload.size_bytes:
            body = Body(_Counted(stream, tell, stopping), upload.size_bytes - at)
            at = chunks.receive(console.carrel, upload, at, body)
    if at < upload.size_bytes:
        raise Refused(N_("The file changed during the upload. Upload it again."))


def _settled(console: Console, upload: UploadFacts) -> str:
    """Wait until the upload has become a version, doing the work here if no worker does."""
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
    """Return a fingerprint of a file: its size, modification time and first megabyte."""
    known = file.stat()
    with file.open("rb") as stream:
        begins = hashlib.sha256(stream.read(HEAD_BYTES)).hexdigest()
    return f"{known.st_size}|{known.st_mtime_ns}|{begins}"


@contextmanager
def _set_by_ctrl_c() -> Iterator[Event]:
    """Yield an event that the first Ctrl-C sets; raises KeyboardInterrupt at the end, or at a second one.

    Python only prints a KeyboardInterrupt that is raised while it frees an object, as each
    transaction does.
    """
    stopping, before = Event(), signal.getsignal(signal.SIGINT)

    def stop(*_: object) -> None:
        stopping.set()
        signal.signal(signal.SIGINT, before)

    if before is signal.default_int_handler:  # else a shell runs this in the background
        signal.signal(signal.SIGINT, stop)
    try:
        yield stopping
    finally:
        signal.signal(signal.SIGINT, before)
    if stopping.is_set():  # during the last piece
        raise KeyboardInterrupt


@contextmanager
def _bar(upload: UploadFacts, at: int) -> Iterator[Callable[[int], None]]:
    """Show progress on stderr if it is a terminal; yields a function to call with the bytes read."""
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
