"""Health check of the continuous copy, by PostgreSQL's archive or Litestream."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from lms.core.clock import now
from lms.core.database import Database
from lms.operations.continuous_copy import copy_finding
from lms.operations.findings import Finding, State
from tests.servers.postgres import SWIFT, postgres
from tests.servers.process import found_program, running
from tests.wait_until import until


def finding(database: Database) -> Finding:
    with database.read_session() as session:
        return copy_finding(database, session, now=now())


def write(database: Database) -> None:
    with database.engine.begin() as connection:
        connection.execute(text("INSERT INTO reading VALUES (1)"))


@pytest.fixture
def on_disk(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'carrel.sqlite3'}")
    with database.engine.begin() as connection:
        connection.execute(text("CREATE TABLE reading (of_page INTEGER)"))
    yield database
    database.dispose()


def test_changes_not_copied_by_litestream_are_a_fault(on_disk: Database, tmp_path: Path) -> None:
    assert finding(on_disk).state is State.ATTENTION
    litestream = found_program("litestream")
    if litestream is None:
        pytest.skip("litestream is not installed here")
    command = [litestream, "replicate", tmp_path / "carrel.sqlite3", f"file://{tmp_path / 'copy'}"]
    write(on_disk)
    with running(
        command,
        ready=lambda: finding(on_disk).state is State.OK,
        log=tmp_path / "litestream.log",
    ):
        until(lambda: any((tmp_path / "copy").rglob("*.ltx")))
    write(on_disk)
    assert finding(on_disk).state is State.OK  # up to a minute can be lost
    late = (now() + timedelta(minutes=2)).timestamp()
    os.utime(tmp_path / "carrel.sqlite3-wal", (late, late))
    assert finding(on_disk).state is State.FAULT


def test_changes_not_archived_by_postgresql_are_a_fault() -> None:
    with postgres(SWIFT) as plain:
        database = Database(plain.create("library"))
        assert finding(database).state is State.ATTENTION
        database.dispose()
    with postgres((*SWIFT, "archive_mode=on", "archive_command=test ! -e full")) as server:
        database = Database(server.create("library"))
        with database.engine.begin() as connection:
            connection.execute(text("CREATE TABLE reading (of_page INTEGER)"))
        switch(database)
        until(lambda: "ago" in finding(database).values)
        assert finding(database).state is State.OK
        with database.engine.connect() as connection:
            full = Path(connection.execute(text("SHOW data_directory")).scalar_one()) / "full"
        full.touch()
        write(database)
        switch(database)
        until(lambda: finding(database).state is State.FAULT)
        full.unlink()
        until(lambda: finding(database).state is State.OK)
        database.dispose()


def switch(database: Database) -> None:
    """Switch to a new WAL segment, so the current one is archived."""
    with database.engine.begin() as connection:
        connection.execute(text("SELECT pg_switch_wal()"))
