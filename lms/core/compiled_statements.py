"""SQL statements compiled once per dialect, for the few measured hot paths.

A heartbeat arrives every 15 seconds from every viewer, and SQLAlchemy's overhead per statement is
twenty times the database's work. This still uses SQLAlchemy's expressions and types.
"""

from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    CompoundSelect,
    Connection,
    Dialect,
    Select,
    literal_column,
)
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.orm import Session
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import Executable
from sqlalchemy.sql.visitors import replacement_traverse

Convert = Callable[[Any], Any]
Readers = tuple[Convert | None, ...]


@dataclass(frozen=True, slots=True)
class Driver:
    """A driver's cursor inside a transaction, and its dialect."""

    cursor: DBAPICursor
    dialect: Dialect

    @classmethod
    def of(cls, session: Session) -> "Driver":
        """Return a cursor inside a session's own transaction."""
        session.flush()
        return cls.on(session.connection())

    @classmethod
    def on(cls, connection: Connection) -> "Driver":
        """Return a cursor of a SQLAlchemy connection."""
        return cls(cursor_of(connection.connection, connection.dialect), connection.dialect)


def cursor_of(connection: PoolProxiedConnection, dialect: Dialect) -> DBAPICursor:
    """Return a cursor for a `CompiledStatement`; on PostgreSQL a raw one that doesn't parse parameters.

    psycopg caches what it parsed only for queries up to 4,096 characters.
    """
    if dialect.name != "postgresql":
        return connection.cursor()
    made: DBAPICursor = dialect.loaded_dbapi.RawCursor(connection.driver_connection)
    return made


@dataclass(frozen=True, slots=True)
class _Given:
    """A parameter: its name, its conversion for the driver, and its positions."""

    name: str
    convert: Convert | None
    places: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A statement as text and as sent, and its parameters: fixed values, and those to fill in."""

    text: str
    sent: Any  # bytes on PostgreSQL, which psycopg recognizes at once
    row: Sequence[Any]
    given: Sequence[_Given]

    def filled(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """Return the parameters for the driver."""
        row = list(self.row)
        for each in self.given:
            value = _made(each, values)
            for place in each.places:
                row[place] = value
        return tuple(row)


def _made(given: _Given, values: Mapping[str, Any]) -> object:
    value = values[given.name]
    return value if given.convert is None else given.convert(value)


class CompiledStatement:
    """A Core statement compiled once per dialect; what varies in it is a `bindparam` of a plain value.

    It runs in a session's transaction, or on a driver's cursor.
    """

    def __init__(self, statement: Executable) -> None:
        self._statement: Final = statement
        self._compiled: dict[str, _Compiled] = {}
        self._readers: dict[str, Readers] = {}

    def one(self, place: Session | Driver, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """Run it and return its only row, or None."""
        driver = self._run(place, values)
        row = driver.cursor.fetchone()
        if row is None:
            return None
        return tuple(_read(self._readers_for(driver), row))

    def all(self, place: Session | Driver, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Run it and return its rows."""
        driver = self._run(place, values)
        readers = self._readers_for(driver)
        return [tuple(_read(readers, row)) for row in driver.cursor.fetchall()]

    def count(self, place: Session | Driver, values: Mapping[str, Any]) -> int:
        """Run it and return how many rows it changed."""
        return self._run(place, values).cursor.rowcount

    def _run(self, place: Session | Driver, values: Mapping[str, Any]) -> Driver:
        driver = Driver.of(place) if isinstance(place, Session) else place
        compiled = self._compiled_for(driver.dialect)
        driver.cursor.execute(compiled.sent, compiled.filled(values))
        return driver

    def _compiled_for(self, dialect: Dialect) -> _Compiled:
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            taking = _taking_numbers(dialect)
            compiled = self._compiled[dialect.name] = _compile(self._for(taking), taking)
        return compiled

    def _for(self, dialect: Dialect) -> Any:  # noqa: ANN401, ARG002  (Query overrides it)
        return self._statement

    def _readers_for(self, driver: Driver) -> Readers:
        readers = self._readers.get(driver.dialect.name)
        if readers is None:
            readers = self._readers[driver.dialect.name] = _readers(self._statement, driver)
        return readers


class Query(CompiledStatement):
    """A query run in a session; its constants are literals in its text, so that they aren't sent."""

    def __init__(self, query: Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]]) -> None:
        super().__init__(query)
        names = [str(column.key) for column in query.exported_columns]
        self._row: Final = _row_type(names)

    def rows(self, session: Session, values: Mapping[str, Any]) -> list[Any]:
        """Run it and return its rows as named tuples.

        Raises what the driver raises. Listeners of the engine are notified as for any statement.
        """
        if session.autoflush:
            session.flush()
        connection = session.connection()
        driver = Driver.on(connection)
        for listener in connection.dispatch.before_cursor_execute:
            compiled = self._compiled_for(driver.dialect)
            told = (connection, driver.cursor, compiled.text, compiled.filled(values), None)
            listener(*told, False)  # noqa: FBT003  (executemany=False; SQLAlchemy's signature)
        self._run(driver, values)
        readers = self._readers_for(driver)
        return [self._row._make(_read(readers, row)) for row in driver.cursor.fetchall()]

    def _for(self, dialect: Dialect) -> Any:  # noqa: ANN401
        def written(element: Any, **_: Any) -> Any:  # noqa: ANN401  (as SQLAlchemy passes it)
            if not isinstance(element, BindParameter) or not isinstance(element.value, str | int):
                return None
            write = element.type.dialect_impl(dialect).literal_processor(dialect)
            return write and literal_column(write(element.value), element.type)

        query: Any = self._statement
        return replacement_traverse(query, {}, written)


def _row_type(names: Sequence[str]) -> Any:  # noqa: ANN401  (namedtuple's result)
    return namedtuple("Row", names)


def _read(readers: Readers, row: Sequence[Any]) -> Iterator[Any]:
    return (
        value if read is None or value is None else read(value)
        for read, value in zip(readers, row, strict=True)
    )


def _taking_numbers(dialect: Dialect) -> Dialect:
    """Return the dialect that matches `cursor_of`: on PostgreSQL with server-side parameters ($1, $2)."""
    if not isinstance(dialect, PGDialect):
        return dialect
    return type(dialect)(paramstyle="numeric_dollar")


def _compile(statement: Any, dialect: Dialect) -> _Compiled:  # noqa: ANN401  (select, update: no type has both)
    made: SQLCompiler = statement.compile(dialect=dialect)
    order = list(made.positiontup or ())  # neither dialect uses named parameters
    fixed: dict[str, Any] = {}
    given: list[_Given] = []
    for bind, name in made.bind_names.items():
        convert = bind.type.dialect_impl(dialect).bind_processor(dialect)
        if bind.required:
            places = tuple(at for at, other in enumerate(order) if other == name)
            given.append(_Given(name, convert, places))
        else:
            value = bind.effective_value
            fixed[name] = value if convert is None else convert(value)
    text = str(made)
    sent = text.encode() if isinstance(dialect, PGDialect) else text
    return _Compiled(text, sent, [fixed.get(name) for name in order], given)


def _readers(statement: Any, driver: Driver) -> Readers:  # noqa: ANN401
    # The conversion of a value depends on the type that the driver reports.
    return tuple(
        column.type.dialect_impl(driver.dialect).result_processor(driver.dialect, about[1])
        for column, about in zip(
            statement.exported_columns, driver.cursor.description or (), strict=True
        )
    )
