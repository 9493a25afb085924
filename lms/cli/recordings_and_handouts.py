"""carrel recording and carrel handout: add recordings and handouts, and encode recordings again."""

from pathlib import Path

import click

from lms.cli.command_context import Console, acting
from lms.cli.output import answer, json_option
from lms.cli.recording_upload import send_recording
from lms.core import clock
from lms.core.errors import N_, Refused
from lms.handouts import handouts
from lms.jobs.queue import latest_job
from lms.models.recordings import RecordingState
from lms.recordings import recordings
from lms.recordings.staff_file_list import VersionFacts, read_version, read_webinar_files
from lms.worker.worker import see_through

FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


@click.group("recording")
def recording() -> None:
    """Add and reencode recordings."""


@recording.command("add")
@click.argument("slug")
@click.argument("file", type=FILE)
@click.option("--wait", is_flag=True, help="Wait until a worker has encoded it.")
@json_option
@click.pass_obj
def add(console: Console, slug: str, file: Path, *, wait: bool) -> None:
    """Add a file as the newest version of a webinar's recording; a worker encodes it.

    If interrupted, run the same command again to continue.
    """
    carrel = console.carrel
    recording_id = send_recording(console, slug, file)
    if wait:
        version = _seen_through(console, recording_id)
    else:
        with carrel.database.read_session() as session:
            version = read_version(session, recording_id)
    added = {
        "recording": version.id,
        "webinar": slug,
        "version": version.number,
        "state": version.state,
        "playable": version.is_playable,
        "seconds": version.seconds,
    }
    text = f"{file.name} is version {version.number} of {slug}: {version.state}."
    answer(added, text)


@recording.command("reencode")
@click.argument("recording_ids", nargs=-1, metavar="[RECORDING]...")
@click.option("--all", "is_all", is_flag=True, help="All current recordings.")
@json_option
@click.pass_obj
def reencode(console: Console, recording_ids: tuple[str, ...], *, is_all: bool) -> None:
    """Reencode recordings from their originals; people can watch meanwhile, and uploads go first."""
    if is_all == bool(recording_ids):
        raise click.UsageError("Enter IDs of recordings, or use --all.")
    now = clock.now()
    with console.carrel.database.transaction() as session:
        if is_all:
            count = recordings.reencode_all(session, actor=None, now=now)
        else:
            count = len(set(recording_ids))
            for recording_id in sorted(set(recording_ids)):
                recordings.reencode(session, recording_id, actor=None, now=now)
    answer({"queued": count}, f"{count} queued to be encoded again.")


def _seen_through(console: Console, recording_id: str) -> VersionFacts:
    """Wait for a version's job, running it here if no worker does; raises Refused if it failed."""
    carrel = console.carrel
    with carrel.database.read_session() as session:
        job = latest_job(session, kind=recordings.ENCODE, subject=recording_id)
    if job is not None:
        see_through(carrel, console.work, job.id)
    with carrel.database.read_session() as session:
        version = read_version(session, recording_id)
    if version.state is not RecordingState.READY:
        sentence = version.failure or N_("Processing of this recording was canceled.")
        raise Refused(sentence, code=f"recording_{version.state}")
    return version


@click.group("handout")
def handout() -> None:
    """Add handouts."""


@handout.command("add")
@click.argument("slug")
@click.argument("file", type=FILE)
@json_option
@click.pass_obj
def add_handout(console: Console, slug: str, file: Path) -> None:
    """Add a PDF, PPTX, or DOCX to a webinar, for everyone who can watch it."""
    carrel = console.carrel
    with carrel.database.read_session() as session:
        read_webinar_files(session, slug)
    kept = handouts.keep_handout(carrel.storage, file, file.name, carrel.settings.scratch)
    with carrel.database.transaction() as session:
        handouts.attach(session, slug=slug, kept=kept, **acting())
    added = {
        "handout": kept.handout_id,
        "webinar": slug,
        "title": kept.title,
        "pages": kept.pages,
    }
    told = f"{kept.title} ({kept.pages} pages)" if kept.pages else kept.title
    cleaned = f" Removed from it: {', '.join(kept.taken_out)}." if kept.taken_out else ""
    answer(added, f"{told} was added to {slug}.{cleaned}")
