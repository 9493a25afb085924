"""carrel pool allot, take-back and allotments: parts of a consortium's pool for its members."""

from dataclasses import dataclass

import click
from sqlalchemy.orm import Session

from lms import allotments, clock, organisations, pools
from lms.allotments import NothingAllotted
from lms.cli.console import Console
from lms.cli.output import answer, answer_items, json_option
from lms.errors import N_, NotFound
from lms.pools import PoolFacts

NOTHING_THERE = N_("This organisation has been allotted nothing of this pool.")


@dataclass(frozen=True, slots=True)
class AllotmentAnswer:
    """What an organisation has of another's pool; its own `pool` holds these seats."""

    pool: str
    organisation: str
    allotted: int | None
    used: int
    unused: int | None


@dataclass(frozen=True, slots=True)
class TakenBackAnswer:
    """What a child organisation has left after its unused seats went back, and how many those were."""

    pool: str
    organisation: str
    allotted: int | None
    used: int
    taken_back: int


@click.command("allot")
@click.argument("pool_id", metavar="POOL")
@click.argument("child", metavar="CHILD")
@click.option("--seats", type=int, metavar="N", help="How many it has from now on.")
@click.option("--unlimited", is_flag=True, help="As many as it needs, of an unlimited pool.")
@json_option
@click.pass_obj
def allot(
    console: Console,
    *,
    pool_id: str,
    child: str,
    seats: int | None,
    unlimited: bool,
    as_json: bool,
) -> None:
    """Allot seats of a pool to an organisation that belongs to its owner.

    One that has some already has so many from now on: more, or fewer down to what it uses.
    """
    if (seats is None) is not unlimited:
        raise click.UsageError("Say one of --seats and --unlimited.")
    moment = clock.now()
    with console.carrel.database.transaction() as session:
        pool, found = pools.find_pool(session, pool_id), _child(session, child)
        part = allotments.part_of(session, pool.id, found)
        if isinstance(part, NothingAllotted):
            made = allotments.allot(session, pool.id, found, seats, actor=None, now=moment)
        else:
            made = allotments.change(session, part.id, seats, actor=None, now=moment)
    told = "as many seats as it needs" if made.allotted is None else f"{made.allotted} seats"
    answer(
        _facts(made),
        f"{made.organisation} has {told}, {made.used} of them in use (pool {made.public_id}).",
        as_json=as_json,
    )


@click.command("take-back")
@click.argument("pool_id", metavar="POOL")
@click.argument("child", metavar="CHILD")
@json_option
@click.pass_obj
def take_back(console: Console, *, pool_id: str, child: str, as_json: bool) -> None:
    """Move back to a pool what an organisation was allotted of it and does not use."""
    with console.carrel.database.transaction() as session:
        pool = pools.find_pool(session, pool_id)
        part = allotments.part_of(session, pool.id, _child(session, child))
        if isinstance(part, NothingAllotted):
            raise NotFound(NOTHING_THERE)
        number = allotments.take_back_unused(session, part.id, actor=None, now=clock.now())
        left = pools.read_pool(session, part.id)
    answer(
        TakenBackAnswer(left.public_id, left.organisation, left.allotted, left.used, number),
        f"{number} unused seats of {left.organisation} are in {pool.organisation}'s pool again.",
        as_json=as_json,
    )


@click.command("allotments")
@click.argument("pool_id", metavar="POOL")
@json_option
@click.pass_obj
def list_allotments(console: Console, *, pool_id: str, as_json: bool) -> None:
    """List what was allotted of a pool, and how much of it is used."""
    with console.carrel.database.read_session() as session:
        pool = pools.find_pool(session, pool_id)
        facts = [_facts(one) for one in pools.allotments_of(session, pool.id)]
    columns = ("pool", "organisation", "allotted", "used", "unused")
    answer_items(facts, columns, as_json=as_json)


def _child(session: Session, slug: str) -> int:
    return organisations.find_organisation(session, slug).id


def _facts(part: PoolFacts) -> AllotmentAnswer:
    return AllotmentAnswer(
        pool=part.public_id,
        organisation=part.organisation,
        allotted=part.allotted,
        used=part.used,
        unused=None if part.allotted is None else part.allotted - part.used,
    )
