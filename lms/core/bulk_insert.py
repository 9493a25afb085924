"""Bulk insert: many rows into one table, by executemany on SQLite or COPY on PostgreSQL.

PostgreSQL's driver reads an INSERT of thousands of values mark by mark; COPY spares it that.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Dialect, Table, insert, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from lms.core.database import AT_ONCE
from lms.core.errors import Conflict
from lms.core.model_base import Base

WORTH_COUNTING: Final = 200


def write_rows(session: Session, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, which all give the same columns; what they don't give has its default, or is NULL.

    Raises Conflict, after which nothing of the transaction may be kept, when another one wrote
    the same at this moment.
    """
    if not rows:
        return
    table = model.__table__
    assert isinstance(table, Table)  # noqa: S101  (a model is of one table)
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
    """Insert one row or more, which all give the same columns."""
    if connection.dialect.name == "sqlite":
        connection.execute(insert(table), rows)
    else:
        _copy(connection.connection.driver_connection, connection.dialect, table, rows)


def count_anew(session: Session, rows: int, *models: type[Base]) -> None:
    """Let the database know what so many new rows did to the tables of these models.

    PostgreSQL plans by what it last counted, and counts by itself a minute later: until then it
    takes a list of thousands for a handful, and goes through it once for each of its rows. SQLite
    goes by its indexes.
    """
    if rows < WORTH_COUNTING or session.get_bind().dialect.name == "sqlite":
        return
    for name in sorted(model.__tablename__ for model in models):  # two never wait in a circle
        session.execute(text(f'ANALYZE "{name}"'))


def _copy(
    driver: Any,  # noqa: ANN401  (the driver's own)
    dialect: Dialect,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
) -> None:
    # executemany fills in what a model sets by default, and COPY doesn't
    defaults = {
        column.name: column.default.arg
        for column in table.c
        if column.name not in rows[0] and isinstance(column.default, ScalarElementColumnDefault)
    }
    columns = [table.c[name] for name in (*rows[0], *defaults)]
    processors = [
        column.type.dialect_impl(dialect).bind_processor(dialect) or _as_it_is for column in columns
    ]
    names = ", ".join(f'"{column.name}"' for column in columns)
    statement = f'COPY "{table.name}" ({names}) FROM STDIN'
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(
                [
                    process(row[column.name] if column.name in row else defaults[column.name])
                    for process, column in zip(processors, columns, strict=True)
                ]
            )


def _as_it_is(value: Any) -> Any:  # noqa: ANN401  (whatever a column takes)
    return value
