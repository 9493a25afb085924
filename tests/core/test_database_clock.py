"""The database's clock, which leases of jobs and emails use."""

import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import create_engine

from lms.core import clock as clocks
from lms.core.clock import DatabaseClock
from lms.core.database import Database
from lms.jobs import leases
from tests.clock import Clock
from tests.jobs.job_fixtures import KINDS, make_job

FAST = timedelta(minutes=5)
SECOND = timedelta(seconds=1)


def set_machine_ahead(clock: Clock, monkeypatch: pytest.MonkeyPatch, by: timedelta) -> None:
    clock.set(datetime.now(UTC) + by)
    wrong = SimpleNamespace(time=lambda: time.time() + by.total_seconds(), monotonic=time.monotonic)
    monkeypatch.setattr(clocks, "time", wrong)


def test_machine_with_a_wrong_clock_does_not_take_another_workers_job(
    database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_job(database, now=datetime.now(UTC) - SECOND)
    with database.transaction() as session:
        held = leases.claim(session, lane=None, kinds=KINDS, worker="right", now=datetime.now(UTC))
    assert held is not None
    set_machine_ahead(clock, monkeypatch, FAST)
    at = DatabaseClock(database.engine).now()
    with database.read_session() as session:
        is_taken_away = leases.has_stranded(session, now=at)
    assert is_taken_away == database.is_sqlite  # SQLite has no clock other than the machine's


def test_database_time_does_not_depend_on_the_machines_clock(
    database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_machine_ahead(clock, monkeypatch, -FAST)
    told = DatabaseClock(database.engine).now()
    expected = clock.moment if database.is_sqlite else datetime.now(UTC)
    assert abs(told - expected) < 5 * SECOND


def test_machine_time_is_used_if_the_database_is_unreachable(clock: Clock) -> None:
    nowhere = create_engine("postgresql+psycopg://carrel@127.0.0.1:1/carrel?connect_timeout=2")
    assert DatabaseClock(nowhere).now() == clock.moment
