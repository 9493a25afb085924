"""The scratch sweep: deletes what killed jobs and programs left in the scratch directory."""

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import select

from lms.core.database import Database
from lms.models.jobs import Job, JobState

# each has a directory for every job, named by its public ID
WORKSHOPS: Final = ("encode", "hearing", "handouts", "uploads")
TEMPORARY: Final = ("backup-", "move-", "list-", "stamp-", "upload-")
LEFT_AFTER: Final = timedelta(days=2)


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
