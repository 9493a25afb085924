"""The tables: every constraint has a descriptive name and takes effect."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pytest
from sqlalchemy import (
    CheckConstraint,
    Connection,
    Constraint,
    Enum,
    ForeignKeyConstraint,
    PrimaryKeyConstraint,
    String,
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
LONGEST_NAME = 63  # PostgreSQL silently truncates longer names
NOBODY = -1


def _all(kind: type) -> list[Any]:
    found = [one for table in TABLES for one in table.constraints if isinstance(one, kind)]
    return sorted(found, key=lambda one: str(one.name))


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


Case = tuple[str, str, Mapping[str, Any]]  # the rule's name, a table, and values for its row


@pytest.fixture
def connection(_one_database: Database) -> Iterator[Connection]:
    with _one_database.engine.connect() as opened:  # nothing is committed, so no wipe
        yield opened


def _not_refused(connection: Connection, says: str, cases: Iterable[Case]) -> list[str]:
    """Return the rules whose cases the database accepts, or refuses for another reason.

    `says` is a pattern for the refusal, where {} is the rule's name.
    """
    return [rule for rule, *row in cases if not _refused(connection, says.format(rule), *row)]


def _refused(connection: Connection, says: str, table: str, values: Mapping[str, Any]) -> bool:
    attempt = connection.begin()
    try:
        put(connection, table, **values)
    except IntegrityError as refusal:
        return re.search(says, str(refusal)) is not None
    else:
        return False
    finally:
        attempt.rollback()


def test_every_constraint_is_named_after_its_kind_and_its_table() -> None:
    names = [
        (str(one.name), f"{_prefix(one)}_{table.name}")
        for table in TABLES
        for one in table.constraints
    ]
    assert [name for name, prefix in names if not name.startswith(prefix)] == []
    assert [name for name, _ in names if len(name) > LONGEST_NAME] == []


def test_every_index_is_named_after_its_table() -> None:
    assert [
        index.name
        for table in TABLES
        for index in table.indexes
        if not str(index.name).startswith(f"{'uq' if index.unique else 'ix'}_{table.name}")
    ] == []


def test_every_foreign_key_declares_its_deletion_rule() -> None:
    said = ("CASCADE", "RESTRICT", "SET NULL")
    assert [key.name for key in FOREIGN_KEYS if key.ondelete not in said] == []


def test_every_check_has_values_that_break_it() -> None:
    named = {str(one.name) for one in _all(CheckConstraint)}
    assert named == {*CHECKS, *CHECKED_WORDS}


def test_every_check_fires(connection: Connection) -> None:
    def breaking(name: str) -> Mapping[str, Any]:
        broken = CHECKS.get(name) or {CHECKED_WORDS[name].key: literal(UNKNOWN, String)}
        return {**BESIDE.get(name, {}), **broken}

    checks = _all(CheckConstraint)
    cases = [(str(one.name), one.table.name, breaking(str(one.name))) for one in checks]
    assert _not_refused(connection, "{}", cases) == []


def test_unique_constraints_refuse_duplicates(connection: Connection) -> None:
    stored_twice = []
    for unique in UNIQUES:
        beside = BESIDE.get(unique.name, {})
        with connection.begin() as attempt:
            same = {
                column.key: value_for(connection, column)
                for column in unique.columns
                if column.key not in beside
            }
            put(connection, unique.table.name, **beside, **same)
            try:
                put(connection, unique.table.name, **beside, **same)
            except IntegrityError as refusal:
                refused = "unique" in str(refusal).lower()
            else:
                refused = False
            attempt.rollback()
        if not refused:
            stored_twice.append(unique.name)
    assert stored_twice == []


def test_foreign_keys_refuse_missing_rows(connection: Connection) -> None:
    def to_nothing(key: ForeignKeyConstraint) -> Mapping[str, Any]:
        return {**BESIDE.get(str(key.name), {}), **{column.key: NOBODY for column in key.columns}}

    cases = [(str(key.name), key.table.name, to_nothing(key)) for key in FOREIGN_KEYS]
    assert _not_refused(connection, "(?i)foreign key", cases) == []


def test_required_columns_refuse_null(connection: Connection) -> None:
    cases = [(str(column), column.table.name, {column.key: null()}) for column in REQUIRED]
    assert _not_refused(connection, "(?i)not.null", cases) == []
