"""Launches that get no database connection in time return 503 and ask to try again."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoTurn
from sqlalchemy.orm import Session

from lms.core.database import Database, is_cut_off, is_overrun
from lms.web.core.error_pages import BUSY
from tests.lti.tool_server import Connection, is_open
from tests.page_texts import shows


@contextmanager
def _no_turn(_database: Database) -> Iterator[Session]:
    raise NoTurn("every connection was taken for 30 seconds")
    yield


def test_launch_without_a_connection_returns_503_and_can_be_repeated(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    posted = connection.answered(connection.platform.begin(connection.learner, connection.link))
    with monkeypatch.context() as crowded:
        crowded.setattr(Database, "transaction", _no_turn)
        answer = connection.post(posted)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert shows(answer.text, BUSY)
    assert is_open(connection.post(posted))


def test_first_launch_is_not_retried_when_the_server_has_too_many_connections(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    posted = connection.answered(connection.platform.begin(connection.learner, connection.link))
    tries: list[None] = []

    def no_room(*_given: object) -> bool:
        tries.append(None)
        raise OperationalError("DELETE", {}, psycopg.errors.TooManyConnections())

    with monkeypatch.context() as crowded:
        crowded.setattr("lti.launches.launch.take_up_login", no_room)
        answer = connection.post(posted)
    assert (answer.status_code, answer.headers["Retry-After"], len(tries)) == (503, "30", 1)
    assert is_open(connection.post(posted))


@pytest.mark.parametrize(
    ("fault", "is_it"),
    [
        (psycopg.OperationalError("consuming input failed"), True),
        (psycopg.errors.AdminShutdown(), True),
        (psycopg.errors.CannotConnectNow(), True),
        (psycopg.errors.SqlclientUnableToEstablishSqlconnection(), True),
        (psycopg.ProgrammingError("the driver's own"), False),
        (psycopg.errors.UniqueViolation(), False),
        (psycopg.errors.TooManyConnections(), False),
        (ValueError(), False),
    ],
)
def test_only_broken_connections_count_as_cut_off(fault: Exception, is_it: bool) -> None:
    assert is_cut_off(fault) is is_it


def test_locked_sqlite_counts_as_overrun_and_a_missing_table_does_not(tmp_path: Path) -> None:
    with (
        closing(sqlite3.connect(tmp_path / "x.db", isolation_level=None)) as one,
        closing(sqlite3.connect(tmp_path / "x.db", isolation_level=None, timeout=0)) as two,
    ):
        one.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError) as locked:
            two.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError) as missing:
            one.execute("SELECT * FROM nothing")
    assert is_overrun(locked.value)
    assert not is_overrun(missing.value)
    assert not is_cut_off(locked.value)
