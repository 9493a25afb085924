"""Statements compiled once and run on the driver itself, for the one path where microseconds count.

A beat comes every 15 seconds from everybody who watches. What SQLAlchemy does around a statement
costs twenty times what the database does for it; its words and its types are used all the same.
"""

from collections.abc import Callable, Mapping
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
class _Compiled:
    text: str
    names: tuple[str, ...]
    fixed: Mapping[str, Any]
    binders: Mapping[str, Convert]
    is_positional: bool


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
        if row is None:
            return None
        readers = self._readers.get(driver.dialect.name)
        if readers is None:
            readers = self._readers[driver.dialect.name] = _readers(self._statement, driver)
        return tuple(
            value if read is None or value is None else read(value)
            for read, value in zip(readers, row, strict=True)
        )

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
        binders = compiled.binders
        given = {**compiled.fixed}
        for name, value in values.items():
            given[name] = binders[name](value) if name in binders else value
        if compiled.is_positional:
            driver.cursor.execute(compiled.text, tuple(given[name] for name in compiled.names))
        else:
            driver.cursor.execute(compiled.text, given)


def _compile(statement: Any, dialect: Dialect) -> _Compiled:  # noqa: ANN401  (select, update: no type has both)
    made: SQLCompiler = statement.compile(dialect=dialect)
    binders, fixed = {}, {}
    for name, bind in made.binds.items():
        convert = bind.type.dialect_impl(dialect).bind_processor(dialect)
        if convert is not None:
            binders[name] = convert
        if not bind.required:
            fixed[name] = bind.effective_value if convert is None else convert(bind.effective_value)
    return _Compiled(
        text=str(made),
        names=tuple(made.positiontup or ()),
        fixed=fixed,
        binders=binders,
        is_positional=bool(made.positional),
    )


def _readers(statement: Any, driver: Driver) -> tuple[Convert | None, ...]:  # noqa: ANN401
    # How a value is read depends on the type that the driver says it has.
    described = driver.cursor.description or ()
    return tuple(
        column.type.dialect_impl(driver.dialect).result_processor(driver.dialect, about[1])
        for column, about in zip(statement.exported_columns, described, strict=True)
    )
