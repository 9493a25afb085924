"""Statements compiled once and run on the driver itself, for the one path where microseconds count.

A beat comes every 15 seconds from everybody who watches. What SQLAlchemy does around a statement
costs twenty times what the database does for it; its words and its types are used all the same.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Dialect
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import Executable

Convert = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Driver:
    """A cursor of the driver, inside a transaction, and the dialect it speaks."""

    cursor: DBAPICursor
    dialect: Dialect

    @classmethod
    def of(cls, session: Session) -> "Driver":
        """Return a cursor inside a session's own transaction."""
        session.flush()
        connection = session.connection()
        return cls(connection.connection.cursor(), connection.dialect)


@dataclass(frozen=True, slots=True)
class _Given:
    """A parameter: how its value is made what the driver takes, and where it stands."""

    name: str
    convert: Convert | None
    places: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Compiled:
    """The text of a statement, the parameters that are always the same, and those that are given."""

    text: str
    fixed: Mapping[str, Any]
    row: Sequence[Any] | None
    given: Sequence[_Given]

    def filled(self, values: Mapping[str, Any]) -> Sequence[Any] | Mapping[str, Any]:
        """Return what the driver wants beside the text: a row, or parameters by name."""
        if self.row is None:
            return {**self.fixed, **{each.name: _made(each, values) for each in self.given}}
        row = list(self.row)
        for each in self.given:
            value = _made(each, values)
            for place in each.places:
                row[place] = value
        return row


def _made(given: _Given, values: Mapping[str, Any]) -> object:
    value = values[given.name]
    return value if given.convert is None else given.convert(value)


class Lean:
    """A Core statement, compiled once a dialect; what varies in it is a `bindparam` of a plain value."""

    def __init__(self, statement: Executable) -> None:
        self._statement: Final = statement
        self._compiled: dict[str, _Compiled] = {}
        self._readers: dict[str, tuple[Convert | None, ...]] = {}

    def one(self, driver: Driver, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """Run it and return its only row, or None."""
        self._run(driver, values)
        row = driver.cursor.fetchone()
        return None if row is None else self._read(driver, row)

    def all(self, driver: Driver, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Run it and return its rows."""
        self._run(driver, values)
        return [self._read(driver, row) for row in driver.cursor.fetchall()]

    def count(self, driver: Driver, values: Mapping[str, Any]) -> int:
        """Run it and return how many rows it changed."""
        self._run(driver, values)
        return driver.cursor.rowcount

    def _run(self, driver: Driver, values: Mapping[str, Any]) -> None:
        compiled = self._compiled.get(driver.dialect.name)
        if compiled is None:
            compiled = self._compiled[driver.dialect.name] = _compile(
                self._statement, driver.dialect
            )
        driver.cursor.execute(compiled.text, compiled.filled(values))

    def _read(self, driver: Driver, row: Sequence[Any]) -> tuple[Any, ...]:
        readers = self._readers.get(driver.dialect.name)
        if readers is None:
            readers = self._readers[driver.dialect.name] = _readers(self._statement, driver)
        return tuple(
            value if read is None or value is None else read(value)
            for read, value in zip(readers, row, strict=True)
        )


def _compile(statement: Any, dialect: Dialect) -> _Compiled:  # noqa: ANN401  (select, update: no type has both)
    made: SQLCompiler = statement.compile(dialect=dialect)
    order = list(made.positiontup or ())
    fixed: dict[str, Any] = {}
    given: list[_Given] = []
    for name, bind in made.binds.items():
        convert = bind.type.dialect_impl(dialect).bind_processor(dialect)
        if bind.required:
            places = tuple(at for at, other in enumerate(order) if other == name)
            given.append(_Given(name, convert, places))
        else:
            value = bind.effective_value
            fixed[name] = value if convert is None else convert(value)
    row = [fixed.get(name) for name in order] if made.positional else None
    return _Compiled(str(made), fixed, row, given)


def _readers(statement: Any, driver: Driver) -> tuple[Convert | None, ...]:  # noqa: ANN401
    # How a value is read depends on the type that the driver says it has.
    described = driver.cursor.description or ()
    return tuple(
        column.type.dialect_impl(driver.dialect).result_processor(driver.dialect, about[1])
        for column, about in zip(statement.exported_columns, described, strict=True)
    )
