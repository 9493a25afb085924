"""carrel pool allot, take-back, and allotments: parts of a consortium's pool for members."""

import click
from sqlalchemy.orm import Session

from lms.cli.command_context import Console, acting
from lms.cli.output import answer, answer_items, json_option
from lms.core import clock
from lms.core.errors import N_, NotFound
from lms.organizations import organizations
from lms.seats import allotments, pools
from lms.seats.allotments import NothingAllotted
from lms.seats.pools import PoolFacts

NOTHING_THERE = N_("This organization has no allotted seats in this pool.")


@click.command("allot")
@click.argument("pool_id", metavar="POOL")
@click.argument("child", metavar="CHILD")
@click.option("--seats", type=int, metavar="N", help="New number of seats.")
@click.option("--unlimited", is_flag=True, help="Unlimited seats, from an unlimited pool.")
@json_option
@click.pass_obj
def allot(
    console: Console,
    *,
    pool_id: str,
    child: str,
    seats: int | None,
    unlimited: bool,
) -> None:
    """Allot seats of a pool to a member organization of its owner.

    If it already has some, this changes their number; not below the seats in use.
    """
    if (seats is None) is not unlimited:
        raise click.UsageError("Use either --seats or --unlimited.")
    now = clock.now()
    with console.carrel.database.transaction() as session:
        pool, found = pools.find_pool(session, pool_id), _child(session, child)
        part = allotments.part_of(session, pool.id, found)
        if isinstance(part, NothingAllotted):
            made = allotments.allot(session, pool.id, found, seats, actor=None, now=now)
        else:
            made = allotments.change(session, part.id, seats, actor=None, now=now)
    told = "unlimited seats" if made.allotted is None else f"{made.allotted} seats"
    answer(
        _facts(made),
        f"{made.organization} has {told}, {made.used} of them in use (pool {made.public_id}).",
    )


@click.command("take-back")
@click.argument("pool_id", metavar="POOL")
@click.argument("child", metavar="CHILD")
@json_option
@click.pass_obj
def take_back(console: Console, *, pool_id: str, child: str) -> None:
    """Move an organization's unused allotted seats back to the pool."""
    with console.carrel.database.transaction() as session:
        pool = pools.find_pool(session, pool_id)
        part = allotments.part_of(session, pool.id, _child(session, child))
        if isinstance(part, NothingAllotted):
            raise NotFound(NOTHING_THERE)
        number = allotments.take_back_unused(session, part.id, **acting())
        left = pools.read_pool(session, part.id)
    answer(
        {
            "pool": left.public_id,
            "organization": left.organization,
            "allotted": left.allotted,
            "used": left.used,
            "taken_back": number,
        },
        f"{number} unused seats were moved from {left.organization} back to {pool.organization}.",
    )


@click.command("allotments")
@click.argument("pool_id", metavar="POOL")
@json_option
@click.pass_obj
def list_allotments(console: Console, *, pool_id: str) -> None:
    """List the allotments of a pool and their use."""
    with console.carrel.database.read_session() as session:
        pool = pools.find_pool(session, pool_id)
        facts = [_facts(one) for one in pools.allotments_of(session, pool.id)]
    columns = ("pool", "organization", "allotted", "used", "unused")
    answer_items(facts, columns)


def _child(session: Session, slug: str) -> int:
    return organizations.find_organization(session, slug).id


def _facts(part: PoolFacts) -> dict[str, object]:
    """Return an organization's allotment; `pool` is its own pool for these seats."""
    return {
        "pool": part.public_id,
        "organization": part.organization,
        "allotted": part.allotted,
        "used": part.used,
        "unused": None if part.allotted is None else part.allotted - part.used,
    }
