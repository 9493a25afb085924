"""Migrations: how a database gets the tables of this version."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, make_url, text

from lms.core.database import Database
from lms.core.errors import Conflict

HERE = Path(__file__).resolve().parent
ADVISORY_LOCK = 0x43617272656C  # "Carrel": one number that only upgrades of this product take
CONNECTION = "connection"


@dataclass(frozen=True, slots=True)
class Upgrade:
    """What an upgrade did: from which revision to which; the same when there was nothing to do."""

    before: str | None
    after: str


def upgrade(database: Database) -> Upgrade:
    """Bring the tables to this version's, whole or not at all, and return what was done.

    Any number of processes may ask at once: one works, the others wait and find it done. Raises
    Conflict for a database that another version made and that none of our migrations leads to.
    """
    with _alone(database) as connection:
        before = MigrationContext.configure(connection).get_current_revision()
        after = head()
        if before != after:
            _require_known(before)
            command.upgrade(_config(connection), "head")
        return Upgrade(before, after)


def head() -> str:
    """Return the revision that this version of the code needs."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    if revision is None:
        raise RuntimeError("the migrations have no head")
    return revision


def current(database: Database) -> str | None:
    """Return the revision a database stands at, None for one that was never upgraded."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def _require_known(revision: str | None) -> None:
    scripts = ScriptDirectory.from_config(_config())
    if revision not in {None, *(script.revision for script in scripts.walk_revisions())}:
        raise Conflict(
            f"This database is at revision {revision}, which this version of Carrel doesn't know. "
            "Use the version that made it or a later one, or an empty database.",
            code="unknown_revision",
        )


@contextmanager
def _alone(database: Database) -> Iterator[Connection]:
    if database.is_sqlite:
        with _locked_file(database), database.engine.connect() as connection:
            writing = connection.execution_options(carrel_writes=True)
            with _keys_unheeded(connection), writing.begin():
                yield writing
                _check_keys(writing)
        return
    with database.engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
        yield connection


@contextmanager
def _keys_unheeded(connection: Connection) -> Iterator[None]:
    """Let tables be rebuilt to alter them, which foreign keys would see as deletions and follow."""
    # inside a transaction SQLite passes this over, so it is said to the driver before one begins
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys=ON")


def _check_keys(connection: Connection) -> None:
    """Raise where a row points to one that isn't there, so that the upgrade is not kept."""
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
