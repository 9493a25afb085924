"""The row copy: every row of one database into another, on either engine, compared by checksums.

Values are copied as they are stored: JSON as its text and enums as their words, so that nothing is
read and written again by way of Python objects.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Enum,
    Integer,
    MetaData,
    Select,
    String,
    Table,
    Text,
    cast,
    func,
    select,
    text,
)
from sqlalchemy.orm import Session

from lms.core.bulk_insert import insert_rows
from lms.core.model_base import Base

BATCH: Final = 2_000
CHECKSUM_BYTES: Final = 16
KEYS: Final = (
    "SELECT conrelid::regclass::text AS owner, conname AS name, pg_get_constraintdef(oid) AS rule "
    "FROM pg_constraint WHERE contype = 'f' AND connamespace = current_schema()::regnamespace"
)


@dataclass(frozen=True, slots=True)
class TableSum:
    """How many rows a table has, and a checksum of them that doesn't depend on their order."""

    rows: int
    checksum: str


@dataclass(frozen=True, slots=True)
class TableRows:
    """A table and how many of its rows were copied so far, for showing progress."""

    table: str
    rows: int


Tell = Callable[[TableRows], None]


class SumsDiffer(Exception):
    """Some tables of the copy don't have the rows of the original."""

    def __init__(self, tables: Sequence[str]) -> None:
        super().__init__(", ".join(tables))
        self.tables = tuple(tables)


def tables() -> tuple[Table, ...]:
    """Return all tables of the product, each after those it refers to."""
    return tuple(Base.metadata.sorted_tables)


def row_counts(session: Session) -> Mapping[str, int]:
    """Return how many rows each table has."""
    return {
        table.name: session.execute(select(func.count()).select_from(table)).scalar_one()
        for table in tables()
    }


def has_rows(session: Session) -> bool:
    """Tell whether any table has a row."""
    return any(
        session.execute(select(table.primary_key.columns[0]).limit(1)).first() for table in tables()
    )


def sums_of(session: Session) -> Mapping[str, TableSum]:
    """Return the sum of every table, reading all rows of a `snapshot` or a transaction."""
    found = {}
    for table in tables():
        running = _Sum()
        for rows in _batches(session, table):
            running.add(rows)
        found[table.name] = running.total
    return found


def copy_rows(
    source: Session, target: Session, *, tell: Tell = lambda _so_far: None
) -> Mapping[str, TableSum]:
    """Copy every row into a database whose tables are empty, read it back, and return the sums.

    Nothing is committed. Foreign keys are checked when all rows are there; the numbers of new rows
    go on after the last one. Raises SumsDiffer where a row reads otherwise than it was.
    """
    connection = target.connection()
    keys = _without_keys(connection)
    copied = {}
    for table in tables():
        running, stored = _Sum(), _as_stored(table)
        for rows in _batches(source, table):
            insert_rows(connection, stored, rows)
            running.add(rows)
            tell(TableRows(table.name, running.total.rows))
        copied[table.name] = running.total
    _with_keys(connection, keys)
    _continue_numbers(connection)
    written = sums_of(target)
    differing = [name for name, total in copied.items() if written[name] != total]
    if differing:
        raise SumsDiffer(differing)
    return copied


class _Sum:
    """Adds up rows and their hashes."""

    def __init__(self) -> None:
        self._rows = self._sum = 0

    def add(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self._rows += len(rows)
        for row in rows:
            digest = hashlib.blake2b(repr(tuple(row.values())).encode(), digest_size=CHECKSUM_BYTES)
            self._sum += int.from_bytes(digest.digest())

    @property
    def total(self) -> TableSum:
        space = 1 << (8 * CHECKSUM_BYTES)
        return TableSum(self._rows, f"{self._sum % space:0{2 * CHECKSUM_BYTES}x}")


def _batches(session: Session, table: Table) -> Iterator[Sequence[Mapping[str, Any]]]:
    found = session.execute(_all_of(table), execution_options={"stream_results": True})
    rows = iter(found.mappings())
    while batch := [dict(row) for row in islice(rows, BATCH)]:
        yield batch


def _all_of(table: Table) -> Select[Any]:
    stored = _as_stored(table).c
    columns = [
        cast(stored[column.name], Text).label(column.name)
        if isinstance(column.type, JSON)
        else stored[column.name]
        for column in table.columns
    ]
    return select(*columns).order_by(*(stored[key.name] for key in table.primary_key.columns))


def _as_stored(table: Table) -> Table:
    """Return a table whose JSON is text and whose enums are words."""
    columns = [Column(column.name, _stored_type(column)) for column in table.columns]
    return Table(table.name, MetaData(), *columns)


def _stored_type(column: Column[Any]) -> Any:  # noqa: ANN401  (a type of SQLAlchemy)
    if isinstance(column.type, JSON):
        return Text()
    return String() if isinstance(column.type, Enum) else column.type


def _without_keys(connection: Connection) -> Sequence[Any]:
    """Put off checking foreign keys until all rows are there; returns what to make again."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        return ()
    keys = connection.execute(text(KEYS)).all()
    for key in keys:
        connection.exec_driver_sql(f'ALTER TABLE {key.owner} DROP CONSTRAINT "{key.name}"')
    return keys


def _with_keys(connection: Connection, keys: Sequence[Any]) -> None:
    for key in keys:
        add = f'ALTER TABLE {key.owner} ADD CONSTRAINT "{key.name}" {key.rule}'
        connection.exec_driver_sql(add)


def _continue_numbers(connection: Connection) -> None:
    """Let the next row of each table on PostgreSQL get the number after the last one."""
    if connection.dialect.name == "sqlite":
        return
    for table in tables():
        key = table.autoincrement_column
        if key is None or not isinstance(key.type, Integer):
            continue
        sequence = func.pg_get_serial_sequence(table.name, key.name)
        last = select(func.max(key)).scalar_subquery()
        connection.execute(select(func.setval(sequence, last)).where(last.is_not(None)))
