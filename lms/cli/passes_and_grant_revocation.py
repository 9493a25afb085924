"""carrel pass and carrel revoke: add an all-access pass, and revoke a grant."""

from dataclasses import dataclass
from datetime import datetime

import click

from lms.access.explanations import last_day
from lms.accounts import accounts
from lms.cli.command_context import Console
from lms.cli.option_values import read_datetime
from lms.cli.output import answer, json_option
from lms.core import clock
from lms.core.dates_and_time_zones import read_zone
from lms.grants import grant_target_lookup, grants
from lms.grants.grants import NewPass, Target
from lms.models.grants import Scope, Withdrawal
from lms.people import grant_and_seat_history


@dataclass(frozen=True, slots=True)
class PassAnswer:
    """A pass as the command line shows it; `target` is the slug of what it covers."""

    grant: str
    email: str
    scope: str
    target: str | None
    starts_at: datetime
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class RevokedAnswer:
    """A grant that was taken back."""

    grant: str
    revoked_as: str
    revoked_at: datetime


@click.group("pass")
def pass_group() -> None:
    """Give people a year of all-access."""


@pass_group.command("add")
@click.argument("email")
@click.option("--presenter", metavar="SLUG", help="Only webinars with this presenter.")
@click.option("--series", metavar="SLUG", help="Only webinars of this series.")
@click.option("--everything", is_flag=True, help="Every webinar.")
@click.option(
    "--starts",
    metavar="ISO",
    help="When it begins; else where their pass of the same scope ends, or now.",
)
@click.option("--zone", help="The zone of a naive --starts, such as America/New_York.")
@json_option
@click.pass_obj
def add_pass(
    console: Console,
    *,
    email: str,
    presenter: str | None,
    series: str | None,
    everything: bool,
    starts: str | None,
    zone: str | None,
    as_json: bool,
) -> None:
    """Give a log-in a pass for a year, to the end of the anniversary day.

    The day ends in the house's zone. A pass that is renewed before its end goes on from there.
    """
    chosen = [
        (Scope.PRESENTER, presenter),
        (Scope.SERIES, series),
        (Scope.EVERYTHING, "" if everything else None),
    ]
    named = [(scope, slug) for scope, slug in chosen if slug is not None]
    if len(named) != 1:
        raise click.UsageError("Say one of --presenter, --series and --everything.")
    scope, slug = named[0]
    starts_at = read_datetime(starts, zone) if starts else None
    default_zone = read_zone(console.settings.time_zone)
    with console.carrel.database.transaction() as session:
        account = accounts.find_by_email(session, email)
        target = Target(scope, grant_target_lookup.find_target(session, scope, slug))
        new = NewPass(account.id, target, starts_at)
        line = grants.add_pass(session, new, zone=default_zone, actor=None, now=clock.now())
        made = PassAnswer(
            line.public_id, email, scope.value, slug or None, line.starts_at, line.ends_at
        )
    until = last_day(made.ends_at, default_zone) if made.ends_at else ""
    answer(made, f"{email} has a pass until {until} (grant {made.grant}).", as_json=as_json)


@click.command("revoke")
@click.argument("grant")
@click.option("--reason", required=True, help="Why, for staff's eyes.")
@click.option("--refunded", is_flag=True, help="The money went back.")
@json_option
@click.pass_obj
def revoke(console: Console, *, grant: str, reason: str, refunded: bool, as_json: bool) -> None:
    """Take one grant back, a person's or a pool's, found by its id; no other grant is touched."""
    withdrawal = Withdrawal.REFUNDED if refunded else Withdrawal.REVOKED
    now = clock.now()
    with console.carrel.database.transaction() as session:
        grant_and_seat_history.revoke(
            session, grant, withdrawal=withdrawal, reason=reason, actor=None, now=now
        )
    done = RevokedAnswer(grant, withdrawal.value, now)
    answer(done, f"Grant {grant} is taken back ({withdrawal.value}).", as_json=as_json)
