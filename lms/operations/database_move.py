"""Moving a database from SQLite to PostgreSQL while people watch.

The source is frozen first, which stops all writes of all processes and survives a restart. The copy
is one transaction of the target, so a move that is killed leaves nothing there. When the copy is
complete, the source is marked as moved and never written to again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from lms import audit
from lms.core.database import IN_USE, MOVED, Database, frozen_until
from lms.core.errors import N_, Conflict, Moved
from lms.migrations import current, head, upgrade
from lms.operations.move_preflight import UnfitRow, unfit_rows
from lms.operations.row_copy import Tell, copy_rows, has_rows, row_counts, sums_of

FINISHED: Final = "database.moved"
ROWS_PER_S: Final = 8_000  # an estimate, to announce the duration
AT_LEAST: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Preflight:
    """What a move would do: number of rows, duration, and rows that prevent it."""

    rows: int
    lasts: timedelta
    unfit: tuple[UnfitRow, ...]


@dataclass(frozen=True, slots=True)
class MovedRows:
    """The result of a move: tables and rows in the new database."""

    tables: int
    rows: int


def preflight(source: Database, target: Database) -> Preflight:
    """Return what a move would do, without changing anything.

    Raises Moved for a source that was moved, and Conflict if the source isn't SQLite, its tables
    aren't this version's, or the target isn't an empty PostgreSQL database.
    """
    if not source.is_sqlite or target.is_sqlite:
        raise Conflict(
            N_("You can move only an SQLite database, and only to PostgreSQL."), code="no_such_move"
        )
    if source.freeze_mark == MOVED:
        raise Moved
    if current(source) != head():
        raise Conflict(
            N_("The tables don't match this version. Run: carrel db upgrade"), code="not_at_head"
        )
    if current(target) not in (None, head()):
        raise Conflict(N_("The new database isn't empty. Use an empty one."), code="not_empty")
    with source.read_session() as session:
        rows = sum(row_counts(session).values())
        unfit = unfit_rows(session)
    return Preflight(rows, max(AT_LEAST, timedelta(seconds=rows / ROWS_PER_S)), unfit)


def move(
    source: Database,
    target: Database,
    *,
    lasts: timedelta,
    now: datetime,
    tell: Tell = lambda _so_far: None,
) -> MovedRows:
    """Copy all rows to PostgreSQL and mark the source as moved; return the number of rows.

    A source left frozen by a killed move is moved again from the start. If anything fails, the
    source is unfrozen. Raises Conflict for a target with other rows.
    """
    upgrade(target)
    source.set_freeze_mark(frozen_until(now + lasts))
    try:
        with source.snapshot() as old, target.transaction() as new:
            if has_rows(new):
                _require_same(old, new)
                sums = sums_of(new)
            else:
                sums = copy_rows(old, new, tell=tell)
    except BaseException:
        source.set_freeze_mark(IN_USE)
        raise
    source.set_freeze_mark(MOVED)
    return MovedRows(len(sums), sum(one.rows for one in sums.values()))


def record_move(target: Database, moved: MovedRows, *, now: datetime) -> None:
    """Record a finished move in the new database, so that `doctor` knows who has not been restarted."""
    with target.transaction() as session:
        audit.record(session, FINISHED, "", actor=None, now=now, detail={"rows": moved.rows})


def abort(source: Database) -> bool:
    """Unfreeze a database; return False if it wasn't frozen.

    Raises Moved after a complete move, because later changes are in the new database.
    """
    mark = source.freeze_mark
    if mark == MOVED:
        raise Moved
    if mark != IN_USE:
        source.set_freeze_mark(IN_USE)
    return mark != IN_USE


def _require_same(old: Session, new: Session) -> None:
    """Accept only the rows of a move that was killed after its last commit."""
    if sums_of(old) != sums_of(new):
        raise Conflict(N_("The new database has other rows. Use an empty one."), code="not_empty")
