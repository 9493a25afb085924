"""Large staff lists, read and applied by jobs that can be killed, watched, and repeated."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from lms.core.database import Database
from lms.core.errors import Conflict
from lms.core.runtime import Carrel
from lms.jobs.queue import JobFacts, cancel, latest_job
from lms.models.jobs import JobState
from lms.models.seat_imports import ImportState, SeatImportRow
from lms.registry import LIBRARY
from lms.seat_imports import imports
from lms.seat_imports.imports import APPLY, DROP, READ, queue_applying
from lms.seat_imports.jobs import apply_list, apply_now, take_in
from lms.seat_imports.read_models import ImportFacts, find_import
from lms.seats.pools import PoolFacts
from lms.worker.worker import see_through
from tests.clock import NOW, Clock
from tests.components import work_without_schedules
from tests.seat_imports.list_fixtures import a_pool, footprint, of, stored

WORK = work_without_schedules(LIBRARY)
MANY = 9_000  # a list of more than 256 KB


@pytest.fixture(autouse=True)
def _now(clock: Clock) -> Clock:
    return clock


def received(
    carrel: Carrel, pool: PoolFacts, folder: Path, data: bytes | None = None
) -> ImportFacts:
    """Receive a large list."""
    path = stored(folder, of(MANY) if data is None else data)
    return take_in(carrel, path, "staff.csv", pool_id=pool.id, actor=None, now=NOW)


def done(carrel: Carrel, kind: str, facts: ImportFacts) -> JobFacts:
    """Run the job of a list."""
    with carrel.database.read_session() as session:
        job = latest_job(session, kind=kind, subject=facts.public_id)
    assert job is not None
    return see_through(carrel, WORK, job.id)


def seen(database: Database, facts: ImportFacts) -> ImportFacts:
    """Return the current state of a list."""
    with database.read_session() as session:
        return find_import(session, facts.public_id)


def staged_rows(database: Database) -> int:
    """Return how many rows are staged in total."""
    with database.read_session() as session:
        return session.scalar(select(func.count()).select_from(SeatImportRow)) or 0


def counted(database: Database, table: str) -> float:
    """Return how many rows PostgreSQL estimates a table to have."""
    asked = text("SELECT reltuples FROM pg_class WHERE relname = :table")
    with database.read_session() as session:
        return float(session.scalar(asked, {"table": table}) or 0)


def test_large_list_is_read_by_a_job_and_its_file_is_deleted(
    carrel: Carrel, database: Database, tmp_path: Path
) -> None:
    facts = received(carrel, a_pool(database, MANY), tmp_path)
    assert facts.state is ImportState.READING
    assert len(list(carrel.storage.list("imports/"))) == 1
    assert done(carrel, READ, facts).state is JobState.DONE
    now = seen(database, facts)
    assert (now.state, now.ok, now.fits_whole) == (ImportState.CHECKED, MANY, True)
    assert done(carrel, DROP, facts).state is JobState.DONE
    assert list(carrel.storage.list("imports/")) == []


def test_table_statistics_are_updated_after_a_large_list(
    carrel: Carrel, database: Database, tmp_path: Path
) -> None:
    if database.is_sqlite:
        pytest.skip("SQLite plans by its indexes alone")
    pool = a_pool(database, MANY)
    facts = received(carrel, pool, tmp_path)
    done(carrel, READ, facts)
    assert counted(database, "seat_import_row") == MANY
    apply_now(database, facts.public_id, partial=False, actor=None, now=NOW)
    assert counted(database, "seat") == counted(database, "assignment") == MANY


def test_large_list_is_applied_by_a_job(carrel: Carrel, database: Database, tmp_path: Path) -> None:
    pool = a_pool(database, MANY)
    facts = received(carrel, pool, tmp_path)
    done(carrel, READ, facts)
    queued = apply_list(carrel, facts.public_id, partial=False, actor=None, now=NOW)
    assert (queued.state, footprint(database, pool)) == (ImportState.APPLYING, (0, 0, 0))
    assert done(carrel, APPLY, facts).state is JobState.DONE
    assert seen(database, facts).state is ImportState.APPLIED
    assert footprint(database, pool) == (MANY, MANY, MANY)


def test_reading_reports_its_progress(
    carrel: Carrel, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shares: list[float] = []
    monkeypatch.setattr(
        "lms.jobs.job_runner.JobAttempt.report", lambda _self, share, _note: shares.append(share)
    )
    done(carrel, READ, received(carrel, a_pool(database), tmp_path, of(20_000)))
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 0.9)
    assert len(shares) >= 5


def test_interrupted_reading_starts_over(
    carrel: Carrel, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = received(carrel, a_pool(database, MANY), tmp_path)
    write, broken = imports.insert_values, []

    def breaks_once(*given: object) -> None:
        write(*given)  # type: ignore[arg-type]  # same arguments as the call
        if staged_rows(database) and not broken:
            broken.append(True)
            raise OSError("the disk went away")

    monkeypatch.setattr(imports, "insert_values", breaks_once)
    with _no_waiting(monkeypatch):
        assert done(carrel, READ, facts).state is JobState.DONE
    assert broken
    assert (seen(database, facts).ok, staged_rows(database)) == (MANY, MANY)


def test_error_deep_in_a_large_list_is_reported_with_its_line(
    carrel: Carrel, database: Database, tmp_path: Path
) -> None:
    data = of(MANY) + b'jane@elm.example.org;"Jane\n'
    facts = received(carrel, a_pool(database), tmp_path, data)
    assert done(carrel, READ, facts).state is JobState.FAILED
    now = seen(database, facts)
    assert (now.state, staged_rows(database)) == (ImportState.FAILED, 0)
    assert f"Line {MANY + 2} has quotation marks" in now.failure
    assert done(carrel, DROP, facts).state is JobState.DONE
    assert list(carrel.storage.list("imports/")) == []


def test_reading_can_be_canceled(carrel: Carrel, database: Database, tmp_path: Path) -> None:
    facts = received(carrel, a_pool(database), tmp_path)
    with database.transaction() as session:
        job = latest_job(session, kind=READ, subject=facts.public_id)
        assert job is not None
        cancel(session, job.id, actor=None, now=NOW)
    done(carrel, READ, facts)
    assert seen(database, facts).state is ImportState.FAILED


def test_list_that_is_being_read_cannot_be_applied(
    carrel: Carrel, database: Database, tmp_path: Path
) -> None:
    facts = received(carrel, a_pool(database), tmp_path)
    with pytest.raises(Conflict, match="still being read"):
        apply_list(carrel, facts.public_id, partial=False, actor=None, now=NOW)


def test_list_is_queued_for_applying_once(
    carrel: Carrel, database: Database, tmp_path: Path
) -> None:
    facts = received(carrel, a_pool(database, MANY), tmp_path)
    done(carrel, READ, facts)
    apply_list(carrel, facts.public_id, partial=False, actor=None, now=NOW)
    with database.transaction() as session, pytest.raises(Conflict, match="already being imported"):
        queue_applying(session, facts.public_id, partial=True, actor=None, now=NOW)


def test_canceling_the_apply_job_leaves_the_list_unapplied(
    carrel: Carrel, database: Database, tmp_path: Path
) -> None:
    pool = a_pool(database, MANY)
    facts = received(carrel, pool, tmp_path)
    done(carrel, READ, facts)
    apply_list(carrel, facts.public_id, partial=False, actor=None, now=NOW)
    with database.transaction() as session:
        job = latest_job(session, kind=APPLY, subject=facts.public_id)
        assert job is not None
        cancel(session, job.id, actor=None, now=NOW)
    done(carrel, APPLY, facts)
    now = seen(database, facts)
    assert (now.state, now.failure) == (ImportState.CHECKED, "This job was canceled.")
    assert footprint(database, pool) == (0, 0, 0)


@contextmanager
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Retry a failed job immediately."""
    with monkeypatch.context() as patched:
        patched.setattr("lms.jobs.leases.wait_after", lambda _tries: NOW - NOW)
        yield
