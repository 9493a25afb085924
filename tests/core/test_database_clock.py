"""The database's clock, by which leases of jobs and emails are given."""

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


def test_a_machine_whose_clock_is_wrong_takes_no_job_that_another_does(
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
    assert is_taken_away == database.is_sqlite  # whose clock is the machine's: there is no other


def test_the_databases_time_is_told_whatever_the_machine_says(
    database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_machine_ahead(clock, monkeypatch, -FAST)
    told = DatabaseClock(database.engine).now()
    expected = clock.moment if database.is_sqlite else datetime.now(UTC)
    assert abs(told - expected) < 5 * SECOND


def test_a_database_that_is_away_leaves_the_machines_time(clock: Clock) -> None:
    nowhere = create_engine("postgresql+psycopg://carrel@127.0.0.1:1/carrel?connect_timeout=2")
    assert DatabaseClock(nowhere).now() == clock.moment
