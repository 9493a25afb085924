"""Option values: amounts, days, and times as typed on the command line."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

import click

from lms.core.dates_and_time_zones import from_wall_clock, read_zone
from lms.core.errors import Invalid
from lms.core.money_parsing_and_formatting import read_amount


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units of a currency."""

    minor: int
    currency: str


def read_money(text: str, currency: str) -> int:
    """Return an amount such as 325.00 in minor units; raises click.BadParameter (exit 2)."""
    try:
        return read_amount(text, currency, field="amount")
    except Invalid as error:
        raise click.BadParameter(f"{text!r}: {error.message}") from None


def read_day(text: str | None) -> date | None:
    """Return a day such as 2026-10-06; raises click.BadParameter (exit 2)."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is not a day such as 2026-10-06") from None


def read_datetime(text: str, zone: str | None) -> datetime:
    """Return the UTC time of an ISO 8601 text.

    A time without an offset needs `zone`, an IANA name; one that the zone's clocks skip or show
    twice is refused. Raises click.BadParameter (exit 2).
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is not a time such as 2026-10-06T14:00") from None
    if at.tzinfo is not None:
        return at.astimezone(UTC)
    if zone is None:
        raise click.BadParameter(f"{text!r} has no offset; add one, or use --zone")
    try:
        return from_wall_clock(at, read_zone(zone))
    except Invalid as error:
        raise click.BadParameter(f"{text!r} in {zone!r}: {error.message}") from None
