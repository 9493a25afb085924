"""Continuous copy: whether database changes are copied away between backups, and how late."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from lms.core.database import Database
from lms.core.dates_and_time_zones import say_roughly
from lms.core.errors import N_
from lms.operations.findings import Finding, State

LATE_AFTER: Final = timedelta(minutes=1)  # OPERATIONS.md: how much a lost disk can lose
NAME: Final = "copy"
ADVICE: Final = N_("Set up continuous copying (docs/operating.md, Every night).")
RESTART: Final = N_(
    "Check the log of the copying program, and restart it (docs/operating.md, Every night)."
)
# PostgreSQL keeps both times, so the later one is the result of the last attempt.
_ARCHIVER: Final = text(
    "SELECT current_setting('archive_mode'), last_archived_time, last_failed_time "
    "FROM pg_stat_archiver"
)


def copy_finding(database: Database, session: Session, *, now: datetime) -> Finding:
    """Return whether PostgreSQL's archive or Litestream has all changes older than a minute."""
    if not database.is_sqlite:
        mode, archived, failed = session.execute(_ARCHIVER).one()
        if mode == "off":
            return _nothing_copies()
        if failed is not None and (archived is None or failed > archived):
            return _late(failed, now)
        return _copied(archived, now)
    file = Path(str(database.engine.url.database))
    copied = _litestream_wrote(file)
    if copied is None:
        return _nothing_copies()
    written = _modified(file.with_name(f"{file.name}-wal"))
    if written is not None and written - copied > LATE_AFTER:
        return _late(copied, now)
    return _copied(copied, now)


def _litestream_wrote(file: Path) -> datetime | None:
    """Return when Litestream last copied changes; it stores them in a folder next to the file."""
    levels = file.with_name(f".{file.name}-litestream") / "ltx"
    return max(filter(None, map(_modified, levels.glob("*/*.ltx"))), default=None)


def _modified(file: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(file.stat().st_mtime, UTC)
    except FileNotFoundError:
        return None


def _nothing_copies() -> Finding:
    sentence = N_(
        "Changes aren't copied continuously. If the disk fails, you lose everything since "
        "the last backup."
    )
    return Finding(NAME, State.ATTENTION, sentence, advice=ADVICE)


def _late(since: datetime, now: datetime) -> Finding:
    values = {"ago": say_roughly(now - since)}
    sentence = N_("Database changes haven't been copied for %(ago)s.")
    return Finding(NAME, State.FAULT, sentence, values, RESTART)


def _copied(at: datetime | None, now: datetime) -> Finding:
    if at is None:
        return Finding(NAME, State.OK, N_("Database changes are copied continuously."))
    values = {"ago": say_roughly(now - at)}
    return Finding(
        NAME,
        State.OK,
        N_("Database changes are copied continuously, most recently %(ago)s ago."),
        values,
    )
