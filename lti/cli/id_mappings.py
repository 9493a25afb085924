"""carrel lti map: ID mappings between platforms, from old people to new ones."""

from pathlib import Path

import click
from sqlalchemy.orm import Session

from lms.cli.command_context import Console, acting
from lms.cli.output import answer, answer_items, json_option
from lms.core.runtime import Carrel
from lms.lti_facade.organizations import find_organization
from lti.id_mappings.apply_and_undo_pairs import undo_one
from lti.id_mappings.id_pairs_csv_reader import read_list
from lti.id_mappings.mappings import ask_apply, ask_undo, begin_map, discard, take_list
from lti.id_mappings.staff_view import MapFacts, PairFacts, Show, find_map, list_maps, pairs_of

COLUMNS = ("id", "organization", "old", "new", "state", "chosen", "applied", "failed")
PAIR_COLUMNS = ("old", "old_name", "new", "new_name", "evidence", "doubt", "state", "chosen")


@click.group("map")
def people_map() -> None:
    """Match the people of an organization's old LMS with those of its new one."""


@people_map.command("begin")
@click.argument("organization", metavar="ORG")
@click.argument("old", metavar="OLD_REG")
@click.argument("new", metavar="NEW_REG")
@click.option(
    "--list",
    "path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A CSV file with the columns old and new: each person's ID in the two LMSs.",
)
@json_option
@click.pass_obj
def begin(console: Console, *, organization: str, old: str, new: str, path: Path | None) -> None:
    """Propose matches between two LMSs of an organization, without changing anything."""
    lines = None
    if path is not None:
        with path.open("rb") as file:
            lines = read_list(file)
    with console.carrel.database.transaction() as session:
        found = find_organization(session, organization)
        made = begin_map(session, found.id, old=old, new=new, **acting())
        if lines is not None:
            take_list(session, made, lines)
        facts = find_map(session, made)
    chosen = facts.counts[Show.CHOSEN]
    told = f"{chosen} pairs are selected. To see them: carrel lti map show {made}"
    answer(_answer(facts), told)


@people_map.command("list")
@json_option
@click.pass_obj
def list_all(console: Console) -> None:
    """List LMS migrations, newest first."""
    with console.carrel.database.read_session() as session:
        items = [_answer(one) for one in list_maps(session)]
    answer_items(items, COLUMNS)


@people_map.command("show")
@click.argument("map_id", metavar="MAP")
@click.option("--kind", type=click.Choice([one.value for one in Show]), help="Only these pairs.")
@json_option
@click.pass_obj
def show(console: Console, *, map_id: str, kind: str | None) -> None:
    """List the pairs of a migration: the people, the evidence, and the result."""
    with console.carrel.database.read_session() as session:
        facts = find_map(session, map_id)
        wanted = None if kind is None else Show(kind)
        items = _pairs(session, facts, wanted)
    answer_items(items, PAIR_COLUMNS)


@people_map.command("apply")
@click.argument("map_id", metavar="MAP")
@json_option
@click.pass_obj
def apply(console: Console, *, map_id: str) -> None:
    """Merge the selected pairs, in a background job."""
    with console.carrel.database.transaction() as session:
        ask_apply(session, map_id, **acting())
    _say(console.carrel, map_id, "A worker will apply it.")


@people_map.command("undo")
@click.argument("map_id", metavar="MAP")
@click.option("--pair", "pair_id", metavar="PAIR", help="Undo only this pair, immediately.")
@json_option
@click.pass_obj
def undo(console: Console, *, map_id: str, pair_id: str | None) -> None:
    """Undo a migration in a background job, or one of its pairs immediately."""
    said = "A worker will undo it."
    with console.carrel.database.transaction() as session:
        if pair_id is None:
            ask_undo(session, map_id, **acting())
        else:
            why_not = undo_one(session, map_id, pair_id, **acting())
            said = why_not or "These are two people again."
    _say(console.carrel, map_id, said)


@people_map.command("discard")
@click.argument("map_id", metavar="MAP")
@json_option
@click.pass_obj
def throw_away(console: Console, *, map_id: str) -> None:
    """Discard a migration in which nothing was merged."""
    with console.carrel.database.transaction() as session:
        facts = find_map(session, map_id)
        discard(session, map_id, **acting())
    answer(_answer(facts), "Discarded. Nothing was changed.")


def _say(carrel: Carrel, map_id: str, said: str) -> None:
    with carrel.database.read_session() as session:
        answer(_answer(find_map(session, map_id)), said)


def _answer(facts: MapFacts) -> dict[str, object]:
    return {
        "id": facts.public_id,
        "organization": facts.organization.slug,
        "old": facts.old.public_id,
        "new": facts.new.public_id,
        "state": facts.state,
        "failure": facts.failure,
        "begun_at": facts.created_at,
        "chosen": facts.counts[Show.CHOSEN],
        "applied": facts.counts[Show.APPLIED],
        "failed": facts.counts[Show.FAILED],
        "counts": facts.counts,
    }


def _pairs(session: Session, facts: MapFacts, wanted: Show | None) -> list[dict[str, object]]:
    page, items = 1, list[dict[str, object]]()
    while True:
        found = pairs_of(session, facts, wanted, page=page, size=1000)
        items += [_pair(each) for each in found.items]
        if page * 1000 >= found.total:
            return items
        page += 1


def _pair(one: PairFacts) -> dict[str, object]:
    return {
        "id": one.public_id,
        "old": one.old.sub,
        "old_name": one.old.name,
        "new": None if one.new is None else one.new.sub,
        "new_name": None if one.new is None else one.new.name,
        "evidence": one.evidence,
        "doubt": one.doubt,
        "line": one.line,  # its number in the imported list
        "state": one.state,
        "failure": one.failure,
        "chosen": one.is_chosen,
    }
