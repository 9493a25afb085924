"""The preflight of a move: which rows of a SQLite database PostgreSQL would refuse."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Enum,
    Integer,
    String,
    Table,
    and_,
    cast,
    func,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.orm import Session

from lms.operations.row_copy import tables

LISTED_MOST: Final = 1000
INTEGER_MOST: Final = 2**31


class Unfit(StrEnum):
    """Why PostgreSQL would refuse a value."""

    TOO_LONG = "too_long"
    HAS_NUL = "has_nul"
    NOT_A_NUMBER = "not_a_number"
    OUT_OF_RANGE = "out_of_range"
    REFERS_TO_NOTHING = "refers_to_nothing"


@dataclass(frozen=True, slots=True)
class UnfitRow:
    """One row that PostgreSQL would refuse; `row` is its key."""

    table: str
    row: str
    column: str
    why: Unfit


def unfit_rows(session: Session) -> tuple[UnfitRow, ...]:
    """Return up to 1,000 rows of a SQLite database that PostgreSQL would refuse; reads only."""
    return tuple(islice(_unfit_rows(session), LISTED_MOST))


def _unfit_rows(session: Session) -> Iterator[UnfitRow]:
    for table in tables():
        for column in table.columns:
            for why, is_unfit in _faults(column):
                yield from _found(session, table, column, why, is_unfit)
    for astray in session.connection().exec_driver_sql("PRAGMA foreign_key_check"):
        name, row, referred, _number = astray
        yield UnfitRow(name, str(row), referred, Unfit.REFERS_TO_NOTHING)


def _found(
    session: Session, table: Table, column: Column[Any], why: Unfit, is_unfit: ColumnElement[bool]
) -> Iterator[UnfitRow]:
    keys = [type_coerce(key, String) for key in table.primary_key.columns]
    for row in session.execute(select(*keys).where(is_unfit).limit(LISTED_MOST)):
        yield UnfitRow(table.name, ", ".join(map(str, row)), column.name, why)


def _faults(column: Column[Any]) -> Iterator[tuple[Unfit, ColumnElement[bool]]]:
    kind, plain = column.type, type_coerce(column, String)
    if isinstance(kind, Boolean):
        return
    if isinstance(kind, Integer):
        number = type_coerce(column, BigInteger)
        yield Unfit.NOT_A_NUMBER, func.typeof(plain).not_in(("integer", "null"))
        if not isinstance(kind, BigInteger):
            is_number = func.typeof(plain) == "integer"
            over = or_(number >= INTEGER_MOST, number < -INTEGER_MOST)
            yield Unfit.OUT_OF_RANGE, and_(is_number, over)
    elif isinstance(kind, String | JSON):
        # length() stops at the first NUL
        yield Unfit.HAS_NUL, func.instr(plain, func.char(0)) > 0
        if isinstance(kind, String) and not isinstance(kind, Enum) and kind.length:
            yield Unfit.TOO_LONG, func.length(cast(column, String)) > kind.length
