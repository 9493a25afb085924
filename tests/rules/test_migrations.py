"""The migrations produce the tables of the models, on either database."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, inspect, text

from lms.core.database import Database
from lms.core.model_base import Base
from tests.servers.databases import Databases

NAMES = sorted(Base.metadata.tables)


@pytest.fixture(scope="module")
def from_models(made_databases: Databases, worker_id: str) -> Iterator[Engine]:
    """Return the tables as the models alone would create them."""
    name = f"carrel_models_{worker_id}"
    database = Database(made_databases.empty(name))
    Base.metadata.create_all(database.engine)
    yield database.engine
    database.dispose()
    made_databases.drop(name)


# a warning about expression indexes on SQLite, which are compared by their text
@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection:sqlalchemy.exc.SAWarning")
def test_migrations_create_the_tables_of_the_models(
    from_models: Engine, database: Database
) -> None:
    for name in NAMES:
        assert _described(database.engine, name) == _described(from_models, name), name


def test_migrations_create_no_other_tables(database: Database) -> None:
    made = {name for name in inspect(database.engine).get_table_names() if not _is_index(name)}
    assert made == {*NAMES, "alembic_version"}


def _is_index(name: str) -> bool:
    # SQLite stores a full-text index in tables named after it
    return "_search" in name


def _described(engine: Engine, name: str) -> dict[str, Any]:
    see = inspect(engine)
    return {
        "columns": {column["name"]: _column(column) for column in see.get_columns(name)},
        "primary key": see.get_pk_constraint(name),
        "foreign keys": _by_name(see.get_foreign_keys(name)),
        "unique": _by_name(see.get_unique_constraints(name)),
        "checks": {one["name"]: _plain(one["sqltext"]) for one in see.get_check_constraints(name)},
        "indexes": _sqlite_indexes(engine, name)
        if engine.dialect.name == "sqlite"
        else {one["name"]: _index(one) for one in see.get_indexes(name)},
    }


def _sqlite_indexes(engine: Engine, table: str) -> dict[str, Any]:
    # SQLAlchemy doesn't reflect expression indexes there
    words = text("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = :table")
    with engine.connect() as connection:
        found = connection.execute(words, {"table": table})
        return {name: _plain(sql) for name, sql in found}


def _column(column: Any) -> tuple[str, bool, Any]:
    return str(column["type"]), column["nullable"], column["default"]


def _by_name(found: Any) -> dict[str, Any]:
    return {one["name"]: one for one in found}


def _index(index: Any) -> tuple[Any, ...]:
    options = {key: _plain(value) for key, value in index["dialect_options"].items()}
    return index["column_names"], index.get("expressions"), bool(index["unique"]), options


def _plain(described: Any) -> str:
    # a rebuilt table on SQLite has the same expression with other quotes and spaces
    return "".join(str(described).replace('"', "").split())
