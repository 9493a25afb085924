"""The one place that asks the time."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the current time as an aware UTC datetime; only an edge calls this."""
    return datetime.now(UTC)
