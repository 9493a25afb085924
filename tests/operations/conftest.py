"""Fixtures for tests of operations: a real PostgreSQL and SQLite in every run."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from lms.core.database import Database
from lms.core.runtime import Carrel, open_carrel
from lms.core.settings import Settings
from lms.operations.backups import BackupPlace, open_backup
from tests.cast import Cast
from tests.operations.two_engines import filled_library, store_files
from tests.servers.postgres import Postgres, postgres

_numbers = count(1)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    with postgres() as server:
        yield server


@pytest.fixture
def postgresql_url(postgres_server: Postgres) -> Iterator[str]:
    """The address of a PostgreSQL database without tables."""
    name = f"operations_{next(_numbers)}"
    yield postgres_server.create(name)
    postgres_server.drop(name)


@pytest.fixture
def target(postgresql_url: str) -> Iterator[Database]:
    database = Database(postgresql_url)
    yield database
    database.dispose()


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[tuple[Database, Cast]]:
    """An SQLite library with rows in every table."""
    database, cast = filled_library(tmp_path / "carrel.sqlite3")
    yield database, cast
    database.dispose()


@pytest.fixture
def source(filled: tuple[Database, Cast]) -> Database:
    return filled[0]


@pytest.fixture
def library(tmp_path: Path, filled: tuple[Database, Cast]) -> Carrel:
    """The filled library with stored files: an original, and a recording that plays."""
    settings = Settings.from_env(
        {
            "CARREL_DATA_DIR": str(tmp_path),
            "CARREL_BACKUP": (tmp_path / "backup").as_uri(),
            "CARREL_BACKUP_PASSPHRASE": "five random words for this",
        }
    )
    made = replace(open_carrel(settings), database=filled[0])
    store_files(made, filled[1])
    return made


@pytest.fixture
def place(library: Carrel) -> BackupPlace:
    return open_backup(library.settings, str(library.settings.backup_url))
