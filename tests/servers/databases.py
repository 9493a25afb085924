"""The databases of a test run: prepared once, then copied, on SQLite or on PostgreSQL."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol, TypeVar, cast

from sqlalchemy.orm import Session

from lms.core.database import Database
from lms.core.model_base import Base
from lms.migrations import upgrade
from tests.servers.postgres import Postgres, postgres

T = TypeVar("T")

CHOICE = "CARREL_TEST_DATABASE"
PREPARED = "carrel_prepared"
# Memory that has an address among the files: a commit there waits for no disk.
MEMORY = Path("/dev/shm")  # noqa: S108  (a directory of our own is made in it)
ROOM_BYTES = 2 << 30


class Databases(Protocol):
    """Makes databases for tests; `place` names it to another process of the same run."""

    @property
    def place(self) -> Path: ...

    def empty(self, name: str) -> str:
        """Make a database without tables and return its address."""
        ...

    def prepared(self, name: str) -> str:
        """Make a database with every table, as a house begins with, and return its address."""
        ...

    def drop(self, name: str) -> None:
        """Remove a database."""
        ...

    def names(self) -> list[str]:
        """Return the names of all databases of this run."""
        ...


@dataclass(frozen=True, slots=True)
class SqliteDatabases:
    """Files beside each other."""

    place: Path

    def empty(self, name: str) -> str:
        return f"sqlite:///{self._file(name)}"

    def prepared(self, name: str) -> str:
        shutil.copyfile(self._file(PREPARED), self._file(name))
        return self.empty(name)

    def drop(self, name: str) -> None:
        for end in ("", "-wal", "-shm"):
            Path(f"{self._file(name)}{end}").unlink(missing_ok=True)

    def names(self) -> list[str]:
        return [file.stem for file in self.place.glob("*.sqlite3")]

    def _file(self, name: str) -> Path:
        return self.place / f"{name}.sqlite3"


@dataclass(frozen=True, slots=True)
class PostgresDatabases:
    """Databases of one server."""

    place: Path

    def empty(self, name: str) -> str:
        return Postgres(self.place).create(name)

    def prepared(self, name: str) -> str:
        return Postgres(self.place).create(name, template=PREPARED)

    def drop(self, name: str) -> None:
        Postgres(self.place).drop(name)

    def names(self) -> list[str]:
        return Postgres(self.place).names()


def on_postgresql() -> bool:
    """Tell whether this run is about PostgreSQL; SQLite is the default."""
    chosen = os.environ.get(CHOICE, "sqlite")
    if chosen not in ("sqlite", "postgresql"):
        raise ValueError(f"{CHOICE} is sqlite or postgresql, not {chosen}")
    return chosen == "postgresql"


def databases_at(place: Path) -> Databases:
    """Return the databases that another process of this run prepared."""
    return PostgresDatabases(place) if on_postgresql() else SqliteDatabases(place)


@contextmanager
def databases() -> Iterator[Databases]:
    """Prepare the databases of a run, and remove them when the block is left."""
    with _place() as place:
        made = databases_at(place)
        database = Database(made.empty(PREPARED))
        upgrade(database)
        database.dispose()
        yield made


@contextmanager
def _place() -> Iterator[Path]:
    if on_postgresql():
        with postgres() as server:
            yield server.directory
    else:
        with tempfile.TemporaryDirectory(prefix="carrel-sqlite-", dir=_in_memory()) as directory:
            yield Path(directory)


def _in_memory() -> Path | None:
    """Return where SQLite's files are in memory; None where there is no such place or little room."""
    if not os.access(MEMORY, os.W_OK) or shutil.disk_usage(MEMORY).free < ROOM_BYTES:
        return None
    return MEMORY


def wipe(database: Database) -> None:
    """Leave a database as it was prepared: every table, and no row."""
    if database.is_sqlite:
        file = _file_of(database)
        _replace(database, file.with_stem(PREPARED))
        _wiped[file] = file.stat().st_mtime_ns
        return
    connection = database.engine.raw_connection()
    try:
        cursor = connection.cursor()
        # in the role of a replica, foreign keys are not checked and triggers do not fire
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(";\n".join(("BEGIN", *_deletions(), "COMMIT")))
        cursor.execute("RESET session_replication_role")
        connection.commit()
        cursor.close()
    finally:
        connection.close()


def fill(database: Database, name: str, write: Callable[[Session], T]) -> T:
    """Let `write` add what many tests begin with; returns what it returns.

    On SQLite that is written once in a process, and copied from then on into a database without rows.
    """
    is_empty = database.is_sqlite and _is_as_wiped(_file_of(database))
    if is_empty and name in _filled:
        _replace(database, _file_of(database).with_suffix(f".{name}"))
        return cast("T", _filled[name])
    with database.transaction() as session:
        found = write(session)
    if is_empty:
        database.dispose()
        shutil.copyfile(_file_of(database), _file_of(database).with_suffix(f".{name}"))
        _filled[name] = found
    return found


_wiped: dict[Path, int] = {}  # when each file was made as it is without rows
_filled: dict[str, object] = {}


def _file_of(database: Database) -> Path:
    return Path(str(database.engine.url.database))


def _is_as_wiped(file: Path) -> bool:
    log = Path(f"{file}-wal")
    is_written = log.exists() and log.stat().st_size > 0
    return not is_written and file.stat().st_mtime_ns == _wiped.get(file)


def _replace(database: Database, source: Path) -> None:
    """Put a copy of another file of SQLite in the place of a database's."""
    database.dispose()
    file = _file_of(database)
    for end in ("", "-wal", "-shm"):
        Path(f"{file}{end}").unlink(missing_ok=True)
    shutil.copyfile(source, file)


@cache
def _deletions() -> list[str]:
    tables = [str(table.delete()) for table in Base.metadata.tables.values()]
    return [*tables, "DELETE FROM login_search"]  # which triggers keep, and no model
