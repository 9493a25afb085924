"""Clocks for tests."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)  # a Monday, 10:00 in New York
SATURDAY = 5  # as `weekday()` counts


@dataclass(slots=True)
class Clock:
    """A clock for `lms.core.clock` that stands still until it is set."""

    moment: datetime = NOW

    def now(self, zone: tzinfo) -> datetime:
        """Return the time as `datetime.now(zone)` does."""
        return self.moment.astimezone(zone)

    def set(self, moment: datetime) -> None:
        """Set the clock to this moment."""
        self.moment = moment

    def advance(self, by: timedelta) -> datetime:
        """Move the clock forward; returns the new time."""
        self.moment += by
        return self.moment


@dataclass(frozen=True, slots=True)
class MovedClock:
    """A clock for `lms.core.clock` that runs ahead of the machine's clock by a fixed amount."""

    by: timedelta

    def now(self, zone: tzinfo) -> datetime:
        """Return the time as `datetime.now(zone)` does."""
        return datetime.now(zone) + self.by


def until_saturday_evening() -> timedelta:
    """Return the time until the next Saturday, 8 PM in New York: at most a week."""
    here = datetime.now(ZoneInfo("America/New_York"))
    days = (SATURDAY - here.weekday()) % 7
    evening = (here + timedelta(days=days)).replace(hour=20, minute=0)
    return evening - here if evening > here else evening + timedelta(days=7) - here


def zone_at_noon(moment: datetime) -> ZoneInfo:
    """Return a time zone where it is about noon, so the date doesn't change during a test."""
    hour = moment.astimezone(UTC).hour
    return ZoneInfo(f"Etc/GMT{hour - 12:+d}")  # Etc/GMT names give the hours to add to reach UTC
