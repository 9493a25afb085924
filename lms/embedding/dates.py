"""Days as the library says them."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from lms.sales import last_moment
from lms.zones import read_zone, say_date, say_moment_in_a_row


def say_day_of(moment: datetime, zone: str) -> str:
    """Say a date by the clocks of a zone: `6 Oct 2022`."""
    return say_date(moment, read_zone(zone))


def say_time_of(moment: datetime, zone: str) -> str:
    """Say day and time by the clocks of a zone: `6 Oct 2022, 2:00 pm Eastern`."""
    return say_moment_in_a_row(moment, read_zone(zone))


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """Return the end of a day by the clocks of a zone, which is its next midnight."""
    return last_moment(day, zone)


def day_of(end: datetime, zone: ZoneInfo) -> date:
    """Return the last day before an end, by the clocks of a zone."""
    return (end.astimezone(zone) - timedelta(microseconds=1)).date()
