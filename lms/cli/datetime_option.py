"""The date and time option: reads ISO 8601 text, in a given zone when it names no offset."""

from datetime import UTC, datetime

import click

from lms.core.dates_and_time_zones import from_wall_clock, read_zone
from lms.core.errors import Invalid


def read_datetime(text: str, zone: str | None) -> datetime:
    """Return the UTC moment that an ISO 8601 text names.

    A time without an offset needs `zone`, a name of the IANA database; one that the zone's clocks
    skip or show twice is refused. Raises click.BadParameter (exit 2).
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is not a time such as 2026-10-06T14:00") from None
    if at.tzinfo is not None:
        return at.astimezone(UTC)
    if zone is None:
        raise click.BadParameter(f"{text!r} has no offset; add one, or say --zone")
    try:
        return from_wall_clock(at, read_zone(zone))
    except Invalid as error:
        raise click.BadParameter(f"{text!r} in {zone!r}: {error.message}") from None
