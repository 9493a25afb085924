"""The clock: the one place that reads the current time."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the current time as an aware UTC datetime; only an edge calls this."""
    return datetime.now(UTC)
