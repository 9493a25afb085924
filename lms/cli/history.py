"""carrel history import: what was sold before."""

from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from lms import clock
from lms.cli.console import Console
from lms.cli.output import answer, json_option
from lms.desk import Office
from lms.errors import Refused
from lms.history import Outcome, Past, PastRow, bring_in, read_history
from lms.letters import Doors


@dataclass(frozen=True, slots=True)
class HistoryAnswer:
    """What became of a list of the past, or would."""

    applied: bool
    ok: int
    already: int
    invalid: int
    items: tuple[PastRow, ...]


@click.group("history")
def history() -> None:
    """Bring in what was sold before this library ran."""


@history.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only say what would become of every row.")
@json_option
@click.pass_obj
def import_history(console: Console, *, file: Path, dry_run: bool, as_json: bool) -> None:
    """Record past sales from a CSV: e-mail, name, covers, bought, ends, source, organisation, seats.

    All rows or none; the same file twice changes nothing, and nobody is sent a letter.
    """
    with file.open("rb") as opened:
        head, rows = read_history(opened)
    with console.carrel.database.transaction() as session:
        past = bring_in(
            session,
            head,
            rows,
            office=Office(Doors(console.settings.base_url), ZoneInfo(console.settings.time_zone)),
            actor=None,
            now=clock.now(),
            dry_run=dry_run,
        )
    found = _answer(past)
    if not dry_run and not past.is_kept:
        first = next(row for row in past.rows if row.outcome is Outcome.INVALID)
        raise Refused(
            f"Nothing was brought in: {found.invalid} of {len(past.rows)} rows are invalid. "
            f"Line {first.line}: {first.sentence}",
            code="not_applied",
        )
    lines = [f"{found.ok} ok, {found.already} already, {found.invalid} invalid."]
    lines += [
        f"  line {row.line}: {row.email}, {row.covers}: {row.outcome}. {row.sentence}".rstrip()
        for row in past.rows
        if row.outcome is not Outcome.OK
    ]
    answer(found, *lines, as_json=as_json)


def _answer(past: Past) -> HistoryAnswer:
    return HistoryAnswer(
        applied=past.is_kept,
        ok=past.count(Outcome.OK),
        already=past.count(Outcome.ALREADY),
        invalid=past.count(Outcome.INVALID),
        items=past.rows,
    )
