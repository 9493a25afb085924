"""Migrations: create and upgrade the tables."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from alembic import command, op
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, make_url, text
from sqlalchemy.exc import OperationalError

from lms.core.database import Database
from lms.core.errors import Conflict

HERE = Path(__file__).resolve().parent
ADVISORY_LOCK = 0x43617272656C  # "Carrel" in ASCII: a lock ID used only by upgrades of this product
CONNECTION = "connection"
# A migration that waits for a table lock on PostgreSQL blocks everyone behind it, so it gives up
# and tries again.
LOCK_WAIT_S = 2
LOCK_PAUSE_S = 1.0
LOCK_TRIES = 60
LOCK_NOT_AVAILABLE = "55P03"
_LOCK_TIMEOUT = f"SET lock_timeout = '{LOCK_WAIT_S}s'"
_UNFINISHED = (
    "SELECT indexrelid::regclass::text FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid "
    "WHERE NOT indisvalid AND relnamespace = current_schema()::regnamespace"
)


@dataclass(frozen=True, slots=True)
class Upgrade:
    """The revisions before and after an upgrade; the same if there was nothing to do."""

    before: str | None
    after: str


def upgrade(database: Database) -> Upgrade:
    """Upgrade the tables to this version and return what was done.

    On SQLite all migrations are one transaction, on PostgreSQL each is its own. Processes can call
    it at the same time: one upgrades, and the others wait and find it done. Raises Conflict for a
    database at a revision that our migrations don't know.
    """
    with _alone(database) as connection:
        before = MigrationContext.configure(connection).get_current_revision()
        if not database.is_sqlite:
            connection.commit()  # each migration begins its own transaction
        after = head()
        if before != after:
            _require_known(before)
            _migrate(connection)
        return Upgrade(before, after)


def fits(database: Database) -> bool:
    """Return whether this version works with the tables: its own, or those of a later version.

    Revisions begin with their date. The tables of each version also work with the version before it
    (CONTRIBUTING.md, Change released tables), during an upgrade or after it is undone.
    """
    revision = current(database)
    return revision is not None and revision >= head()


def head() -> str:
    """Return the revision that this version of the code needs."""
    return _head(HERE)


@cache  # alembic compiles every migration to answer, at each scrape and check of readiness
def _head(folder: Path) -> str:
    revision = ScriptDirectory(str(folder)).get_current_head()
    if revision is None:
        raise RuntimeError("the migrations have no head")
    return revision


def current(database: Database) -> str | None:
    """Return a database's revision, or None if it was never upgraded."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def _require_known(revision: str | None) -> None:
    scripts = ScriptDirectory.from_config(_config())
    first = scripts.get_base()
    if revision is not None and first is not None and revision < first:
        raise Conflict(
            "This database was made by a development version of Carrel, before 0.2.0. Start with an "
            "empty database.",
            code="development_revision",
        )
    if revision not in {None, *(script.revision for script in scripts.walk_revisions())}:
        raise Conflict(
            f"This database is at revision {revision}, which this version of Carrel doesn't know. "
            "Use the version that made it, or a later one.",
            code="unknown_revision",
        )


@contextmanager
def beside_writers() -> Iterator[None]:
    """Let a migration create an index or validate a CHECK on PostgreSQL while others write.

    It commits what the migration did before, so put it into a migration of its own, which can be
    killed at any moment and run again: an unfinished index is dropped first, and a finished one needs
    `if_not_exists=True`.
    """
    if op.get_bind().dialect.name == "sqlite":
        yield
        return
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")  # it waits for transactions without blocking others
        for name in op.get_bind().execute(text(_UNFINISHED)).scalars().all():
            op.execute(f"DROP INDEX CONCURRENTLY {name}")
        yield
        op.execute(_LOCK_TIMEOUT)


def _migrate(connection: Connection) -> None:
    """Run pending migrations; on PostgreSQL, retry until they get their locks."""
    tries_left = LOCK_TRIES
    while True:
        try:
            command.upgrade(_config(connection), "head")
        except OperationalError as fault:
            tries_left -= 1
            if getattr(fault.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE or not tries_left:
                raise
            connection.rollback()
            time.sleep(LOCK_PAUSE_S)
        else:
            return


@contextmanager
def _alone(database: Database) -> Iterator[Connection]:
    if database.is_sqlite:
        with _locked_file(database), database.engine.connect() as connection:
            writing = connection.execution_options(carrel_writes=True)
            with _keys_unheeded(connection), writing.begin():
                yield writing
                _check_keys(writing)
        return
    # The lock belongs to a session on a separate connection, because each migration is a
    # transaction.
    with database.engine.connect() as guard, database.engine.connect() as connection:
        guard.execution_options(isolation_level="AUTOCOMMIT")
        guard.execute(text("SELECT pg_advisory_lock(:key)"), {"key": ADVISORY_LOCK})
        connection.execute(text(_LOCK_TIMEOUT))
        connection.commit()
        try:
            yield connection
        finally:
            connection.invalidate()  # discards the session's settings
            guard.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": ADVISORY_LOCK})


@contextmanager
def _keys_unheeded(connection: Connection) -> Iterator[None]:
    """Turn foreign keys off while tables are rebuilt, so that they don't act on deletions."""
    # SQLite ignores this inside a transaction, so it is sent to the driver before one begins
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys=ON")


def _check_keys(connection: Connection) -> None:
    """Raise RuntimeError if a row refers to a missing row, which rolls the upgrade back."""
    astray = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if astray is not None:
        raise RuntimeError(f"a row of {astray[0]} points to one that {astray[2]} does not have")


@contextmanager
def _locked_file(database: Database) -> Iterator[None]:
    path = make_url(database.url).database
    with Path(f"{path}.upgrade").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.set_main_option("path_separator", "os")
    config.attributes[CONNECTION] = connection
    return config
