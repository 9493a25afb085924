"""Points in time on the command line: ISO 8601, and a zone for those that name none."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click


def read_moment(text: str, zone: str | None) -> datetime:
    """Return the UTC moment that an ISO 8601 text names.

    A time without an offset needs `zone`, a name of the IANA database; one that the zone's clocks
    skip or show twice is refused. Raises click.BadParameter (exit 2).
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is not a time such as 2026-10-06T14:00") from None
    if moment.tzinfo is not None:
        return moment.astimezone(UTC)
    if zone is None:
        raise click.BadParameter(f"{text!r} has no offset; add one, or say --zone")
    return _local_moment(moment, _read_zone(zone))


def _read_zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise click.BadParameter(f"{name!r} is not a zone such as America/New_York") from None


def _local_moment(moment: datetime, zone: ZoneInfo) -> datetime:
    first = moment.replace(tzinfo=zone, fold=0)
    second = moment.replace(tzinfo=zone, fold=1)
    if first.utcoffset() != second.utcoffset():
        raise click.BadParameter(
            f"clocks in {zone.key} skip {moment.isoformat()} or show it twice; add an offset"
        )
    return first.astimezone(UTC)
