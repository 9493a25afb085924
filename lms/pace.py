"""How far long work is, how fast it goes, and when it will be done; pure functions only."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

SURE_AFTER: Final = timedelta(seconds=2)  # before that a rate says nothing


@dataclass(frozen=True, slots=True)
class Pace:
    """So many are done, of so many where that is known; `per_second` and `left` once they are known."""

    done: int
    total: int | None
    share: float
    per_second: float | None
    left: timedelta | None


def pace_of(
    done: int, total: int | None, share: float, *, started_at: datetime | None, now: datetime
) -> Pace:
    """Return the pace of work of which a share, 0 to 1, is done since it started."""
    took = None if started_at is None else now - started_at
    if took is None or took < SURE_AFTER or done <= 0 or share <= 0:
        return Pace(done, total, share, None, None)
    left = took * ((1 - share) / share)
    return Pace(done, total, share, done / took.total_seconds(), left)
