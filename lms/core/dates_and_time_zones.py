"""Dates, times, and time zones: parses and formats them for the event and the reader."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from babel.dates import format_date, format_datetime, format_timedelta, get_timezone_name

from lms.core.errors import N_, Invalid

LOCALE = "en_US"
# The zones of North America are known by their adjective alone: "2:00 pm Eastern".
_ADJECTIVES = "Alaska Atlantic Central Eastern Hawaii-Aleutian Mountain Newfoundland Pacific"
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
AREAS = ("America", "Atlantic", "Europe", "Africa", "Asia", "Indian", "Australia", "Pacific")


def read_zone(name: str) -> ZoneInfo:
    """Return a zone of the IANA database; raises Invalid (field `zone`) for any other name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        sentence = N_("Choose a time zone from the list.")
        raise Invalid(sentence, fields={"zone": sentence}) from None


def is_zone(name: str) -> bool:
    """Tell whether this is a zone of the IANA database."""
    return name in available_timezones()


def from_wall_clock(shown: datetime, zone: ZoneInfo) -> datetime:
    """Return the UTC moment at which clocks in `zone` show the naive time `shown`.

    Raises Invalid (field `held_at`) for a time that those clocks skip or show twice.
    """
    first = shown.replace(tzinfo=zone, fold=0)
    second = shown.replace(tzinfo=zone, fold=1)
    if first.utcoffset() == second.utcoffset():
        return first.astimezone(UTC)
    is_skipped = first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != shown
    sentence = (
        N_("Clocks go forward then and never show this time. Choose one an hour later.")
        if is_skipped
        else N_(
            "Clocks go back then and show this time twice. Choose one an hour later or earlier."
        )
    )
    raise Invalid(sentence, fields={"held_at": sentence})


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """Return the end of a day in `zone`, which is the next midnight there.

    Raises OverflowError for the last day that there is.
    """
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=zone)


def on_wall_clock(at: datetime, zone: ZoneInfo) -> datetime:
    """Return what clocks in `zone` show at `at`, as a naive time."""
    return at.astimezone(zone).replace(tzinfo=None)


def say_datetime(at: datetime, zone: ZoneInfo) -> str:
    """Say day, time and zone: `Thursday 6 October 2022, 2:00 pm Eastern`."""
    return f"{say_day(at, zone)}, {say_time(at, zone)} {zone_word(zone)}"


def say_datetime_in_table(at: datetime, zone: ZoneInfo) -> str:
    """Say it in a table: `6 Oct 2022, 2:00 pm Eastern`."""
    return f"{say_date(at, zone)}, {say_time(at, zone)} {zone_word(zone)}"


def say_datetime_short(at: datetime, zone: ZoneInfo) -> str:
    """Say it on a card: `6 Oct, 2:00 pm Eastern`."""
    return f"{say_time_shortly(at, zone)} {zone_word(zone)}"


def say_time_shortly(at: datetime, zone: ZoneInfo) -> str:
    """Say it by a clock that needs no naming: `6 Oct, 2:00 pm`."""
    return f"{_said(at, zone, 'd MMM')}, {say_time(at, zone)}"


def say_day(at: datetime, zone: ZoneInfo) -> str:
    """Say the day: `Thursday 6 October 2022`."""
    return _said(at, zone, "EEEE d MMMM y")


def say_date(at: datetime, zone: ZoneInfo) -> str:
    """Say the date in few letters: `6 Oct 2022`."""
    return _said(at, zone, "d MMM y")


def say_long_date(at: datetime, zone: ZoneInfo) -> str:
    """Say the date as legal texts do: `October 6, 2026`."""
    return str(format_date(on_wall_clock(at, zone), "long", locale=LOCALE))


def say_calendar_date(day: date) -> str:
    """Say a day that no clock belongs to, such as a last day: `Oct 6, 2026`."""
    return str(format_date(day, "medium", locale=LOCALE))


def say_time(at: datetime, zone: ZoneInfo) -> str:
    """Say the time of day: `2:00 pm`."""
    return _said(at, zone, "h:mm a").lower()


def say_for_reader(at: datetime, zone: ZoneInfo, reader: ZoneInfo) -> str:
    """Say the same moment by the reader's clock, or nothing where it shows the same.

    The day is said only where it is another one: `11:00 am`, or `Friday 7 October, 3:00 am`.
    """
    here, there = on_wall_clock(at, zone), on_wall_clock(at, reader)
    if here == there:
        return ""
    if here.date() == there.date():
        return say_time(at, reader)
    return f"{_said(at, reader, 'EEEE d MMMM')}, {say_time(at, reader)}"


def say_span(span: timedelta) -> str:
    """Say a span of time by its two largest units: `3 d 4 h`, `2 h 14 m`, `1 m`."""
    minutes = max(1, round(span.total_seconds() / 60))
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    return f"{hours} h {minutes} m" if hours else f"{minutes} m"


def say_roughly(span: timedelta) -> str:
    """Say a span of time by its largest unit: `3 days`, `2 hours`, `1 minute` at the least."""
    return str(format_timedelta(max(span, timedelta(minutes=1)), "minute", locale=LOCALE))


@cache
def zone_word(zone: ZoneInfo) -> str:
    """Name a zone as it is said after a time: `Eastern`, `Central European Time`, `UTC`."""
    if zone.key in ("UTC", "Etc/UTC"):
        return "UTC"
    name = str(get_timezone_name(zone, width="long", locale=LOCALE))
    adjective = name.removesuffix(" Time")
    return adjective if adjective in ADJECTIVES else name


@cache
def places() -> frozenset[str]:
    """Return the zones that places have now, without the old names they are known by as well."""
    text = files("tzdata.zoneinfo").joinpath("zone.tab").read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return frozenset(line.split("\t")[2] for line in lines)


@cache
def zone_choices() -> Mapping[str, tuple[tuple[str, str], ...]]:
    """Return the zone of every place for a form, by area: (name in the database, name for people)."""
    near = tuple((name, f"{zone_word(ZoneInfo(name))} ({_city(name)})") for name in NEAR)
    groups = {"United States": (*near, ("UTC", "UTC"))}
    rest = sorted(places() - set(NEAR), key=_city)
    for area in AREAS:
        groups[area] = tuple((name, _city(name)) for name in rest if name.startswith(f"{area}/"))
    return groups


def _city(name: str) -> str:
    return ", ".join(reversed(name.split("/")[1:])).replace("_", " ")


def _said(at: datetime, zone: ZoneInfo, form: str) -> str:
    said = format_datetime(at, form, tzinfo=zone, locale=LOCALE)
    return said.replace("\u202f", " ")
