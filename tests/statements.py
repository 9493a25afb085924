"""Counting the SQL statements of a page, and the rows that they read."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import event, text
from sqlalchemy.orm import Session

from lms.core.database import Database

MOST: Final = 6  # of a page that many people open at once


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """Yield a list to which each query is added, as long as the block runs."""
    seen: list[str] = []

    def note(_connection, _cursor, statement, *_rest) -> None:
        if "SELECT" in statement:
            seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def rows_read(session: Session, table: str) -> int:
    """Return how many rows of a table were read so far; a difference of two counts is what was read between.

    PostgreSQL also counts what earlier transactions of the connection read in the last second.
    """
    counted = text(
        "SELECT coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)"
        " FROM pg_stat_xact_user_tables WHERE relname = :table"
    )
    return int(session.execute(counted, {"table": table}).scalar_one())


def sqlite_plan(database: Database, statement: str) -> list[str]:
    """Return the steps by which SQLite runs a statement, whatever its values are."""
    with database.engine.connect() as connection:
        values = (None,) * statement.count("?")
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        return [str(row[-1]) for row in rows]
