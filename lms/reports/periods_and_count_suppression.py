"""Periods and count suppression: chart intervals, and figures withheld for under five people.

Pure: nothing here asks a database. PRODUCT.md, Privacy: when people watch stays theirs, so whatever
is told of a time is of five people at the least.
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
    """How long each lap of a chart is."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Span:
    """The moments a report looks at, [starts_at, ends_at); no start is from the beginning on."""

    starts_at: datetime | None
    ends_at: datetime

    @property
    def is_all(self) -> bool:
        """Tell whether nothing that was ever watched is left out."""
        return self.starts_at is None


@dataclass(frozen=True, slots=True)
class Lap:
    """One bar of a chart, [starts_at, ends_at), named by its first day."""

    day: date
    starts_at: datetime
    ends_at: datetime


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the moment at which a day begins in a zone."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def lapse_of(first: date, last: date) -> Lapse:
    """Return how finely so many days, both included, are drawn: never more than 36 bars or so."""
    days = (last - first).days + 1
    if days <= MOST_DAYS:
        return Lapse.DAY
    if days <= MOST_WEEKS * 7:
        return Lapse.WEEK
    return Lapse.MONTH if days <= MOST_MONTHS * 31 else Lapse.YEAR


def laps(first: date, last: date, lapse: Lapse, zone: ZoneInfo) -> tuple[Lap, ...]:
    """Return the laps of the days from `first` to `last`, both included.

    Weeks begin on Mondays; the first and the last lap may be cut short.
    """
    bounds = [*_begin(first, last, lapse), last + DAY]
    return tuple(
        Lap(starts, midnight(starts, zone), midnight(ends, zone))
        for starts, ends in pairwise(bounds)
    )


def kept_back(people: Sequence[int], *, of_them: int) -> frozenset[int]:
    """Return which figures, by their places, are told to nobody; `people` counts who is in each.

    Those of fewer than five. Where all of those together are of fewer than five (`of_them`), a sum
    would still tell them, so the smallest other one is kept back with them.
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
