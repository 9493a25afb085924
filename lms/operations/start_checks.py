"""Start checks: an empty database next to files or another database is a mistake, so refuse to start."""

from pathlib import Path
from typing import Final

from sqlalchemy import make_url, text

from lms.core.database import MOVED, Database
from lms.core.errors import N_, Conflict, Invalid, Moved, Unavailable
from lms.core.runtime import Carrel
from lms.core.settings import Settings
from lms.migrations import current, fits

DEFAULT_FILE: Final = "carrel.sqlite3"
# of deploy/carrel.env, so everyone knows it
EXAMPLE_PASSPHRASE: Final = "five random words of yours"  # noqa: S105  (no secret)
EXAMPLE: Final = N_(
    "CARREL_BACKUP_PASSPHRASE is still the example. Change each value in the settings to yours, "
    "then run this again."
)
EMPTY: Final = (
    "The database at CARREL_DATABASE_URL is empty, but {found}.\n"
    "Carrel didn't start, because everything would seem lost.\n"
    "{advice}"
)


def refuse_example(settings: Settings) -> None:
    """Raise Invalid for settings that were copied and not changed."""
    if settings.backup_passphrase == EXAMPLE_PASSPHRASE:
        raise Invalid(EXAMPLE)


def refuse_dangerous_start(carrel: Carrel) -> None:
    """Raise Moved for a database that was moved, and Conflict for one that shouldn't be empty."""
    database = carrel.database
    if database.freeze_mark == MOVED:
        raise Moved
    if not is_empty(database):
        return
    beside = _filled_beside(carrel.settings)
    if beside is not None:
        raise Conflict(
            EMPTY.format(
                found=f"{beside} has records",
                advice="To move them: unset CARREL_DATABASE_URL and run carrel db move --to URL.\n"
                f"To start over: move {beside} elsewhere.",
            ),
            code="empty_database",
        )
    if next(iter(carrel.storage.list("")), None) is not None:
        raise Conflict(
            EMPTY.format(
                found=f"files are stored in {carrel.settings.storage_url}",
                advice="To restore the records: carrel backup restore URL.\n"
                "To start over: set CARREL_STORAGE to an empty location.",
            ),
            code="empty_database",
        )


def require_tables(database: Database) -> None:
    """Raise Unavailable for tables of an earlier version."""
    if not fits(database):
        raise Unavailable("The tables don't match this version. Run: carrel db upgrade")


def is_empty(database: Database) -> bool:
    """Return whether a database has no tables or no login, whichever version created it."""
    if current(database) is None:
        return True
    with database.read_session() as session:
        return session.execute(text("SELECT 1 FROM login LIMIT 1")).first() is None


def _filled_beside(settings: Settings) -> Path | None:
    """Return the SQLite file in the data directory if it has records and isn't the configured database."""
    path = settings.data_dir / DEFAULT_FILE
    used = make_url(settings.database_url).database
    if not path.is_file() or used == str(path):
        return None
    beside = Database(f"sqlite:///{path}")
    try:
        return None if is_empty(beside) else path
    finally:
        beside.dispose()
