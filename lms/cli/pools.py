"""carrel pool: add and list an organization's pools of seats."""

import click
from sqlalchemy.orm import Session

from lms.access.explanations import last_day
from lms.access.merged_organizations import zone_of
from lms.cli.allotments import allot, list_allotments, take_back
from lms.cli.command_context import Console, acting
from lms.cli.option_values import read_datetime
from lms.cli.output import answer, answer_items, json_option
from lms.contracts import mails as contract_mails
from lms.contracts import renewals
from lms.contracts.grace_periods import extend_grace
from lms.contracts.mails import NewTerm
from lms.contracts.renewals import Renewal
from lms.core import clock
from lms.core.errors import N_, Invalid
from lms.grants import grant_target_lookup
from lms.grants.grants import Target, Term
from lms.mail.links import MailContext, mail_context_of
from lms.models.grants import OfferKind, Scope
from lms.organizations import organizations
from lms.seats import pools
from lms.seats.pools import NewPoolGrant, PoolFacts, find_pool

BAD_SEATS = N_("Enter at least 1 seat.")
BAD_TERM = N_("The end must be after the start.")


@click.command("renew")
@click.argument("pool_id", metavar="POOL")
@click.option("--seats", type=click.IntRange(1), help="Number of seats in the new term.")
@click.option("--unlimited", is_flag=True, help="Unlimited seats.")
@click.option("--ends", metavar="ISO", required=True, help="End of the new term.")
@click.option("--zone", help="Time zone of --ends, such as America/New_York.")
@json_option
@click.pass_obj
def renew(
    console: Console,
    *,
    pool_id: str,
    seats: int | None,
    unlimited: bool,
    ends: str,
    zone: str | None,
) -> None:
    """Renew a contract for one more term, for the same people, from the end of the last one.

    If the contract has lapsed, the term starts now, and the same people have access again. Its
    managers are emailed.
    """
    if (seats is None) != unlimited:
        raise click.UsageError("Use either --seats or --unlimited.")
    ends_at = read_datetime(ends, zone)
    now = clock.now()
    with console.carrel.database.transaction() as session:
        facts = find_pool(session, pool_id)
        context = _context_of(session, console, facts)
        renewal = Renewal(seats, ends_at)
        done = renewals.renew(session, facts.id, renewal, actor=None, now=now)
        term = NewTerm(done.seats, done.starts_at, done.ends_at)
        contract_mails.send_renewed(session, done.pool, context, term, now=now)
    pool = done.pool
    made = {
        "pool": pool.public_id,
        "starts_at": done.starts_at,
        "ends_at": done.ends_at,
        "seats": done.seats,  # in the new term
        "capacity": pool.capacity,  # now
        "used": pool.used,
    }
    until = last_day(done.ends_at, context.zone)
    answer(made, f"{pool.organization} has these seats until {until}.")


@click.command("grace")
@click.argument("pool_id", metavar="POOL")
@click.option("--until", metavar="ISO", required=True, help="New end of the grace period.")
@click.option("--zone", help="Time zone of --until, such as America/New_York.")
@json_option
@click.pass_obj
def grace(console: Console, *, pool_id: str, until: str, zone: str | None) -> None:
    """Extend the grace period of a contract, and email its managers."""
    at = read_datetime(until, zone)
    with console.carrel.database.transaction() as session:
        facts = find_pool(session, pool_id)
        mail_context = _context_of(session, console, facts)
        extend_grace(session, facts.id, at, mail_context=mail_context, **acting())
    answer(
        {"pool": facts.public_id, "grace_until": at},
        f"{facts.organization} has access until {at.isoformat()}.",
    )


def _context_of(session: Session, console: Console, pool: PoolFacts) -> MailContext:
    """Return the links for emails, and the time zone in which the days of a pool's organization end."""
    links = mail_context_of(console.settings).links
    return MailContext(links, zone_of(session, pool.organization_id))


@click.group("pool")
def pool() -> None:
    """Give organizations seats, permanent or for a term."""


@pool.command("add")
@click.argument("organization")
@click.option("--webinar", metavar="SLUG", help="Seats for this webinar.")
@click.option("--presenter", metavar="SLUG", help="Seats for all webinars with this presenter.")
@click.option("--series", metavar="SLUG", help="Seats for all webinars of this series.")
@click.option("--everything", is_flag=True, help="Seats for all webinars.")
@click.option("--seats", type=int, metavar="N", help="Number of seats.")
@click.option("--unlimited", is_flag=True, help="Unlimited seats.")
@click.option("--starts", metavar="ISO", help="Start; default: now.")
@click.option("--ends", metavar="ISO", help="End; default: permanent.")
@click.option("--zone", help="Time zone of --starts and --ends, such as America/New_York.")
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
) -> None:
    """Give an organization seats, in its pool of the same scope and kind or a new one."""
    scope, slug = _one_scope(webinar, presenter, series, "" if everything else None)
    number = _number(seats, unlimited=unlimited)
    now = clock.now()
    starts_at = read_datetime(starts, zone) if starts else now
    term = Term(starts_at, read_datetime(ends, zone) if ends else None)
    if term.ends_at is not None and term.ends_at <= term.starts_at:
        raise Invalid(BAD_TERM, field="ends")
    with console.carrel.database.transaction() as session:
        buyer = organizations.find_organization(session, organization)
        target = Target(scope, grant_target_lookup.find_target(session, scope, slug))
        new = NewPoolGrant(buyer.id, target, number, term, _kind(scope, number, term))
        made = pools.sell_seats(session, new, actor=None, now=now)
    told = f"{made.organization} has {_told(made)} (pool {made.public_id})."
    answer(_facts(made), told)


@pool.command("list")
@click.argument("organization")
@json_option
@click.pass_obj
def list_pools(console: Console, *, organization: str) -> None:
    """List an organization's pools."""
    with console.carrel.database.read_session() as session:
        found = organizations.find_organization(session, organization)
        facts = [_facts(one) for one in pools.pools_of(session, found.id)]
    columns = ("pool", "scope", "target", "permanent", "capacity", "used", "free")
    answer_items(facts, columns)


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
        raise click.UsageError("Use one of --webinar, --presenter, --series, or --everything.")
    return named[0]


def _number(seats: int | None, *, unlimited: bool) -> int | None:
    if (seats is None) is not unlimited:
        raise click.UsageError("Use either --seats or --unlimited.")
    if seats is not None and seats < 1:
        raise Invalid(BAD_SEATS, field="seats")
    return seats


def _kind(scope: Scope, seats: int | None, term: Term) -> OfferKind:
    if term.ends_at is not None or scope is not Scope.WEBINAR:
        return OfferKind.CONTRACT
    return OfferKind.INSTITUTIONAL if seats is None else OfferKind.GROUP_SEATS


def _told(pool_facts: PoolFacts) -> str:
    if pool_facts.capacity is None:
        return "unlimited seats"
    return f"{pool_facts.capacity} seats, {pool_facts.used} of them in use"


def _facts(found: PoolFacts) -> dict[str, object]:
    return {
        "pool": found.public_id,
        "organization": found.organization,
        "scope": found.target.scope,
        "target": found.slug or None,
        "permanent": found.is_permanent,
        "capacity": found.capacity,
        "used": found.used,
        "free": found.free,
    }
