"""carrel db: create and upgrade the tables, show their state, and move them to PostgreSQL."""

from dataclasses import dataclass
from enum import StrEnum

import click

from lms.cli.command_context import Console
from lms.cli.output import answer, json_option, show_progress, table
from lms.cli.root_command import FAULTS, MISTAKES, weigh
from lms.core.clock import now
from lms.core.database import IN_USE, MOVED, Database
from lms.core.errors import Unavailable
from lms.core.runtime import shown_url
from lms.core.settings import read_database_url
from lms.migrations import Upgrade, current, fits, head, upgrade
from lms.operations import database_move
from lms.operations.move_preflight import Unfit, UnfitRow
from lms.operations.row_copy import TableRows

REFUSED = 1
NOT_MOVED = "Nothing was moved. Carrel continues with the old database."
WHY = {
    Unfit.TOO_LONG: "is longer than the column allows",
    Unfit.HAS_NUL: "has a NUL character",
    Unfit.NOT_A_NUMBER: "is not a whole number",
    Unfit.OUT_OF_RANGE: "is a number outside the column's range",
    Unfit.REFERS_TO_NOTHING: "refers to a row that does not exist in this table",
}


class State(StrEnum):
    """What a database can be used for."""

    EMPTY = "empty"
    CURRENT = "current"
    LATER_VERSION = "later_version"
    OTHER_VERSION = "other_version"
    FROZEN = "frozen"
    MOVED = "moved"


STATES = {
    State.EMPTY: "It has no tables yet. Run: carrel init, or carrel db upgrade",
    State.CURRENT: "It is up to date.",
    State.LATER_VERSION: "Its tables are from a later version, and this version can use them.",
    State.OTHER_VERSION: "Its tables don't match this version. Run: carrel db upgrade",
    State.FROZEN: "It's being moved, and nothing can be saved. If the move was interrupted, run"
    " carrel db move again, or carrel db move --abort.",
    State.MOVED: "It was moved to PostgreSQL. Set CARREL_DATABASE_URL to the new database.",
}


@dataclass(frozen=True, slots=True)
class MoveAnswer:
    """The result of `db move`, or the rows that prevent it."""

    moved: bool
    tables: int
    rows: int
    unfit: tuple[UnfitRow, ...]


@click.group("db")
def db() -> None:
    """Check, upgrade, and move the database."""


@db.command("upgrade")
@json_option
@click.pass_obj
def upgrade_command(console: Console) -> None:
    """Upgrade the tables to this version; safe to run again."""
    database = console.new_carrel.database
    revision = current(database)
    if revision is not None and fits(database):
        done = Upgrade(revision, revision)
    else:
        done = upgrade(database)
    if done.after != head():
        text = f"The tables are from a later version ({done.after}) and were not changed."
    elif done.before == done.after:
        text = f"The database is up to date ({done.after})."
    else:
        text = f"The database was upgraded from {done.before or 'nothing'} to {done.after}."
    answer(done, text)


@db.command("status")
@json_option
@click.pass_obj
def status_command(console: Console) -> None:
    """Show the database, and whether its tables match this version."""
    database = console.carrel.database
    revision = current(database)
    name = shown_url(database.url)
    state = _state(database, revision)
    found = {"database": name, "state": state, "revision": revision, "head": head()}
    answer(found, f"{name}: {STATES[state]}")


@db.command("move")
@click.option("--to", metavar="URL", help="The new database: postgresql://user:password@host/name.")
@click.option("--abort", is_flag=True, help="Cancel an interrupted move, and allow saving again.")
@json_option
@click.pass_context
def move_command(context: click.Context, *, to: str | None, abort: bool) -> None:
    """Move an SQLite database to PostgreSQL while people watch.

    If PostgreSQL would refuse rows, it lists them and changes nothing. During the copy, recordings
    play but nothing can be saved; players report what was watched afterward. If interrupted, run
    it again, or cancel with --abort.
    """
    console: Console = context.obj
    source = console.carrel.database
    if abort == bool(to):
        raise click.UsageError("Use either --to URL or --abort.")
    if to is None:
        was_frozen = database_move.abort(source)
        said = "Saving is allowed again." if was_frozen else "The database was not being moved."
        answer({"was_frozen": was_frozen}, said)
        return
    target = Database(_read_url(to))
    try:
        moved = _move(source, target)
    except FAULTS as error:
        if isinstance(error, MISTAKES) or source.freeze_mark != IN_USE:
            raise
        raise Unavailable(f"{weigh(error).message}\n{NOT_MOVED}") from error
    finally:
        target.dispose()
    if moved.unfit:
        answer(moved, *_unfit_lines(moved.unfit))
        context.exit(REFUSED)
    answer(moved, *_next_lines(moved, target))


def _move(source: Database, target: Database) -> MoveAnswer:
    checked = database_move.preflight(source, target)
    if checked.unfit:
        return MoveAnswer(moved=False, tables=0, rows=checked.rows, unfit=checked.unfit)

    def tell(so_far: TableRows) -> None:
        show_progress(f"{so_far.table}: {so_far.rows} rows")

    done = database_move.move(source, target, lasts=checked.lasts, now=now(), tell=tell)
    database_move.record_move(target, done, now=now())
    return MoveAnswer(moved=True, tables=done.tables, rows=done.rows, unfit=())


def _state(database: Database, revision: str | None) -> State:
    mark = database.freeze_mark
    if mark != IN_USE:
        return State.MOVED if mark == MOVED else State.FROZEN
    if revision is None:
        return State.EMPTY
    if revision == head():
        return State.CURRENT
    return State.LATER_VERSION if fits(database) else State.OTHER_VERSION


def _read_url(url: str) -> str:
    try:
        return read_database_url(url)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--to") from error


def _unfit_lines(unfit: tuple[UnfitRow, ...]) -> list[str]:
    rows = [(one.table, one.row, one.column, WHY[one.why]) for one in unfit]
    return [
        "PostgreSQL would refuse these rows. Nothing was changed. Correct them and run this again.",
        "",
        *table(("table", "row", "column", "problem"), rows),
    ]


def _next_lines(moved: MoveAnswer, target: Database) -> list[str]:
    url = shown_url(target.url)
    return [
        f"{moved.rows} rows in {moved.tables} tables were moved and compared.",
        f"Next: set CARREL_DATABASE_URL={url}",
        "      (with its password), and restart. Then run: carrel doctor",
    ]
