"""The row copy: all rows of one database into another, on either engine, compared by checksums.

Values are copied as stored: JSON as text and enums as their values, without a conversion through
Python objects.
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
from lms.core.errors import Conflict
from lms.core.model_base import Base

BATCH: Final = 2_000
CHECKSUM_BYTES: Final = 16
KEYS: Final = (
    "SELECT conrelid::regclass::text AS owner, conname AS name, pg_get_constraintdef(oid) AS rule "
    "FROM pg_constraint WHERE contype = 'f' AND connamespace = current_schema()::regnamespace"
)


@dataclass(frozen=True, slots=True)
class TableSum:
    """The number of rows of a table, and a checksum that doesn't depend on their order."""

    rows: int
    checksum: str


@dataclass(frozen=True, slots=True)
class TableRows:
    """A table and the number of its rows copied so far, to show progress."""

    table: str
    rows: int


Tell = Callable[[TableRows], None]


class SumsDiffer(Conflict):
    """Some tables of the copy differ from the original."""

    code = "sums_differ"

    def __init__(self, tables: Sequence[str]) -> None:
        super().__init__(
            f"The copy differs from the original in {', '.join(tables)}, so nothing was copied. Check "
            "the memory and disks of both machines, then run this again."
        )
        self.tables = tuple(tables)


def tables() -> tuple[Table, ...]:
    """Return all tables of the product, each after those it refers to."""
    return tuple(Base.metadata.sorted_tables)


def row_counts(session: Session) -> Mapping[str, int]:
    """Return the number of rows of each table."""
    return {
        table.name: session.execute(select(func.count()).select_from(table)).scalar_one()
        for table in tables()
    }


def has_rows(session: Session) -> bool:
    """Return whether any table has a row."""
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
    """Copy all rows into a database with empty tables, read them back, and return the sums.

    The caller commits. Foreign keys are checked once all rows are there; sequences continue after
    the last IDs. Raises SumsDiffer if the rows read back differ.
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
    """Sums up the hashes of rows, independent of their order."""

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
    """Return a table whose JSON columns are text and whose enums are strings."""
    columns = [Column(column.name, _stored_type(column)) for column in table.columns]
    return Table(table.name, MetaData(), *columns)


def _stored_type(column: Column[Any]) -> Any:  # noqa: ANN401  (a type of SQLAlchemy)
    if isinstance(column.type, JSON):
        return Text()
    return String() if isinstance(column.type, Enum) else column.type


def _without_keys(connection: Connection) -> Sequence[Any]:
    """Defer the checks of foreign keys until all rows are there; return the keys to recreate."""
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
    """Set PostgreSQL's sequences to continue after the last ID of each table."""
    if connection.dialect.name == "sqlite":
        return
    for table in tables():
        key = table.autoincrement_column
        if key is None or not isinstance(key.type, Integer):
            continue
        sequence = func.pg_get_serial_sequence(table.name, key.name)
        last = select(func.max(key)).scalar_subquery()
        connection.execute(select(func.setval(sequence, last)).where(last.is_not(None)))
