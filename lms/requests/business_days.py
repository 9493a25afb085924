"""Business days: Monday through Friday without US federal holidays, and when an answer is due."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from lms.models.requests import RequestKind

DAY_ENDS: Final = time(17)
MONDAY, THURSDAY, SATURDAY, SUNDAY = 0, 3, 5, 6
WEEK: Final = 7
DAY: Final = timedelta(days=1)


def due_at(
    kind: RequestKind, zone: ZoneInfo, now: datetime, *, needed_on: date | None = None
) -> datetime:
    """Return when an answer is due: on the day it is needed, or else the next business day.

    A barrier may have to be removed first, so it has two business days.
    """
    if needed_on is not None:
        return max(datetime.combine(needed_on, DAY_ENDS, tzinfo=zone), now)
    return due_after(now, zone, days=2 if kind is RequestKind.BARRIER else 1)


def due_after(asked_at: datetime, zone: ZoneInfo, *, days: int = 1) -> datetime:
    """Return when an answer is due: at 5 PM in `zone`, that many business days later.

    With one day, requests from Friday through Sunday are due on Monday, or on Tuesday if that Monday
    is a holiday.
    """
    day = asked_at.astimezone(zone).date()
    for _ in range(days):
        day += DAY
        while not is_business_day(day):
            day += DAY
    return datetime.combine(day, DAY_ENDS, tzinfo=zone)


def is_business_day(day: date) -> bool:
    """Return whether a day is from Monday through Friday and no federal holiday is observed on it."""
    return day.weekday() < SATURDAY and day not in federal_holidays(day.year)


@lru_cache(maxsize=8)
def federal_holidays(year: int) -> frozenset[date]:
    """Return the days of a year on which US federal holidays are observed (5 U.S.C. 6103).

    A holiday on a Saturday is observed the day before, one on a Sunday the day after. New Year's Day
    can therefore be observed in the year before.
    """
    named = (*_holidays(year), date(year + 1, 1, 1))
    return frozenset(day for each in named if (day := _observed(each)).year == year)


def _holidays(year: int) -> Iterator[date]:
    yield date(year, 1, 1)  # New Year's Day
    yield _nth(year, 1, MONDAY, 3)  # Birthday of Martin Luther King, Jr.
    yield _nth(year, 2, MONDAY, 3)  # Washington's Birthday
    yield _nth(year, 6, MONDAY, 1) - WEEK * DAY  # Memorial Day, the last Monday in May
    yield date(year, 6, 19)  # Juneteenth
    yield date(year, 7, 4)  # Independence Day
    yield _nth(year, 9, MONDAY, 1)  # Labor Day
    yield _nth(year, 10, MONDAY, 2)  # Columbus Day
    yield date(year, 11, 11)  # Veterans Day
    yield _nth(year, 11, THURSDAY, 4)  # Thanksgiving Day
    yield date(year, 12, 25)  # Christmas Day


def _nth(year: int, month: int, weekday: int, number: int) -> date:
    first = date(year, month, 1)
    return first + ((weekday - first.weekday()) % WEEK + (number - 1) * WEEK) * DAY


def _observed(day: date) -> date:
    return day + {SATURDAY: -DAY, SUNDAY: DAY}.get(day.weekday(), timedelta())
