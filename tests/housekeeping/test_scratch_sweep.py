"""Files that killed workers left in the scratch directory."""

import os
from datetime import timedelta
from pathlib import Path

from lms.core.database import Database
from lms.housekeeping.jobs import sweep_scratch
from tests.clock import NOW
from tests.jobs.job_fixtures import make_job, taken


def test_directories_of_jobs_that_are_not_running_are_deleted(
    database: Database, tmp_path: Path
) -> None:
    running = make_job(database, now=NOW)
    assert taken(database, now=NOW).public_id == running
    waiting = make_job(database, now=NOW)
    for name in (running, waiting, "gone"):
        (tmp_path / "encode" / name).mkdir(parents=True)
        (tmp_path / "encode" / name / "file.mp4").write_bytes(b"half")
    assert sweep_scratch(database, tmp_path, now=NOW) == 2
    assert [one.name for one in (tmp_path / "encode").iterdir()] == [running]


def test_temporary_directories_are_deleted_after_two_days(
    database: Database, tmp_path: Path
) -> None:
    for name, age in (("backup-old", 3), ("backup-new", 1), ("something-else", 9)):
        (tmp_path / name).mkdir()
        at = (NOW - timedelta(days=age)).timestamp()
        os.utime(tmp_path / name, (at, at))
    assert sweep_scratch(database, tmp_path, now=NOW) == 1
    assert sorted(one.name for one in tmp_path.iterdir()) == ["backup-new", "something-else"]
