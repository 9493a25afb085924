"""Periods and count suppression: chart intervals, and figures withheld for fewer than five people.

Pure functions. PRODUCT.md, Privacy: when a person watches is private, so any figure for a period is of
at least five people.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

LEAST: Final = 5
MOST_DAYS: Final = 31
MOST_WEEKS: Final = 26
MOST_MONTHS: Final = 36
DAY: Final = timedelta(days=1)


class Lapse(StrEnum):
    """The length of a chart's intervals."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Span:
    """The period of a report, [starts_at, ends_at); `starts_at` None means from the beginning."""

    starts_at: datetime | None
    ends_at: datetime

    @property
    def is_all(self) -> bool:
        """Return whether the period has no start, and so excludes nothing ever watched."""
        return self.starts_at is None


@dataclass(frozen=True, slots=True)
class Lap:
    """One bar of a chart, [starts_at, ends_at), labeled with its first day."""

    day: date
    starts_at: datetime
    ends_at: datetime


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the start of a day in a zone, in UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def lapse_of(first: date, last: date) -> Lapse:
    """Return the interval for a period of days, both included, that keeps a chart at about 36 bars."""
    days = (last - first).days + 1
    if days <= MOST_DAYS:
        return Lapse.DAY
    if days <= MOST_WEEKS * 7:
        return Lapse.WEEK
    return Lapse.MONTH if days <= MOST_MONTHS * 31 else Lapse.YEAR


def laps(first: date, last: date, lapse: Lapse, zone: ZoneInfo) -> tuple[Lap, ...]:
    """Return the intervals from `first` to `last`, both included.

    Weeks begin on Monday; the first and the last interval can be partial.
    """
    bounds = [*_begin(first, last, lapse), last + DAY]
    return tuple(
        Lap(starts, midnight(starts, zone), midnight(ends, zone))
        for starts, ends in pairwise(bounds)
    )


def kept_back(people: Sequence[int], *, of_them: int) -> frozenset[int]:
    """Return the indexes of figures to withhold; `people` has the number of people in each.

    These are figures of fewer than five people. If they are of fewer than five people together
    (`of_them`), a total would reveal them, so the smallest other figure is withheld, too.
    """
    few = {place for place, count in enumerate(people) if 0 < count < LEAST}
    if few and of_them < LEAST:
        others = [(count, place) for place, count in enumerate(people) if count >= LEAST]
        few.update(place for _count, place in sorted(others)[:1])
    return frozenset(few)


def _begin(first: date, last: date, lapse: Lapse) -> Iterator[date]:
    yield first
    day = _next(first, lapse)
    while day <= last:
        yield day
        day = _next(day, lapse)


def _next(day: date, lapse: Lapse) -> date:
    match lapse:
        case Lapse.DAY:
            return day + DAY
        case Lapse.WEEK:
            return day + timedelta(days=7 - day.weekday())
        case Lapse.MONTH:
            return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
        case Lapse.YEAR:
            return date(day.year + 1, 1, 1)
