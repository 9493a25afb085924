"""carrel pool: add and list an organization's pools of seats."""

from dataclasses import dataclass

import click

from lms.cli.allotments import allot, list_allotments, take_back
from lms.cli.command_context import Console
from lms.cli.contract_renewals_and_grace_periods import grace, renew
from lms.cli.datetime_option import read_datetime
from lms.cli.output import answer, answer_items, json_option
from lms.core import clock
from lms.core.errors import N_, Invalid
from lms.grants import grant_target_lookup
from lms.grants.grants import Target, Term
from lms.models.grants import OfferKind, Scope
from lms.organizations import organizations
from lms.seats import pools
from lms.seats.pools import NewPoolGrant, PoolFacts

BAD_SEATS = N_("Give a number of seats from 1 on.")
BAD_TERM = N_("It has to end after it begins.")


@dataclass(frozen=True, slots=True)
class PoolAnswer:
    """A pool as the command line shows it; `target` is the slug of what it covers."""

    pool: str
    organization: str
    scope: str
    target: str | None
    permanent: bool
    capacity: int | None
    used: int
    free: int | None


@click.group("pool")
def pool() -> None:
    """Give organizations seats, for one webinar or for more, for a term or for good."""


@pool.command("add")
@click.argument("organization")
@click.option("--webinar", metavar="SLUG", help="Seats for this webinar.")
@click.option("--presenter", metavar="SLUG", help="Seats for all webinars with this presenter.")
@click.option("--series", metavar="SLUG", help="Seats for all webinars of this series.")
@click.option("--everything", is_flag=True, help="Seats for every webinar.")
@click.option("--seats", type=int, metavar="N", help="How many.")
@click.option("--unlimited", is_flag=True, help="As many as come.")
@click.option("--starts", metavar="ISO", help="When they begin; else now.")
@click.option("--ends", metavar="ISO", help="When they end; else never.")
@click.option("--zone", help="The zone of naive times, such as America/New_York.")
@json_option
@click.pass_obj
def add_pool(
    console: Console,
    *,
    organization: str,
    webinar: str | None,
    presenter: str | None,
    series: str | None,
    everything: bool,
    seats: int | None,
    unlimited: bool,
    starts: str | None,
    ends: str | None,
    zone: str | None,
    as_json: bool,
) -> None:
    """Give an organization seats; its pool of the same scope and kind gets them, or a new one."""
    scope, slug = _one_scope(webinar, presenter, series, "" if everything else None)
    number = _number(seats, unlimited=unlimited)
    now = clock.now()
    starts_at = read_datetime(starts, zone) if starts else now
    term = Term(starts_at, read_datetime(ends, zone) if ends else None)
    if term.ends_at is not None and term.ends_at <= term.starts_at:
        raise Invalid(BAD_TERM, fields={"ends": BAD_TERM})
    with console.carrel.database.transaction() as session:
        buyer = organizations.find_organization(session, organization)
        target = Target(scope, grant_target_lookup.find_target(session, scope, slug))
        new = NewPoolGrant(buyer.id, target, number, term, _kind(scope, number, term))
        made = pools.sell_seats(session, new, actor=None, now=now)
    facts = _facts(made)
    answer(facts, f"{made.organization} has {_told(made)} (pool {facts.pool}).", as_json=as_json)


@pool.command("list")
@click.argument("organization")
@json_option
@click.pass_obj
def list_pools(console: Console, *, organization: str, as_json: bool) -> None:
    """List an organization's pools."""
    with console.carrel.database.read_session() as session:
        found = organizations.find_organization(session, organization)
        facts = [_facts(one) for one in pools.pools_of(session, found.id)]
    columns = ("pool", "scope", "target", "permanent", "capacity", "used", "free")
    answer_items(facts, columns, as_json=as_json)


for command in (renew, grace, allot, take_back, list_allotments):
    pool.add_command(command)


def _one_scope(
    webinar: str | None, presenter: str | None, series: str | None, everything: str | None
) -> tuple[Scope, str]:
    chosen = [
        (Scope.WEBINAR, webinar),
        (Scope.PRESENTER, presenter),
        (Scope.SERIES, series),
        (Scope.EVERYTHING, everything),
    ]
    named = [(scope, slug) for scope, slug in chosen if slug is not None]
    if len(named) != 1:
        raise click.UsageError("Say one of --webinar, --presenter, --series and --everything.")
    return named[0]


def _number(seats: int | None, *, unlimited: bool) -> int | None:
    if (seats is None) is not unlimited:
        raise click.UsageError("Say one of --seats and --unlimited.")
    if seats is not None and seats < 1:
        raise Invalid(BAD_SEATS, fields={"seats": BAD_SEATS})
    return seats


def _kind(scope: Scope, seats: int | None, term: Term) -> OfferKind:
    if term.ends_at is not None or scope is not Scope.WEBINAR:
        return OfferKind.CONTRACT
    return OfferKind.INSTITUTIONAL if seats is None else OfferKind.GROUP_SEATS


def _told(pool_facts: PoolFacts) -> str:
    if pool_facts.capacity is None:
        return "seats without end"
    return f"{pool_facts.capacity} seats, {pool_facts.used} of them in use"


def _facts(found: PoolFacts) -> PoolAnswer:
    return PoolAnswer(
        pool=found.public_id,
        organization=found.organization,
        scope=found.target.scope.value,
        target=found.slug or None,
        permanent=found.is_permanent,
        capacity=found.capacity,
        used=found.used,
        free=found.free,
    )
