"""The audit trail only grows: the database itself refuses to change or remove an entry."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from lms import audit
from lms.core.database import Database
from tests.clock import NOW
from tests.servers.databases import wipe

COUNT = text("SELECT count(*) FROM audit_entry")


def _write(database: Database) -> None:
    with database.transaction() as session:
        audit.record(session, "branding.changed", "0" * 26, actor=None, now=NOW)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET actor = NULL",
        "UPDATE audit_entry SET id = id",
        "DELETE FROM audit_entry",
    ],
)
def test_entry_cannot_be_changed_or_deleted(database: Database, statement: str) -> None:
    _write(database)
    with pytest.raises(DBAPIError, match="never"), database.transaction() as session:
        session.execute(text(statement))
    with database.read_session() as session:
        assert session.scalar(COUNT) == 1


def test_audit_trail_cannot_be_truncated(database: Database) -> None:
    if database.is_sqlite:
        pytest.skip("SQLite has no TRUNCATE")
    _write(database)
    with pytest.raises(DBAPIError, match="never"), database.transaction() as session:
        session.execute(text("TRUNCATE audit_entry"))


def test_wiping_a_test_database_keeps_the_protection(database: Database) -> None:
    _write(database)
    wipe(database)
    _write(database)
    with pytest.raises(DBAPIError, match="never"), database.transaction() as session:
        session.execute(text("DELETE FROM audit_entry"))
