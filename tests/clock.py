"""The time as tests set it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)  # a Monday, 10:00 in New York


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
