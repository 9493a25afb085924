"""Dates and times formatted for the LTI tool's pages."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from lms.core.dates_and_time_zones import read_zone, say_date, say_datetime_in_table


def say_day_of(at: datetime, zone: str) -> str:
    """Say a date by the clocks of a zone: `6 Oct 2022`."""
    return say_date(at, read_zone(zone))


def say_time_of(at: datetime, zone: str) -> str:
    """Say day and time by the clocks of a zone: `6 Oct 2022, 2:00 pm Eastern`."""
    return say_datetime_in_table(at, read_zone(zone))


def say_day_or_time_of(at: datetime, zone: str) -> str:
    """Say the date alone where a moment is a day's first, as a day without a time is kept."""
    return say_day_of(at, zone) if _is_midnight(at, zone) else say_time_of(at, zone)


def say_last_of(end: datetime, zone: str) -> str:
    """Say until when something lasts: `1 Jun 2027` where it ends with that day, else the time."""
    if not _is_midnight(end, zone):
        return say_time_of(end, zone)
    return say_day_of(end - timedelta(microseconds=1), zone)


def day_of(end: datetime, zone: ZoneInfo) -> date:
    """Return the last day before an end, by the clocks of a zone."""
    return (end.astimezone(zone) - timedelta(microseconds=1)).date()


def _is_midnight(at: datetime, zone: str) -> bool:
    return at.astimezone(read_zone(zone)).time() == time()
