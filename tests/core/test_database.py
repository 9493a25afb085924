"""Database basics: times, IDs, transactions, and who can write when."""

import re
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread, get_ident
from zoneinfo import ZoneInfo

import pytest
from psycopg.errors import DeadlockDetected
from sqlalchemy import bindparam, create_engine, event, func, select, text, update
from sqlalchemy.exc import IntegrityError, StatementError

from lms.core.compiled_statements import CompiledStatement
from lms.core.database import Database, is_cut_off, is_overrun
from lms.core.errors import Conflict
from lms.core.model_base import CROCKFORD, new_public_id, new_public_ids
from lms.models.accounts import Login
from tests.factories import make_login


def test_public_ids_are_26_crockford_characters_and_unique() -> None:
    made = {new_public_id() for _ in range(1000)}
    assert len(made) == 1000
    assert {len(each) for each in made} == {26}
    assert set("".join(made)) <= set(CROCKFORD)


def test_time_is_stored_unchanged_in_any_time_zone(database: Database) -> None:
    tokyo = datetime(2026, 3, 3, 0, 0, 0, 123456, tzinfo=ZoneInfo("Asia/Tokyo"))
    with database.transaction() as session:
        make_login(session, "a@example.org", blocked_at=tokyo)
    with database.read_session() as session:
        found = session.scalars(select(Login.blocked_at)).one()
    assert found == tokyo
    assert found is not None
    assert found.tzinfo is UTC


def test_naive_time_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="naive"), database.transaction() as session:
        make_login(session, blocked_at=datetime(2026, 3, 3))  # noqa: DTZ001


def test_exception_rolls_back_the_transaction(database: Database) -> None:
    def make_and_fail() -> None:
        with database.transaction() as session:
            make_login(session)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        make_and_fail()
    with database.read_session() as session:
        assert session.scalar(select(func.count()).select_from(Login)) == 0


def test_changes_in_a_read_session_are_not_saved(database: Database) -> None:
    with database.transaction() as session:
        login = make_login(session, name="Before")
    with database.read_session() as session:
        row = session.scalars(select(Login)).one()
        row.name = "After"
    with database.read_session() as session:
        assert session.scalars(select(Login.name)).one() == "Before"
    assert login.name == "Before"


