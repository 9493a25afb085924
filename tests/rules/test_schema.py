"""The tables: every constraint has a name that says what it holds, and each one fires."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import (
    CheckConstraint,
    Column,
    Connection,
    Constraint,
    Enum,
    ForeignKeyConstraint,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
    literal,
    null,
)
from sqlalchemy.exc import IntegrityError

from lms.core.database import Database
from lms.core.model_base import Base
from tests.rules.constraint_violations import BESIDE, CHECKS, UNKNOWN
from tests.rules.valid_rows import put, value_for

TABLES = list(Base.metadata.tables.values())
PREFIXES = {
    PrimaryKeyConstraint: "pk",
    ForeignKeyConstraint: "fk",
    UniqueConstraint: "uq",
    CheckConstraint: "ck",
}
LONGEST_NAME = 63  # PostgreSQL cuts what is longer, without a word
NOBODY = -1


def _all(kind: type) -> list[Any]:
    found = [one for table in TABLES for one in table.constraints if isinstance(one, kind)]
    return sorted(found, key=lambda one: str(one.name))


def _name(one: Any) -> str:
    return str(getattr(one, "name", one))


def _prefix(one: Constraint) -> str:
    return next(prefix for kind, prefix in PREFIXES.items() if isinstance(one, kind))


FOREIGN_KEYS = _all(ForeignKeyConstraint)
UNIQUES = [
    *_all(UniqueConstraint),
    *sorted(
        (index for table in TABLES for index in table.indexes if index.unique),
        key=lambda index: str(index.name),
    ),
]
CHECKED_WORDS = {
    f"ck_{table.name}_{column.type.name}": column
    for table in TABLES
    for column in table.columns
    if isinstance(column.type, Enum)
}
REQUIRED = [
    column
    for table in TABLES
    for column in table.columns
    if not column.nullable and not column.primary_key
]


@pytest.fixture
def connection(_one_database: Database) -> Iterator[Connection]:
    with _one_database.engine.connect() as opened:  # nothing is committed, so nothing to wipe
        yield opened


@pytest.mark.parametrize("table", TABLES, ids=_name)
def test_every_constraint_is_named_after_its_kind_and_its_table(table: Table) -> None:
    for one in table.constraints:
        prefix = f"{_prefix(one)}_{table.name}"
        assert str(one.name).startswith(prefix)
        assert len(str(one.name)) <= LONGEST_NAME


@pytest.mark.parametrize("table", TABLES, ids=_name)
def test_every_index_is_named_after_its_table(table: Table) -> None:
    for index in table.indexes:
        assert str(index.name).startswith(f"{'uq' if index.unique else 'ix'}_{table.name}")


@pytest.mark.parametrize("key", FOREIGN_KEYS, ids=_name)
def test_every_foreign_key_says_what_a_deletion_does(key: ForeignKeyConstraint) -> None:
    assert key.ondelete in ("CASCADE", "RESTRICT", "SET NULL")


def test_every_check_has_values_that_break_it() -> None:
    named = {str(one.name) for one in _all(CheckConstraint)}
    assert named == {*CHECKS, *CHECKED_WORDS}


@pytest.mark.parametrize("check", _all(CheckConstraint), ids=_name)
def test_a_check_fires(connection: Connection, check: CheckConstraint) -> None:
    name = str(check.name)
    assert isinstance(check.table, Table)
    broken = CHECKS.get(name) or {CHECKED_WORDS[name].key: literal(UNKNOWN, String)}
    with pytest.raises(IntegrityError, match=name):
        put(connection, check.table.name, **BESIDE.get(name, {}), **broken)


@pytest.mark.parametrize("unique", UNIQUES, ids=_name)
def test_what_is_unique_is_not_stored_twice(connection: Connection, unique: Any) -> None:
    table, beside = unique.table.name, BESIDE.get(unique.name, {})
    same = {
        column.key: value_for(connection, column)
        for column in unique.columns
        if column.key not in beside
    }
    put(connection, table, **beside, **same)
    with pytest.raises(IntegrityError, match=r"(?i)unique"):
        put(connection, table, **beside, **same)


@pytest.mark.parametrize("key", FOREIGN_KEYS, ids=_name)
def test_a_reference_to_nothing_is_refused(
    connection: Connection, key: ForeignKeyConstraint
) -> None:
    nobody = {column.key: NOBODY for column in key.columns}
    with pytest.raises(IntegrityError, match=r"(?i)foreign key"):
        put(connection, key.table.name, **BESIDE.get(str(key.name), {}), **nobody)


@pytest.mark.parametrize("column", REQUIRED, ids=str)
def test_what_is_required_is_not_left_out(connection: Connection, column: Column[Any]) -> None:
    with pytest.raises(IntegrityError, match=r"(?i)not.null"):
        put(connection, column.table.name, **{column.key: null()})
