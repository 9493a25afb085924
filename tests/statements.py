"""Counts the SQL statements of a page and the rows that they read."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import event, text
from sqlalchemy.orm import Session

from lms.core.database import Database

MOST: Final = 6  # for pages that many people open at the same time


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """Yield a list to which each query in the block is added."""
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
    """Return how many rows of a table were read so far; compare two calls to count a block.

    On PostgreSQL, this includes what earlier transactions of the connection read in the last
    second.
    """
    counted = text(
        "SELECT coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)"
        " FROM pg_stat_xact_user_tables WHERE relname = :table"
    )
    return int(session.execute(counted, {"table": table}).scalar_one())


def sqlite_plan(database: Database, statement: str) -> list[str]:
    """Return SQLite's plan for a statement, which doesn't depend on its values."""
    with database.engine.connect() as connection:
        values = (None,) * statement.count("?")
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        return [str(row[-1]) for row in rows]
