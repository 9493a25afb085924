"""Dates, times, and time zones: parses and formats them for the event and the reader."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from babel.dates import (
    format_date,
    format_skeleton,
    format_time,
    format_timedelta,
    get_timezone_name,
)

from lms.core.errors import N_, Invalid
from lms.core.languages import locale, sayable

LOCALE = "en_US"  # of staff pages and documents
# North American zones are shown by their adjective: "Eastern (New York)".
_ADJECTIVES = "Alaska Atlantic Central Eastern Hawaii Hawaii-Aleutian Mountain Newfoundland Pacific"
ADJECTIVES = frozenset(_ADJECTIVES.split())
NEAR = (
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Phoenix",
    "America/Los_Angeles",
    "America/Anchorage",
    "Pacific/Honolulu",
)
NO_BREAK = "\u00a0"
NO_SUCH_ZONE = N_("Choose a time zone from the list.")
SKIPPED = N_(
    "Clocks skip this time when daylight saving time starts. Choose a time one hour later."
)
TWICE = N_(
    "Clocks show this time twice when daylight saving time ends. Choose a time one hour "
    "earlier or later."
)
NO_YEAR = N_("Check the year.")
AREAS = ("America", "Atlantic", "Europe", "Africa", "Asia", "Indian", "Australia", "Pacific")


class _Default:
    zone = ZoneInfo("America/New_York")


def default_zone() -> ZoneInfo:
    """Return the zone of organizations that have none of their own: the setting TIME_ZONE."""
    return _Default.zone


def zone_or_default(name: str | None) -> ZoneInfo:
    """Return the zone with this name, or the default zone if there is none."""
    return ZoneInfo(name) if name and is_zone(name) else default_zone()


def set_default_zone(zone: ZoneInfo) -> None:
    """Set the zone of organizations that have none of their own, for this process."""
    _Default.zone = zone


def read_zone(name: str) -> ZoneInfo:
    """Return a zone of the IANA database; raises Invalid (field `zone`) for any other name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid(NO_SUCH_ZONE, field="zone") from None


def is_zone(name: str) -> bool:
    """Return whether this is a zone of the IANA database."""
    return name in _zones()


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())  # this reads the directory of zones, in 6 to 14 ms


def from_wall_clock(shown: datetime, zone: ZoneInfo) -> datetime:
    """Return the UTC time at which clocks in `zone` show the naive time `shown`.

    Raises Invalid (field `held_at`) for a time that those clocks skip or show twice, or that is
    before the first or after the last possible time in UTC.
    """
    first = shown.replace(tzinfo=zone, fold=0)
    second = shown.replace(tzinfo=zone, fold=1)
    if first.utcoffset() == second.utcoffset():
        try:
            return first.astimezone(UTC)
        except OverflowError:
            raise Invalid(NO_YEAR, field="held_at") from None
    is_skipped = first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != shown
    raise Invalid(SKIPPED if is_skipped else TWICE, field="held_at")


def end_of_day(day: date, zone: ZoneInfo, *, field: str = "day") -> datetime:
    """Return the end of a day in `zone`, which is the next midnight there.

    Raises Invalid (for `field`) in the last possible year, which has no room for what follows an end,
    such as a grace period.
    """
    if day.year == date.max.year:
        raise Invalid(NO_YEAR, field=field)
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=zone)


def days_later(at: datetime, days: timedelta, zone: ZoneInfo) -> datetime:
    """Return the moment these whole days later at which clocks in `zone` show the same time again."""
    return (at.astimezone(zone) + days).astimezone(UTC)


def last_moment(ends_at: datetime) -> datetime:
    """Return the last moment before an end: what ends at midnight ends on the day before."""
    return ends_at - timedelta(microseconds=1)


def last_calendar_day(ends_at: datetime, zone: ZoneInfo) -> date:
    """Return the last day before an end, in a time zone."""
    return on_wall_clock(last_moment(ends_at), zone).date()


def on_wall_clock(at: datetime, zone: ZoneInfo) -> datetime:
    """Return what clocks in `zone` show at `at`, as a naive time."""
    return at.astimezone(zone).replace(tzinfo=None)


@sayable
def say_datetime(at: datetime, zone: ZoneInfo) -> str:
    """Return day, time and zone: `Thursday, October 6, 2022, 2:00 PM ET`."""
    return f"{say_day(at, zone)}, {say_time_and_zone(at, zone)}"


@sayable
def say_datetime_in_table(at: datetime, zone: ZoneInfo) -> str:
    """Return date, time and zone for a table: `Oct 6, 2022, 2:00 PM ET`."""
    return f"{say_date(at, zone)}, {say_time_and_zone(at, zone)}"


@sayable
def say_datetime_short(at: datetime, zone: ZoneInfo) -> str:
    """Return date, time and zone for a card: `Oct 6, 2:00 PM ET`."""
    return f"{_month_and_day(at, zone)}, {say_time_and_zone(at, zone)}"


@sayable
def say_time_shortly(at: datetime, zone: ZoneInfo) -> str:
    """Return date and time without a zone: `Oct 6, 2:00 PM`."""
    return f"{_month_and_day(at, zone)}, {say_time(at, zone)}"


