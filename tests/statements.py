"""Counting the SQL statements of a page."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import event

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
