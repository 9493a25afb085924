"""The history of the tables, and how a database is brought up to this version's."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, make_url, text

from lms.db import Database

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

    Any number of processes may ask at once: one works, the others wait and find it done.
    """
    with _alone(database) as connection:
        before = MigrationContext.configure(connection).get_current_revision()
        after = head()
        if before != after:
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


@contextmanager
def _alone(database: Database) -> Iterator[Connection]:
    if database.is_sqlite:
        with _locked_file(database), database.engine.connect() as connection:
            # Tables are rebuilt to alter them, which foreign keys would see as deletions.
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            connection.commit()
            writing = connection.execution_options(carrel_writes=True)
            with writing.begin():
                yield writing
            connection.exec_driver_sql("PRAGMA foreign_keys=ON")
            connection.commit()
        return
    with database.engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
        yield connection


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