@sayable
def say_day(at: datetime, zone: ZoneInfo) -> str:
    """Return the day: `Thursday, October 6, 2022`."""
    return str(format_date(on_wall_clock(at, zone), "full", locale=locale()))


@sayable
def say_date(at: datetime, zone: ZoneInfo) -> str:
    """Return the short date: `Oct 6, 2022`."""
    return say_calendar_date(on_wall_clock(at, zone))


@sayable
def say_last_date(ends_at: datetime, zone: ZoneInfo) -> str:
    """Return the last short date before an end: `Oct 6, 2022` for what ends at that midnight."""
    return say_date(last_moment(ends_at), zone)


@sayable
def say_long_date(at: datetime, zone: ZoneInfo) -> str:
    """Return the date for a sentence: `October 6, 2026`."""
    return str(format_date(on_wall_clock(at, zone), "long", locale=locale()))


@sayable
def say_calendar_date(day: date) -> str:
    """Return a date that has no time, such as a last day: `Oct 6, 2026`."""
    return str(format_date(day, "medium", locale=locale()))


@sayable
def say_time(at: datetime, zone: ZoneInfo) -> str:
    """Return the time of day, which stays on one line: `2:00 PM`."""
    # Babel uses a narrow no-break space, which not every font has
    return str(format_time(at, "short", tzinfo=zone, locale=locale())).replace("\u202f", NO_BREAK)


@sayable
def say_time_and_zone(at: datetime, zone: ZoneInfo) -> str:
    """Return the time of day and its zone: `2:00 PM ET`, on one line if the zone's name is short."""
    name = zone_short(zone)
    return f"{say_time(at, zone)}{' ' if ' ' in name else NO_BREAK}{name}"


@sayable
def say_for_reader(at: datetime, zone: ZoneInfo, reader: ZoneInfo) -> str:
    """Return the same moment in the reader's time zone, or "" if their clock shows the same.

    The day is included only if it differs: `11:00 AM`, or with the day before it.
    """
    here, there = on_wall_clock(at, zone), on_wall_clock(at, reader)
    if here == there:
        return ""
    if here.date() == there.date():
        return say_time(at, reader)
    return f"{say_day(at, reader)}, {say_time(at, reader)}"


def say_span(span: timedelta) -> str:
    """Return a duration in its two largest units: `3 d 4 h`, `2 h 14 m`, `1 m`."""
    minutes = max(1, round(span.total_seconds() / 60))
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    return f"{hours} h {minutes} m" if hours else f"{minutes} m"


@sayable
def say_roughly(span: timedelta) -> str:
    """Return a duration in its largest unit: `3 days`, `2 hours`, at least `1 minute`."""
    return str(format_timedelta(max(span, timedelta(minutes=1)), "minute", locale=locale()))


def zone_short(zone: ZoneInfo) -> str:
    """Return a zone as written after a time: `ET`, `MST` (Phoenix), `Central European Time`, `UTC`."""
    return _zone_short(zone, locale())


def zone_word(zone: ZoneInfo) -> str:
    """Return a zone's name for a list: `Eastern`, `Central European Time`, `UTC`."""
    return _zone_word(zone, locale())


def _month_and_day(at: datetime, zone: ZoneInfo) -> str:
    return str(format_skeleton("MMMd", at, tzinfo=zone, locale=locale()))


@cache
def _zone_short(zone: ZoneInfo, locale: str) -> str:
    winter, summer = (datetime(2026, month, 1, tzinfo=zone).utcoffset() for month in (1, 7))
    variant: Literal["standard"] | None = "standard" if winter == summer else None
    name = get_timezone_name(zone, width="short", zone_variant=variant, locale=locale)
    return name if name.isalpha() and name.isupper() else _zone_word(zone, locale)


@cache
def _zone_word(zone: ZoneInfo, locale: str) -> str:
    if zone.key in ("UTC", "Etc/UTC"):
        return "UTC"
    name = get_timezone_name(zone, width="long", locale=locale)
    if "(" in name:  # a place's name, if the zone has no name for both halves of the year
        standard = get_timezone_name(zone, width="long", zone_variant="standard", locale=locale)
        name = standard.replace(" Standard", "")
    adjective = name.removesuffix(" Time")
    return adjective if adjective in ADJECTIVES else name


@cache
def places() -> frozenset[str]:
    """Return the zones in current use, without their old aliases."""
    text = files("tzdata.zoneinfo").joinpath("zone.tab").read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return frozenset(line.split("\t")[2] for line in lines)


@cache
def zone_choices() -> Mapping[str, tuple[tuple[str, str], ...]]:
    """Return the zones of all places for a form, by area: (IANA name, shown name)."""
    near = tuple((name, f"{zone_word(ZoneInfo(name))} ({_city(name)})") for name in NEAR)
    groups = {"United States": (*near, ("UTC", "UTC"))}
    rest = sorted(places() - set(NEAR), key=_city)
    for area in AREAS:
        groups[area] = tuple((name, _city(name)) for name in rest if name.startswith(f"{area}/"))
    return groups


def _city(name: str) -> str:
    return ", ".join(reversed(name.split("/")[1:])).replace("_", " ")
