"""carrel pass and carrel revoke: add an all-access pass, and revoke a grant."""

import click

from lms.access.explanations import last_day
from lms.accounts import accounts
from lms.cli.command_context import Console, acting
from lms.cli.option_values import read_datetime
from lms.cli.output import answer, json_option
from lms.core import clock
from lms.core.dates_and_time_zones import read_zone
from lms.grants import grant_target_lookup, grants
from lms.grants.grants import NewPass, Target
from lms.models.grants import Scope, Withdrawal
from lms.people import grant_and_seat_history


@click.group("pass")
def pass_group() -> None:
    """Add all-access passes."""


@pass_group.command("add")
@click.argument("email")
@click.option("--presenter", metavar="SLUG", help="Only webinars with this presenter.")
@click.option("--series", metavar="SLUG", help="Only webinars in this series.")
@click.option("--everything", is_flag=True, help="All webinars.")
@click.option(
    "--starts",
    metavar="ISO",
    help="Start; default: when their pass of the same scope ends, or now.",
)
@click.option("--zone", help="Time zone of --starts, such as America/New_York.")
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
) -> None:
    """Give a login an all-access pass for a year, through the same date next year.

    Days end in your time zone. Renewing a pass early starts the new year where the old one ends.
    """
    chosen = [
        (Scope.PRESENTER, presenter),
        (Scope.SERIES, series),
        (Scope.EVERYTHING, "" if everything else None),
    ]
    named = [(scope, slug) for scope, slug in chosen if slug is not None]
    if len(named) != 1:
        raise click.UsageError("Use one of --presenter, --series, or --everything.")
    scope, slug = named[0]
    starts_at = read_datetime(starts, zone) if starts else None
    default_zone = read_zone(console.settings.time_zone)
    with console.carrel.database.transaction() as session:
        account = accounts.find_by_email(session, email)
        target = Target(scope, grant_target_lookup.find_target(session, scope, slug))
        new = NewPass(account.id, target, starts_at)
        line = grants.add_pass(session, new, zone=default_zone, **acting())
        made = {
            "grant": line.public_id,
            "email": email,
            "scope": scope.value,
            "target": slug or None,
            "starts_at": line.starts_at,
            "ends_at": line.ends_at,
        }
    until = last_day(line.ends_at, default_zone) if line.ends_at else ""
    answer(made, f"{email} has a pass until {until} (grant {line.public_id}).")


@click.command("revoke")
@click.argument("grant")
@click.option("--reason", required=True, help="Reason, shown to staff only.")
@click.option("--refunded", is_flag=True, help="The payment was refunded.")
@json_option
@click.pass_obj
def revoke(console: Console, *, grant: str, reason: str, refunded: bool) -> None:
    """Revoke one grant, given by its ID; other grants don't change."""
    withdrawal = Withdrawal.REFUNDED if refunded else Withdrawal.REVOKED
    now = clock.now()
    with console.carrel.database.transaction() as session:
        grant_and_seat_history.revoke(
            session, grant, withdrawal=withdrawal, reason=reason, actor=None, now=now
        )
    done = {"grant": grant, "revoked_as": withdrawal.value, "revoked_at": now}
    answer(done, f"Grant {grant} was revoked ({withdrawal.value}).")
