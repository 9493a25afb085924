"""Jobs of housekeeping: end idle playback, and delete expired rows."""

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import select

from lms.accounts import accounts, browser_sessions, try_counts
from lms.attendance import report_imports
from lms.buying import carts, order_sessions
from lms.core.clock import now
from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.group_showings import showings
from lms.housekeeping.removed_items_purge_job import CLEAR, CLEAR_SCHEDULE, clear
from lms.jobs import queue as job_queue
from lms.jobs.queue import JobKind, JobRun, Schedule
from lms.mail import link_tokens_and_codes
from lms.mail import outbox as mail_outbox
from lms.mailings import subscriptions
from lms.models.jobs import Job, JobState
from lms.past_sales import imports as past_sale_imports
from lms.playback import notes
from lms.playback import sessions as playback_sessions
from lms.recordings import captions
from lms.seat_imports import imports as seat_import_imports
from media.captions.caption_file_parser import BadCaptions, read_cues
from media.captions.cues_and_writers import write_vtt
from media.storage.storage_protocol import Missing

END_IDLE = "playback.end_idle"
TIDY = "housekeeping.tidy"
READ_CAPTIONS = "captions.read"
SCHEDULES = (
    Schedule(END_IDLE, timedelta(minutes=5)),
    Schedule(READ_CAPTIONS, timedelta(hours=1)),
    Schedule(TIDY, timedelta(hours=6)),
    CLEAR_SCHEDULE,
)

FORGETTING: Final = (
    link_tokens_and_codes.forget_old,
    browser_sessions.forget_old,
    try_counts.forget_old,
    accounts.forget_unconfirmed,
    mail_outbox.forget_old,
    subscriptions.forget_unconfirmed,
    seat_import_imports.forget_old,
    past_sale_imports.forget_old,
    report_imports.forget_old,
    notes.forget_old,
    carts.forget_old,
    order_sessions.forget_old,
    job_queue.forget_old,
    playback_sessions.forget_previews,
    playback_sessions.forget_repeats,
)
# each has a directory for every job, named by its public ID
WORKSHOPS: Final = ("encode", "hearing", "handouts", "uploads")
TEMPORARY: Final = ("backup-", "move-", "list-", "stamp-", "upload-")
LEFT_AFTER: Final = timedelta(days=2)


def end_idle(carrel: Carrel, _run: JobRun) -> None:
    """End idle players, and group viewings whose day has ended."""
    with carrel.database.transaction() as session:
        playback_sessions.end_idle(session, now=now())
        showings.close_due(session, now=now())


def read_captions(carrel: Carrel, run: JobRun) -> None:
    """Read captions uploaded before their texts were stored, so that search finds them, too."""
    with carrel.database.read_session() as session:
        waiting = captions.unread(session)
    for caption_id, key in waiting:
        if run.canceled():
            return
        try:
            with carrel.storage.open(key) as file:
                text = write_vtt(read_cues(file.read()))
        except (Missing, BadCaptions):
            continue  # its file is missing or was never captions; our team sees that on the page
        with carrel.database.transaction() as session:
            captions.take_in(session, caption_id, key, text)


def tidy(carrel: Carrel, run: JobRun) -> None:
    """Delete old, expired rows: secrets, sign-ins, unconfirmed accounts, emails, notes, and jobs."""
    for number, forget in enumerate(FORGETTING, start=1):
        with carrel.database.transaction() as session:
            forget(session, now=now())
        run.report(number / len(FORGETTING))
    sweep_scratch(carrel.database, carrel.settings.scratch, now=now())


def sweep_scratch(database: Database, scratch: Path, *, now: datetime) -> int:
    """Delete the directories of jobs that don't run, and temporary ones two days old.

    Returns how many were deleted.
    """
    left = [*_of_ended_jobs(database, scratch), *_temporary(scratch, now - LEFT_AFTER)]
    for folder in left:
        shutil.rmtree(folder, ignore_errors=True)
    return len(left)


def _of_ended_jobs(database: Database, scratch: Path) -> Iterator[Path]:
    folders = [one for name in WORKSHOPS for one in (scratch / name).glob("*") if one.is_dir()]
    for folder in folders:
        # queried after listing: a job is running before it makes its directory
        running = select(Job.id).where(Job.public_id == folder.name, Job.state == JobState.RUNNING)
        with database.read_session() as session:
            if session.scalar(running) is None:
                yield folder


def _temporary(scratch: Path, before: datetime) -> Iterator[Path]:
    for folder in scratch.iterdir() if scratch.is_dir() else ():
        is_temporary = folder.is_dir() and folder.name.startswith(TEMPORARY)
        if is_temporary and folder.stat().st_mtime < before.timestamp():
            yield folder


JOBS: Final = (
    JobKind(END_IDLE, end_idle),
    JobKind(READ_CAPTIONS, read_captions),
    JobKind(TIDY, tidy),
    JobKind(CLEAR, clear),
)
