"""carrel seats import: import a staff list into a pool."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from lms.cli.command_context import Console, acting
from lms.cli.output import answer, json_option
from lms.core import clock
from lms.core.database import Database
from lms.core.errors import Refused
from lms.core.runtime import Carrel
from lms.models.seat_imports import Answer, ImportState
from lms.organizations.staff_list_parser import read_file
from lms.seat_imports.imports import discard
from lms.seat_imports.jobs import LIST_JOBS, apply_now
from lms.seat_imports.read_models import ImportFacts, RowFacts, find_import, rows_of
from lms.seat_imports.uploaded_list_lifecycle import NewList
from lms.seats.pools import find_pool

SHOWN: Final = 50
UNSEATED: Final = (Answer.ALREADY, Answer.INVALID, Answer.DUPLICATE, Answer.NO_SEAT)


@click.command("import")
@click.argument("pool")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Show the result for each row without saving.")
@click.option(
    "--partial", is_flag=True, help="Invite the people who can get a seat, in the file's order."
)
@json_option
@click.pass_obj
def import_list(console: Console, *, pool: str, file: Path, dry_run: bool, partial: bool) -> None:
    """Invite the people on a staff list (CSV, Excel, or text with email addresses).

    Invites everyone or, if there are problems, no one, unless you add --partial. Importing a list
    again changes nothing.
    """
    database = console.carrel.database
    facts = _read_in(console.carrel, pool, file)
    if not dry_run:
        facts = apply_now(database, facts.public_id, partial=partial, **acting())
    unseated = _unseated(database, facts)
    is_applied = facts.state is ImportState.APPLIED
    if not is_applied:
        with database.transaction() as session:
            discard(session, facts.public_id)
    if facts.failure:
        raise Refused(facts.failure, code="not_applied")
    found = {
        "pool": facts.pool,
        "applied": is_applied,
        "rows": facts.rows,
        "ok": facts.ok,
        "already": facts.already,
        "invalid": facts.invalid,
        "duplicate": facts.duplicate,
        "no_seat": facts.no_seat,
        "seated": facts.seated,
        "items": [
            {"line": row.line, "text": row.text, "answer": row.answer, "sentence": row.sentence}
            for row in unseated
        ],
    }
    answer(found, *_lines(facts, unseated))


def _read_in(carrel: Carrel, pool: str, file: Path) -> ImportFacts:
    with carrel.database.read_session() as session:
        new = NewList(file.name, None, clock.now(), find_pool(session, pool).id)
    with file.open("rb") as opened:
        public_id = LIST_JOBS.read_now(carrel, read_file(opened), new)
    with carrel.database.read_session() as session:
        return find_import(session, public_id)


def _unseated(database: Database, facts: ImportFacts) -> list[RowFacts]:
    """Return the rows that get no seat, by line."""
    with database.read_session() as session:
        rows = [
            row
            for one in UNSEATED
            for row in rows_of(session, facts.id, answer=one, size=facts.rows).items
        ]
    return sorted(rows, key=lambda row: row.line)


def _lines(facts: ImportFacts, unseated: Sequence[RowFacts]) -> list[str]:
    is_applied = facts.state is ImportState.APPLIED
    done = f"{facts.seated} invited." if is_applied else f"{facts.ok} would be invited."
    counts = (
        f"{facts.rows} rows: {facts.ok} ok, {facts.already} already, {facts.invalid} invalid, "
        f"{facts.duplicate} duplicate, {facts.no_seat} without a seat."
    )
    shown = unseated[:SHOWN]
    lines = [done, counts]
    lines += [f"  line {row.line}: {row.text}: {row.answer}. {row.sentence}" for row in shown]
    more = len(unseated) - len(shown)
    return [*lines, f"  and {more} more; --json has them all."] if more else lines
