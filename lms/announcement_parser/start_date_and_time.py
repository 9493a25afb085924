"""The start date and time: reads days in an announcement and combines them with times and zones.

An ambiguity is never decided here: the possible moments are returned.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import product
from typing import Final

from dateutil import parser

from lms.announcement_parser.times_of_day_and_time_zones import Told, tell_times
from lms.core.dates_and_time_zones import from_wall_clock, is_zone, read_zone
from lms.core.errors import N_, Invalid

LONGEST: Final = 2000  # every day is combined with every time
FURTHEST_YEARS: Final = 2  # how many years ahead a day without a year is searched

_MONTH: Final = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY: Final = r"\d{1,2}(?:st|nd|rd|th)?"
_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DATE: Final = re.compile(
    r"(?:\b(?P<weekday>mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\b\.?,?\s+"
    r"(?:the\s+)?)?"
    r"(?<![\w/.-])(?P<date>"
    r"(?P<iso>\d{4}[-./]\d{1,2}[-./]\d{1,2})"
    r"|(?P<figures>\d{1,2}(?P<mark>[-./])\d{1,2}(?P=mark)(?:\d{4}|\d{2}))"
    rf"|{_MONTH}\s+{_DAY}(?!\d|:|\s*[ap]\.?m\b)(?:,?\s+(?P<year_after>\d{{4}}))?"
    rf"|{_DAY}(?:\s+of)?\s+{_MONTH}(?:,?\s+(?P<year_last>\d{{4}}))?"
    r")(?!\w|/\d)",
    re.IGNORECASE,
)


# The offset in winter before the name of a zone, as calendars write it.
_STANDARD_OFFSET: Final = re.compile(r"\((?:UTC|GMT)[+-]\d\d:?\d\d\)(?=\s*[A-Z][a-z]+\b)")


# `1400-1530`, in which only a range is certainly a time.
_MILITARY: Final = re.compile(
    r"(?<![\w$:.])([01]\d|2[0-3])([0-5]\d)(\s?(?:-|\u2013|to)\s?)([01]\d|2[0-3])([0-5]\d)(?!\d)"
)


class Ask(StrEnum):
    """The questions about the time of a webinar."""

    NO_DATE = "no_date"
    NO_YEAR = "no_year"
    NO_TIME = "no_time"
    NO_ZONE = "no_zone"
    DAY_OR_MONTH = "day_or_month"
    WEEKDAY_DIFFERS = "weekday_differs"
    SEVERAL = "several"
    MORNING_OR_AFTERNOON = "morning_or_afternoon"
    ZONE_UNCLEAR = "zone_unclear"
    ZONES_DIFFER = "zones_differ"
    WHICH_ZONE = "which_zone"
    PAST = "past"


SENTENCES: Final = {
    Ask.NO_DATE: N_("We couldn't find a date. Enter when it starts."),
    Ask.NO_YEAR: N_("The year is missing. Choose one."),
    Ask.NO_TIME: N_("We couldn't find a time. Enter when it starts."),
    Ask.NO_ZONE: N_("There's no time zone. Choose one."),
    Ask.DAY_OR_MONTH: N_("This date could be month/day or day/month. Choose one."),
    Ask.WEEKDAY_DIFFERS: N_("The weekday doesn't match the date. Choose one."),
    Ask.SEVERAL: N_("There's more than one date or time. Choose one."),
    Ask.MORNING_OR_AFTERNOON: N_("It isn't clear whether this is AM or PM. Choose one."),
    Ask.ZONE_UNCLEAR: N_("The time zone could mean more than one. Choose one."),
    Ask.ZONES_DIFFER: N_("The times given for different zones don't match. Choose the right one."),
    Ask.WHICH_ZONE: N_("It's given in several time zones. Choose the one to show."),
    Ask.PAST: N_("This date has passed. Check it."),
}


@dataclass(frozen=True, slots=True)
class Beginning:
    """A possible beginning: local time in `zone`, or without a zone if `zone` is empty."""

    shown: datetime
    zone: str


@dataclass(frozen=True, slots=True)
class When:
    """The parsed time: the beginning, or the likely one with a question, or none, and what to ask.

    `choices` are what it may be; `minutes` is the length of a time range.
    """

    beginning: Beginning | None
    choices: tuple[Beginning, ...] = ()
    asks: tuple[Ask, ...] = ()
    minutes: int | None = None

    @property
    def settled(self) -> Beginning | None:
        """Return the beginning, or None if the text may mean another one, or it has passed."""
        return None if {Ask.SEVERAL, Ask.PAST} & set(self.asks) else self.beginning


@dataclass(frozen=True, slots=True)
class Day:
    """A day as written: the dates it may be, in calendar order, and its question."""

    start: int
    end: int
    dates: tuple[date, ...]
    ask: Ask | None


@lru_cache(maxsize=128)
def has_date(text: str) -> bool:
    """Return whether a text has a date."""
    return next(_days(text, date.min), None) is not None


def read_when(text: str, *, default_zone: str, today: date) -> When:
    """Parse the beginning of a webinar from one or a few lines: at most 2,000 characters."""
    text = _STANDARD_OFFSET.sub("", text[:LONGEST])
    days = days_in(text, today)
    blanked = list(text)
    for day in days:
        blanked[day.start : day.end] = " " * (day.end - day.start)
    clocks = _MILITARY.sub(r"\1:\2\3\4:\5", "".join(blanked))
    times = tell_times(clocks, american=default_zone.startswith(("America/", "US/")))
    if not days:
        return When(None, asks=(Ask.NO_DATE,), minutes=_minutes(times))
    if not times:
        dates = sorted({one for day in days for one in day.dates})
        choices = tuple(Beginning(datetime.combine(one, time(12)), "") for one in dates)
        asked = [ask for ask in (_ask_of_days(days), Ask.NO_TIME) if ask is not None]
        return When(None, choices if len(choices) > 1 else (), tuple(asked))
    return _joined(days, times, default_zone)


def days_in(text: str, today: date) -> tuple[Day, ...]:
    """Return every day that a text names, with its possible dates."""
    return tuple(_days(text, today))


def _days(text: str, today: date) -> Iterator[Day]:
    for found in _DATE.finditer(text):
        has_year = found["iso"] or found["figures"] or found["year_after"] or found["year_last"]
        dates = _with_year(found) if has_year else _without_year(found["date"], today)
        if not dates:
            continue
        ask = None
        if found["weekday"]:
            wanted = _WEEKDAYS.index(found["weekday"][:3].lower())
            fitting = [one for one in dates if one.weekday() == wanted]
            ask = None if fitting else Ask.WEEKDAY_DIFFERS
            dates = fitting if fitting and has_year else dates
        if not has_year:
            ask = ask or Ask.NO_YEAR
        elif len(dates) > 1:
            ask = ask or Ask.DAY_OR_MONTH
        yield Day(found.start(), found.end(), tuple(sorted(dates)), ask)


def _with_year(found: re.Match[str]) -> list[date]:
    text = found["date"]
    if found["iso"]:
        return _parsed(text.replace(".", "-").replace("/", "-"), day_first=False)
    if not found["figures"]:
        return _parsed(text, day_first=False)
    text = text.replace(".", "/").replace("-", "/")
    first, second = (int(part) for part in text.split("/")[:2])
    orders = [False] * (first <= 12) + [True] * (second <= 12)
    dates = [one for day_first in orders for one in _parsed(text, day_first=day_first)]
    return list(dict.fromkeys(dates))


def _without_year(text: str, today: date) -> list[date]:
    years = range(today.year, min(today.year + FURTHEST_YEARS, date.max.year) + 1)
    found = [one for year in years for one in _parsed(f"{text} {year:04}", day_first=False)]
    return [one for one in found if one >= today][:FURTHEST_YEARS]


def _parsed(text: str, *, day_first: bool) -> list[date]:
    try:
        return [parser.parse(text, dayfirst=day_first).date()]
    except (ValueError, OverflowError):
        return []


def _ask_of_days(days: tuple[Day, ...]) -> Ask | None:
    ask = next((day.ask for day in days if day.ask is not None), None)
    if ask is None and len({day.dates for day in days}) > 1:
        return Ask.SEVERAL
    return ask


def _minutes(times: tuple[Told, ...]) -> int | None:
    return next((one.minutes for one in times if one.minutes), None)


def _joined(days: tuple[Day, ...], times: tuple[Told, ...], default_zone: str) -> When:
    """Combine days and times in every way, and keep the combinations that give one moment."""
    minutes = _minutes(times)
    # A time belongs to the day before it, or to the first day.
    paired = [
        (next((day for day in reversed(days) if day.start < told.start), days[0]), told)
        for told in times
    ]
    ask = next((day.ask for day, _told in paired if day.ask is not None), None)
    taken = {one for day, _told in paired for one in day.dates}
    is_timeless = any(taken.isdisjoint(day.dates) for day in days)  # a second day without a time
    if is_timeless:
        paired = [(day, told) for told in times for day in days]
    ways = [] if is_timeless else _ways(paired, default_zone)
    if not ways:
        lone: list[tuple[Reading, ...]] = [(one,) for pair in paired for one in _of_one(pair)]
        choices = _distinct(lone, default_zone)
        is_same_day = len({day.dates for day, _told in paired}) == 1
        several = is_same_day and len({told.zones for told in times}) > 1
        return When(None, choices, (Ask.ZONES_DIFFER if several else Ask.SEVERAL,), minutes)
    choices = _distinct(ways, default_zone)
    asks = [ask] if ask else []
    if len(choices) > 1 and not ask:
        is_vague = any(one.is_vague for one in times)
        asks = [Ask.MORNING_OR_AFTERNOON if is_vague else Ask.ZONE_UNCLEAR]
    if not any(one.zones for one in times):
        asks.append(Ask.NO_ZONE)
    if len(choices) == 1 and not ask:
        named = {one.zone: one for way in ways for one, _at in way if one.zone}
        if len(named) < 2 or default_zone in named:
            return When(choices[0], (), tuple(asks), minutes)
        return When(choices[0], tuple(named.values()), (*asks, Ask.WHICH_ZONE), minutes)
    return When(None, choices, tuple(asks), minutes)


Reading = tuple[Beginning, datetime]


def _of_one(pair: tuple[Day, Told]) -> list[Reading]:
    day, told = pair
    found = []
    for one in day.dates:
        for clock in told.clocks:
            shown = datetime.combine(one, clock)
            zones = [name for zone in told.zones for name in zone.on(shown)] or [""]
            found += [(Beginning(shown, zone), _moment(shown, zone)) for zone in zones]
    return found


def _ways(paired: list[tuple[Day, Told]], default_zone: str) -> list[tuple[Reading, ...]]:
    """Return the combinations in which all times are the same moment."""
    zoned = [pair for pair in paired if pair[1].zones] or paired
    first = _of_one(zoned[0])
    rest = [_of_one(pair) for pair in zoned[1:8]]
    ways = []
    for one in first:
        same = [[other for other in others if other[1] == one[1]] for others in rest]
        ways += [(one, *way) for way in product(*same)] if all(same) else []
    return sorted(ways, key=lambda way: not any(one.zone == default_zone for one, _at in way))


def _distinct(ways: list[tuple[Reading, ...]], default_zone: str) -> tuple[Beginning, ...]:
    """Return one beginning for each moment, in our default zone if it is named."""
    found: dict[datetime, Beginning] = {}
    for way in ways:
        named = next((one for one, _at in way if one.zone == default_zone), way[0][0])
        found.setdefault(way[0][1], named)
    return tuple(found[at] for at in sorted(found))


def _moment(shown: datetime, zone: str) -> datetime:
    """Return the moment for comparison; a local time skipped by DST is also accepted."""
    is_at_an_edge = shown.year in {MINYEAR, MAXYEAR}  # of the calendar, where UTC may have no time
    if is_at_an_edge or not zone or not is_zone(zone):
        return shown.replace(tzinfo=read_zone("UTC"))
    try:
        return from_wall_clock(shown, read_zone(zone))
    except Invalid:
        return from_wall_clock(shown + timedelta(hours=2), read_zone(zone)) - timedelta(hours=2)
