"""Rows that many tests start with: made once on SQLite, and added to the rows already there."""

from functools import partial

import pytest
from sqlalchemy import select, text

from lms.core.database import Database
from lms.models.accounts import Login
from tests.factories import make_login
from tests.servers.databases import kept, on_postgresql, wipe


def add(database: Database, made: list[str], name: str) -> str:
    with database.transaction() as session:
        made.append(name)
        return str(make_login(session, f"{name}@example.org").email)


def emails(database: Database) -> list[str | None]:
    with database.read_session() as session:
        return list(session.scalars(select(Login.email).order_by(Login.id)))


def test_rows_are_made_once_and_copied_into_a_database_without_rows(database: Database) -> None:
    made: list[str] = []
    wipe(database)  # the first test of a process finds an unused database
    for _ in range(2):
        assert kept(database, "kept rows, ann", partial(add, database, made, "ann")) == (
            "ann@example.org"
        )
        assert kept(database, "bea", partial(add, database, made, "bea")) == "bea@example.org"
        assert emails(database) == ["ann@example.org", "bea@example.org"]
        wipe(database)
        assert emails(database) == []
    assert made == (["ann", "bea"] if database.is_sqlite else ["ann", "bea"] * 2)


def test_rows_are_made_again_next_to_other_rows(database: Database) -> None:
    made: list[str] = []
    for first in ("cal", "dot"):
        add(database, [], first)
        kept(database, "kept rows, eve", partial(add, database, made, "eve"))
        assert emails(database) == [f"{first}@example.org", "eve@example.org"]
        wipe(database)
    assert made == ["eve", "eve"]


@pytest.mark.skipif(not on_postgresql(), reason="SQLite copies a file without statistics")
def test_wiped_database_has_no_statistics(database: Database) -> None:
    with database.transaction() as session:
        for at in range(300):
            make_login(session, f"reader-{at}@example.org")
    with database.transaction() as session:
        session.execute(text("DELETE FROM login"))
        session.execute(text("ANALYZE"))  # PostgreSQL now expects no rows on many pages
    wipe(database)
    with database.transaction() as session:
        known = text(
            "SELECT count(*) FROM pg_class WHERE relnamespace = current_schema()::regnamespace"
            " AND relkind = 'r' AND reltuples >= 0"  # also for tables that never had a row
        )
        assert session.scalar(known) == 0
        assert session.scalar(text("SELECT count(*) FROM pg_stats WHERE tablename = 'login'")) == 0
