"""The databases of a test run: prepared once, then copied, on SQLite or on PostgreSQL."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

from lms.core.database import Database
from lms.core.model_base import Base
from lms.migrations import upgrade
from tests.servers.postgres import Postgres, postgres

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
    """Delete every row of every table, in whatever order they refer to each other."""
    connection = database.engine.raw_connection()
    try:
        cursor = connection.cursor()
        if database.is_sqlite:
            # what guards the audit trail is taken off and put on again
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE name LIKE 'audit_entry_is_%'")
            guards = cursor.fetchall()
            before, after = ["PRAGMA foreign_keys = OFF"], ["PRAGMA foreign_keys = ON"]
            deletions = [
                *(f"DROP TRIGGER {name}" for name, _ in guards),
                *_deletions(),
                *(sql for _, sql in guards),
            ]
            run = cursor.executescript
        else:  # in the role of a replica, foreign keys are not checked and triggers do not fire
            before = ["SET session_replication_role = replica"]
            after = ["RESET session_replication_role"]
            deletions, run = _deletions(), cursor.execute
        run(";\n".join((*before, "BEGIN", *deletions, "COMMIT", *after)))
        connection.commit()
        cursor.close()
    finally:
        connection.close()
    if database.is_sqlite:
        database.dispose()  # no connection outlives the guards it knew: the next test opens its own


@cache
def _deletions() -> list[str]:
    tables = [str(table.delete()) for table in Base.metadata.tables.values()]
    return [*tables, "DELETE FROM login_search"]  # which triggers keep, and no model
