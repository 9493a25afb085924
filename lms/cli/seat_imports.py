"""carrel seats import: import a staff list into a pool."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from lms.cli.command_context import Console
from lms.cli.output import answer, json_option
from lms.core import clock
from lms.core.database import Database
from lms.core.errors import Invalid, Refused
from lms.models.seat_imports import Answer, ImportState
from lms.seat_imports import imports as seat_import_imports
from lms.seat_imports.imports import NewImport
from lms.seat_imports.jobs import apply_now, read_through
from lms.seat_imports.read_models import ImportFacts, find_import, rows_of
from lms.seats.pools import find_pool

SHOWN: Final = 50
UNSEATED: Final = (Answer.ALREADY, Answer.INVALID, Answer.DUPLICATE, Answer.NO_SEAT)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the list that gets no seat, and why."""

    line: int
    text: str
    answer: Answer
    sentence: str


@dataclass(frozen=True, slots=True)
class ImportAnswer:
    """What became of a list, or would; `items` are the rows that get no seat."""

    pool: str
    applied: bool
    rows: int
    ok: int
    already: int
    invalid: int
    duplicate: int
    no_seat: int
    seated: int
    items: tuple[Row, ...]


@click.command("import")
@click.argument("pool")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only say what would become of every row.")
@click.option("--partial", is_flag=True, help="Seat those who can be seated, in the file's order.")
@json_option
@click.pass_obj
def import_list(
    console: Console, *, pool: str, file: Path, dry_run: bool, partial: bool, as_json: bool
) -> None:
    """Invite the people of a staff list (CSV, or a text with addresses) into a pool.

    All of them or nobody, unless --partial. The same list twice changes nothing.
    """
    database = console.carrel.database
    facts = _read_in(database, pool, file)
    if not dry_run:
        facts = apply_now(database, facts.public_id, partial=partial, actor=None, now=clock.now())
    found = _answer(database, facts)
    if not found.applied:
        with database.transaction() as session:
            seat_import_imports.discard(session, facts.public_id)
    if facts.failure:
        raise Refused(facts.failure, code="not_applied")
    answer(found, *_lines(found), as_json=as_json)


def _read_in(database: Database, pool: str, file: Path) -> ImportFacts:
    now = clock.now()
    with database.transaction() as session:
        new = NewImport(find_pool(session, pool).id, file.name)
        row = seat_import_imports.begin(session, new, actor=None, now=now)
    try:
        with file.open("rb") as opened:
            read_through(database, opened, row.id)
    except Invalid:
        with database.transaction() as session:
            seat_import_imports.discard(session, row.public_id)
        raise
    with database.transaction() as session:
        seat_import_imports.check(session, row.id, now=now)
        return find_import(session, row.public_id)


def _answer(database: Database, facts: ImportFacts) -> ImportAnswer:
    with database.read_session() as session:
        items = tuple(
            Row(row.line, row.text, row.answer, row.sentence)
            for one in UNSEATED
            for row in rows_of(session, facts.id, answer=one, size=facts.rows).items
        )
    return ImportAnswer(
        pool=facts.pool,
        applied=facts.state is ImportState.APPLIED,
        rows=facts.rows,
        ok=facts.ok,
        already=facts.already,
        invalid=facts.invalid,
        duplicate=facts.duplicate,
        no_seat=facts.no_seat,
        seated=facts.seated,
        items=tuple(sorted(items, key=lambda row: row.line)),
    )


def _lines(found: ImportAnswer) -> list[str]:
    done = f"{found.seated} invited." if found.applied else f"{found.ok} would be invited."
    counts = (
        f"{found.rows} rows: {found.ok} ok, {found.already} already, {found.invalid} invalid, "
        f"{found.duplicate} duplicate, {found.no_seat} without a seat."
    )
    shown = found.items[:SHOWN]
    lines = [done, counts]
    lines += [f"  line {row.line}: {row.text}: {row.answer}. {row.sentence}" for row in shown]
    more = len(found.items) - len(shown)
    return [*lines, f"  and {more} more; --json has them all."] if more else lines
