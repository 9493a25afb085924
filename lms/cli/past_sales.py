"""carrel history: import past sales and send the invitations for them."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import click

from lms.cli.command_context import Console, acting
from lms.cli.output import answer, is_json, json_option
from lms.core import clock
from lms.core.errors import Refused
from lms.models.past_sales import PastAnswer
from lms.models.seat_imports import ImportState
from lms.past_sales import imports as past_sale_imports
from lms.past_sales.jobs import LIST_JOBS, apply_now, queue_invitations, write_some
from lms.past_sales.read_models import PastFacts, PastRowFacts, find_past, rows_of
from lms.past_sales.row_parser import read_past
from lms.sales import uninvited_buyers
from lms.seat_imports.uploaded_list_lifecycle import NewList

SHOWN: Final = 50
MOST_ITEMS: Final = 1_000


@dataclass(frozen=True, slots=True)
class HistoryAnswer:
    """The result of a past sales import, or a preview; `items` are the first invalid rows."""

    applied: bool
    rows: int
    ok: int
    already: int
    invalid: int
    items: tuple[PastRowFacts, ...]


@click.group("history")
def history() -> None:
    """Import past sales, and email the buyers later."""


@history.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Show the result for each row without saving.")
@json_option
@click.pass_obj
def import_history(console: Console, *, file: Path, dry_run: bool) -> None:
    """Record past sales from a CSV: email, name, covers, bought, ends, source, organization, seats, price.

    An unpaid invoice keeps its number: invoice number, invoice date, due date, amount open.

    If any row has an error, nothing is imported. Importing a file again changes nothing. No one is
    emailed; see `carrel history invite`. If interrupted, run it again.
    """
    carrel = console.carrel
    with file.open("rb") as opened:
        new = NewList(file.name, None, clock.now())
        public_id = LIST_JOBS.read_now(carrel, read_past(opened), new)
    with carrel.database.read_session() as session:
        facts = find_past(session, public_id)
    found = _answer(console, facts)
    if dry_run or facts.invalid:
        with carrel.database.transaction() as session:
            past_sale_imports.discard(session, facts.public_id)
    if facts.invalid and not dry_run:
        first = found.items[0]
        raise Refused(
            f"Nothing was imported: {facts.invalid} of {facts.rows} rows are invalid. "
            f"Line {first.line}: {first.sentence}",
            code="not_applied",
        )
    if not dry_run:
        apply_now(carrel, facts.public_id, actor=None, report=partial(_report, facts.ok))
        with carrel.database.read_session() as session:
            found = _answer(console, find_past(session, facts.public_id))
    lines = [f"{found.ok} ok, {found.already} already, {found.invalid} invalid."]
    lines += [
        f"  line {row.line}: {row.email}, {row.covers}. {row.sentence}"
        for row in found.items[:SHOWN]
    ]
    answer(found, *lines)


@history.command("invite")
@click.argument("people", type=click.IntRange(1))
@json_option
@click.pass_obj
def invite(console: Console, *, people: int) -> None:
    """Email the next PEOPLE imported about their webinars; each is emailed once."""
    database = console.carrel.database
    with database.transaction() as session:
        batch, chosen = queue_invitations(session, people, **acting())
    while chosen and write_some(console.carrel, batch):
        pass
    with database.read_session() as session:
        left = uninvited_buyers.count_waiting(session, now=clock.now()).left
    sentence = f"{chosen} people will be emailed; {left} people are left."
    answer({"written": chosen, "left": left}, sentence)


def _answer(console: Console, facts: PastFacts) -> HistoryAnswer:
    with console.carrel.database.read_session() as session:
        wrong = rows_of(session, facts.id, answers=(PastAnswer.INVALID,), size=MOST_ITEMS)
    return HistoryAnswer(
        applied=facts.state is ImportState.APPLIED,
        rows=facts.rows,
        ok=facts.ok + facts.brought,
        already=facts.already,
        invalid=facts.invalid,
        items=wrong.items,
    )


def _report(total: int, left: int) -> None:
    if not is_json():
        click.echo(f"{total - left:,} of {total:,} rows", err=True)
