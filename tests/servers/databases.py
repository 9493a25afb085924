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
WIPED = "wiped"
# Statistics from ANALYZE: without them, PostgreSQL expects one row where there are hundreds.
FORGET = (
    "DELETE FROM pg_statistic USING pg_class"
    " WHERE starelid = pg_class.oid AND relnamespace = current_schema()::regnamespace",
    "UPDATE pg_class SET relpages = 0, reltuples = -1"
    " WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND reltuples >= 0",
)
# Memory with a path in the file system: a commit there waits for no disk.
MEMORY = Path("/dev/shm")  # noqa: S108  (we create our own directory in it)
ROOM_BYTES = 2 << 30


class Databases(Protocol):
    """Makes databases for tests; `place` names it to another process of the same run."""

    @property
    def place(self) -> Path: ...

    def empty(self, name: str) -> str:
        """Create a database without tables and return its address."""
        ...

    def prepared(self, name: str) -> str:
        """Create a database with every table, as in a new installation, and return its address."""
        ...

    def drop(self, name: str) -> None:
        """Remove a database."""
        ...

    def names(self) -> list[str]:
        """Return the names of all databases of this run."""
        ...


@dataclass(frozen=True, slots=True)
class SqliteDatabases:
    """Files next to each other."""

    place: Path

    def empty(self, name: str) -> str:
        self._file(name).touch()
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
    """Return whether this run uses PostgreSQL; SQLite is the default."""
    chosen = os.environ.get(CHOICE, "sqlite")
    if chosen not in ("sqlite", "postgresql"):
        raise ValueError(f"{CHOICE} is sqlite or postgresql, not {chosen}")
    return chosen == "postgresql"


def databases_at(place: Path) -> Databases:
    """Return the databases that another process of this run prepared."""
    return PostgresDatabases(place) if on_postgresql() else SqliteDatabases(place)


@contextmanager
def databases() -> Iterator[Databases]:
    """Prepare the databases of a run, and remove them when the block ends."""
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
    """Return the in-memory directory for SQLite's files, or None without one or enough space."""
    if not os.access(MEMORY, os.W_OK) or shutil.disk_usage(MEMORY).free < ROOM_BYTES:
        return None
    return MEMORY


def wipe(database: Database) -> None:
    """Restore a database to its prepared state: every table, and no rows."""
    if database.is_sqlite:
        _replace(database, _file_of(database).with_stem(PREPARED), WIPED)
        return
    connection = database.engine.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute(_which_have_rows())
        deletions = [f'DELETE FROM "{table}"' for (table,) in cursor.fetchall()]  # noqa: S608  (our own tables)
        # with the replica role, foreign keys are not checked and triggers don't fire
        begin = "SET LOCAL session_replication_role = replica"
        cursor.execute(";\n".join((begin, *deletions, *FORGET)))
        connection.commit()
        cursor.close()
    finally:
        connection.close()


def fill(database: Database, name: str, write: Callable[[Session], T]) -> T:
    """Let `write` add what many tests start with, through `kept`; returns what it returns."""

    def filled() -> T:
        with database.transaction() as session:
            return write(session)

    return kept(database, name, filled)


def kept(database: Database, name: str, make: Callable[[], T]) -> T:
    """Let `make` add what many tests start with; returns what it returns.

    On SQLite it runs once per process; later calls copy its result into a database without rows, or
    with only what the same names have added before.
    """
    is_known = database.is_sqlite and _is_as_left(_file_of(database))
    if not is_known:
        return make()
    file = _file_of(database)
    now_there = f"{_left[file][1]}.{name}"
    copy = file.with_suffix(f".{now_there}")
    if now_there in _made:
        _replace(database, copy, now_there)
        return cast("T", _made[now_there])
    found = make()
    database.dispose()
    shutil.copyfile(file, copy)
    _left[file] = file.stat().st_mtime_ns, now_there
    _made[now_there] = found
    return found


_left: dict[Path, tuple[int, str]] = {}  # when each file was last written, and what it contains
_made: dict[str, object] = {}


def _file_of(database: Database) -> Path:
    return Path(str(database.engine.url.database))


def _is_as_left(file: Path) -> bool:
    log = Path(f"{file}-wal")
    is_written = log.exists() and log.stat().st_size > 0
    return not is_written and file in _left and file.stat().st_mtime_ns == _left[file][0]


def _replace(database: Database, source: Path, holding: str) -> None:
    """Replace a database's SQLite file by a copy of another."""
    database.dispose()
    file = _file_of(database)
    for end in ("", "-wal", "-shm"):
        Path(f"{file}{end}").unlink(missing_ok=True)
    shutil.copyfile(source, file)
    _left[file] = file.stat().st_mtime_ns, holding


@cache
def _which_have_rows() -> str:
    """Return a query for tables with rows: deleting from all 150 takes far longer."""
    tables = [*Base.metadata.tables, "login_search"]  # maintained by triggers, without a model
    return " UNION ALL ".join(
        f"SELECT '{table}' WHERE EXISTS (SELECT FROM \"{table}\")"  # noqa: S608  (as above)
        for table in tables
    )
