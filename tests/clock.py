"""The time as tests set it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)  # a Monday, 10:00 in New York
SATURDAY = 5  # as `weekday()` counts


@dataclass(slots=True)
class Clock:
    """What `lms.core.clock` reads instead of the machine's time; it stands still until it is set."""

    moment: datetime = NOW

    def now(self, zone: tzinfo) -> datetime:
        """Answer as `datetime.now(zone)` does."""
        return self.moment.astimezone(zone)

    def set(self, moment: datetime) -> None:
        """Make it this moment."""
        self.moment = moment

    def advance(self, by: timedelta) -> datetime:
        """Let time pass; returns the new moment."""
        self.moment += by
        return self.moment


@dataclass(frozen=True, slots=True)
class MovedClock:
    """What `lms.core.clock` reads instead of the machine's time: it goes on, ahead by so much."""

    by: timedelta

    def now(self, zone: tzinfo) -> datetime:
        """Answer as `datetime.now(zone)` does."""
        return datetime.now(zone) + self.by


def until_saturday_evening() -> timedelta:
    """Return how far the next Saturday, 8 PM in New York, is away: at most a week."""
    here = datetime.now(ZoneInfo("America/New_York"))
    days = (SATURDAY - here.weekday()) % 7
    evening = (here + timedelta(days=days)).replace(hour=20, minute=0)
    return evening - here if evening > here else evening + timedelta(days=7) - here


def zone_at_noon(moment: datetime) -> ZoneInfo:
    """Return a zone in which it is about noon, so that its day doesn't end while a test runs."""
    hour = moment.astimezone(UTC).hour
    return ZoneInfo(f"Etc/GMT{hour - 12:+d}")  # named by what is added to reach UTC
