"""Dates and times formatted for the LTI tool's pages."""

from datetime import datetime, time

from lms.core.dates_and_time_zones import last_moment, read_zone, say_date, say_datetime_in_table


def say_day_of(at: datetime, zone: str) -> str:
    """Return a date in a time zone, such as `Oct 6, 2022`."""
    return say_date(at, read_zone(zone))


def say_time_of(at: datetime, zone: str) -> str:
    """Return a date and time in a time zone, as in tables."""
    return say_datetime_in_table(at, read_zone(zone))


def say_day_or_time_of(at: datetime, zone: str) -> str:
    """Return only the date if the time is midnight: dates without a time are stored as midnight."""
    return say_day_of(at, zone) if _is_midnight(at, zone) else say_time_of(at, zone)


def say_last_of(end: datetime, zone: str) -> str:
    """Return when something ends: the last day if it ends at midnight, else the time."""
    if not _is_midnight(end, zone):
        return say_time_of(end, zone)
    return say_day_of(last_moment(end), zone)


def _is_midnight(at: datetime, zone: str) -> bool:
    return at.astimezone(read_zone(zone)).time() == time()
