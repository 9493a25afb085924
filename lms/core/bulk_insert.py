"""Inserts: many rows into one table, by executemany or COPY, and one row unless it exists.

PostgreSQL's driver parses an INSERT of thousands of values parameter by parameter; COPY avoids
that.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Select, Table, insert, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from lms.core.database import AT_ONCE
from lms.core.errors import Conflict
from lms.core.model_base import Base

WORTH_COUNTING: Final = 200
Row = TypeVar("Row", bound=Base)


def add_once(session: Session, row: Base) -> bool:
    """Insert a row and return True; False, with nothing changed, if it breaks a unique index."""
    session.flush()  # so another new row's error isn't mistaken for this one's
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        return False
    return True


def add_or_find(session: Session, row: Row, existing: Select[Row]) -> Row:
    """Insert and return a row, or return the existing one that another request inserted first."""
    return row if add_once(session, row) else session.scalars(existing).one()


def write_rows(session: Session, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all have the same columns; missing columns get their default or NULL.

    Raises Conflict if another transaction inserted the same rows at this moment; roll back then.
    """
    if not rows:
        return
    table = model.__table__
    assert isinstance(table, Table)  # noqa: S101  (a model has one table)
    connection = session.connection()
    refused: tuple[type[Exception], ...] = (
        IntegrityError,
        connection.dialect.loaded_dbapi.IntegrityError,
    )
    try:
        insert_rows(connection, table, rows)
    except refused as error:
        raise Conflict(AT_ONCE, code="at_once") from error


def insert_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert one or more rows that all have the same columns."""
    if connection.dialect.name == "sqlite":
        connection.execute(insert(table), rows)
        return
    # executemany applies a model's column defaults, and COPY doesn't
    defaults = {
        column.name: column.default.arg
        for column in table.c
        if column.name not in rows[0] and isinstance(column.default, ScalarElementColumnDefault)
    }
    columns = [table.c[name] for name in (*rows[0], *defaults)]
    dialect = connection.dialect
    processors = [
        column.type.dialect_impl(dialect).bind_processor(dialect) or _as_it_is for column in columns
    ]
    values = (
        [
            process(row[column.name] if column.name in row else defaults[column.name])
            for process, column in zip(processors, columns, strict=True)
        ]
        for row in rows
    )
    insert_values(connection, table.name, [column.name for column in columns], values)


def insert_values(
    connection: Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Insert rows whose values are already as the driver takes them, at half the cost of `insert_rows`."""
    names = ", ".join(f'"{name}"' for name in columns)
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(columns))
        statement = f'INSERT INTO "{table}" ({names}) VALUES ({marks})'  # noqa: S608  (our own names)
        connection.exec_driver_sql(statement, [tuple(row) for row in rows])
        return
    driver: Any = connection.connection.driver_connection
    with (
        driver.cursor() as cursor,
        cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copy,
    ):
        for row in rows:
            copy.write_row(row)


def count_anew(session: Session, rows: int, *models: type[Base]) -> None:
    """Update the database's statistics for the tables of these models after inserting so many rows.

    PostgreSQL's autovacuum takes a minute. Until then it plans for a handful of rows instead of
    thousands, and scans the list once per row. SQLite plans by its indexes.
    """
    if rows < WORTH_COUNTING or session.get_bind().dialect.name == "sqlite":
        return
    for name in sorted(model.__tablename__ for model in models):  # so that two never deadlock
        session.execute(text(f'ANALYZE "{name}"'))


def _as_it_is(value: Any) -> Any:  # noqa: ANN401  (whatever a column takes)
    return value
