"""carrel pool renew and pool grace: renew a contract or extend its grace period."""

from dataclasses import dataclass
from datetime import datetime

import click

from lms.access.explanations import last_day
from lms.cli.command_context import Console
from lms.cli.datetime_option import read_datetime
from lms.cli.output import answer, json_option
from lms.contracts import mails as contract_mails
from lms.contracts import renewals
from lms.contracts.grace_periods import extend_grace
from lms.contracts.mails import NewTerm, Post
from lms.contracts.renewals import Renewal
from lms.core import clock
from lms.core.dates_and_time_zones import read_zone
from lms.mail.links import Links
from lms.seats.pools import find_pool


@dataclass(frozen=True, slots=True)
class RenewedAnswer:
    """A pool after its renewal, as the command line shows it; `capacity` is what it has now."""

    pool: str
    starts_at: datetime
    ends_at: datetime
    seats: int | None
    capacity: int | None
    used: int


@dataclass(frozen=True, slots=True)
class GraceAnswer:
    """Until when a pool's people go on after its end."""

    pool: str
    grace_until: datetime


@click.command("renew")
@click.argument("pool_id", metavar="POOL")
@click.option("--seats", type=click.IntRange(1), help="How many seats the new term has.")
@click.option("--unlimited", is_flag=True, help="As many seats as are wanted.")
@click.option("--ends", metavar="ISO", required=True, help="When the new term ends.")
@click.option("--zone", help="The zone of a naive --ends, such as America/New_York.")
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
    as_json: bool,
) -> None:
    """Renew a contract: one term more, for the same people, from where the last one ends.

    After the end it begins now, and those who lost their seats by it have them back. Those who
    manage it are told by letter.
    """
    if (seats is None) != unlimited:
        raise click.UsageError("Say one of --seats and --unlimited.")
    ends_at = read_datetime(ends, zone)
    post = Post(Links(console.settings.base_url), read_zone(console.settings.time_zone))
    now = clock.now()
    with console.carrel.database.transaction() as session:
        facts = find_pool(session, pool_id)
        renewal = Renewal(seats, ends_at)
        done = renewals.renew(session, facts.id, renewal, actor=None, now=now)
        term = NewTerm(done.seats, done.starts_at, done.ends_at)
        contract_mails.send_renewed(session, done.pool, post, term, now=now)
    pool = done.pool
    made = RenewedAnswer(
        pool.public_id, done.starts_at, done.ends_at, done.seats, pool.capacity, pool.used
    )
    until = last_day(done.ends_at, read_zone(console.settings.time_zone))
    answer(made, f"{pool.organization} has its seats until {until}.", as_json=as_json)


@click.command("grace")
@click.argument("pool_id", metavar="POOL")
@click.option("--until", metavar="ISO", required=True, help="Until when its people go on.")
@click.option("--zone", help="The zone of a naive --until, such as America/New_York.")
@json_option
@click.pass_obj
def grace(console: Console, *, pool_id: str, until: str, zone: str | None, as_json: bool) -> None:
    """Let a contract's people go on for longer after its end."""
    at = read_datetime(until, zone)
    with console.carrel.database.transaction() as session:
        facts = find_pool(session, pool_id)
        extend_grace(session, facts.id, at, actor=None, now=clock.now())
    answer(
        GraceAnswer(facts.public_id, at),
        f"{facts.organization} goes on until {at.isoformat()}.",
        as_json=as_json,
    )
