"""Job progress estimates: amount done, rate, and time left of long work; pure functions."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

SURE_AFTER: Final = timedelta(seconds=2)  # an earlier rate is meaningless


@dataclass(frozen=True, slots=True)
class Pace:
    """The amount done, and the total if known; `per_second` and `left` once they can be estimated."""

    done: int
    total: int | None
    share: float
    per_second: float | None
    left: timedelta | None


def pace_of(
    done: int,
    total: int | None,
    share: float,
    *,
    started_at: datetime | None,
    now: datetime,
    before: int = 0,
) -> Pace:
    """Return the pace of work of which a share, 0 to 1, is done.

    `before` of `done` were done earlier, by a lost worker.
    """
    took, since = None if started_at is None else now - started_at, done - before
    if took is None or took < SURE_AFTER or since <= 0 or share <= 0:
        return Pace(done, total, share, None, None)
    left = took * ((1 - share) / (share * since / done))
    return Pace(done, total, share, since / took.total_seconds(), left)