def test_writers_that_read_first_wait_for_each_other(database: Database) -> None:
    with database.transaction() as session:
        login_id = make_login(session, name="0").id
    failures: list[Exception] = []

    def add_one() -> None:
        try:
            for _ in range(25):
                with database.transaction() as session:
                    name = session.scalar(
                        select(Login.name).where(Login.id == login_id).with_for_update()
                    )
                    session.execute(
                        update(Login)
                        .where(Login.id == login_id)
                        .values(name=str(int(name or 0) + 1))
                    )
        except Exception as error:  # noqa: BLE001  (any failure counts)
            failures.append(error)

    threads = [Thread(target=add_one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with database.read_session() as session:
        assert session.scalars(select(Login.name)).one() == "100"


def test_foreign_keys_are_enforced_and_sqlite_uses_wal(database: Database) -> None:
    if database.is_sqlite:
        with database.read_session() as session:
            assert session.scalar(text("PRAGMA foreign_keys")) == 1
            assert session.scalar(text("PRAGMA journal_mode")) == "wal"
            assert session.scalar(text("PRAGMA busy_timeout")) == 15_000
    with database.transaction() as session:
        login_id = make_login(session).id
    astray = update(Login).values(merged_into=login_id + 1000)
    with pytest.raises(IntegrityError), database.transaction() as session:
        session.execute(astray)


def test_ids_made_in_bulk_are_valid_and_unique() -> None:
    ids = new_public_ids(5_000)
    assert len(set(ids)) == 5_000
    assert all(re.fullmatch(r"[0-7][0-9a-hjkmnp-tv-z]{25}", one) for one in ids)


def test_deadlock_of_a_statement_sent_to_the_driver_is_a_conflict(
    database: Database,
) -> None:
    with pytest.raises(Conflict), database.transaction():
        raise DeadlockDetected


def test_sqlite_commits_wait_for_the_disk_except_passing_and_driver_ones(
    database: Database,
) -> None:
    if not database.is_sqlite:
        pytest.skip("PostgreSQL does so by itself")
    kept: list[int] = []
    for in_passing in (False, True):
        with database.transaction(in_passing=in_passing) as session:
            kept.append(session.execute(text("PRAGMA synchronous")).scalar_one())
        with database.driver() as driver:
            driver.cursor.execute("PRAGMA synchronous")
            kept += driver.cursor.fetchone() or ()
    full, normal = 2, 1
    assert kept == [full, normal, normal, normal]


def test_failure_in_the_driver_is_rolled_back_and_does_not_affect_later_work(
    database: Database,
) -> None:
    with database.transaction() as session:
        make_login(session, "a@example.org", name="Before")
    renaming = CompiledStatement(update(Login.__table__).values(name=bindparam("said")))

    def rename_and_fail() -> None:
        with database.driver() as driver:
            if not database.is_sqlite:  # in PostgreSQL, each statement is its own transaction
                raise RuntimeError
            assert renaming.count(driver, {"said": "After"}) == 1
            raise RuntimeError

    with pytest.raises(RuntimeError):
        rename_and_fail()
    with database.read_session() as session:
        assert session.scalars(select(Login.name)).all() == ["Before"]
    with database.driver() as driver:
        assert renaming.count(driver, {"said": "After"}) == 1
    with database.reading_driver() as driver:
        names = CompiledStatement(select(Login.__table__.c.name)).all(driver, {})
    assert names == [("After",)]


def _end_other_connections(database: Database) -> None:
    """End all other connections to a database, as a restart of its server does."""
    ending = create_engine(database.url, isolation_level="AUTOCOMMIT")
    others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    with ending.connect() as connection:
        connection.execute(text(f"SELECT pg_terminate_backend(pid) {others}"))
    ending.dispose()


def test_idle_connection_is_replaced_after_the_server_restarted(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    if database.is_sqlite:
        pytest.skip("SQLite has no server")
    with database.read_session() as session:
        was = session.scalar(text("SELECT pg_backend_pid()"))
    _end_other_connections(database)
    monkeypatch.setattr("lms.core.database.RESTED_S", 0.0)
    with database.read_session() as session:
        assert session.scalar(text("SELECT pg_backend_pid()")) != was


def test_broken_connection_is_not_reused(database: Database) -> None:
    if database.is_sqlite:
        pytest.skip("SQLite has no server")
    one = CompiledStatement(select(func.count()).select_from(Login.__table__))

    def asked() -> object:
        with database.reading_driver() as driver:
            return one.one(driver, {})

    assert asked() == (0,)
    _end_other_connections(database)
    with pytest.raises(database.driver_fault):
        asked()
    assert asked() == (0,)


def test_waiting_writer_gets_a_turn_between_many_transactions(database: Database) -> None:
    wrote_after: list[int] = []
    rounds = 30

    def write_once() -> None:
        with database.transaction() as session:
            make_login(session, "waited@example.org")
        wrote_after.append(done)

    waiting = Thread(target=write_once)
    for done in range(rounds):
        with database.transaction() as session:
            make_login(session)
            if done == 0:
                waiting.start()
            time.sleep(0.05)
        database.let_others_write()
    waiting.join()
    assert wrote_after[0] < rounds - 1


def test_sqlite_writers_queue_before_they_begin_a_transaction(
    database: Database,
) -> None:
    if not database.is_sqlite:
        pytest.skip("PostgreSQL has a queue of its own for each row")
    begun: list[int] = []
    wrote: list[str] = []

    def note(_connection: object, _cursor: object, sent: str, *_more: object) -> None:
        if sent.startswith("BEGIN"):
            begun.append(get_ident())

    def write_by_a_session() -> None:
        with database.transaction() as session:
            wrote.append(make_login(session, "second@example.org").name)

    def write_by_the_driver() -> None:
        with database.driver() as driver:
            driver.cursor.execute("UPDATE login SET name = 'Third'")
            wrote.append("Third")

    others = [Thread(target=write_by_a_session), Thread(target=write_by_the_driver)]
    event.listen(database.engine, "before_cursor_execute", note)
    with database.transaction() as session:
        make_login(session)
        for other in others:
            other.start()
        time.sleep(0.3)
        assert (begun, wrote) == ([get_ident()], [])
    for other in others:
        other.join()
    event.remove(database.engine, "before_cursor_execute", note)
    assert len(wrote) == len(others)


def test_writer_without_a_turn_gets_an_overrun_and_can_retry(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not database.is_sqlite:
        pytest.skip("PostgreSQL has a queue of its own for each row")
    faults: list[Exception] = []

    def write() -> None:
        try:
            with database.transaction() as session:
                make_login(session, "another@example.org")
        except Exception as fault:  # noqa: BLE001  (its type is checked below)
            faults.append(fault)

    with monkeypatch.context() as impatient, database.transaction():
        impatient.setattr("lms.core.database.BUSY_TIMEOUT_MS", 20)
        refused = Thread(target=write)
        refused.start()
        refused.join()
    assert [is_overrun(fault) for fault in faults] == [True]
    write()
    assert len(faults) == 1


def test_full_disk_is_distinguished_from_a_bug(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "full.db")) as connection:
        connection.execute("CREATE TABLE x (y BLOB)")
        connection.execute("PRAGMA max_page_count = 3")
        with pytest.raises(sqlite3.OperationalError) as full:
            connection.execute("INSERT INTO x VALUES (zeroblob(100000))")
    assert is_cut_off(full.value)
