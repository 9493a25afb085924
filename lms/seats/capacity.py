"""The capacity of a pool at a moment: the sum of its grants, and whether it admits people.

Pure: it counts seats. Only lms/access/policy.py decides who can watch.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

GRACE: Final = timedelta(days=14)  # PRODUCT.md, C1
KEPT_FROZEN: Final = timedelta(days=90)


class Standing(StrEnum):
    """The state of a pool with respect to the terms of its grants."""

    IN_FORCE = "in_force"
    GRACE = "grace"
    AHEAD = "ahead"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class Line:
    """The seats (None is unlimited) and the term of one grant that isn't revoked."""

    seats: int | None
    starts_at: datetime
    ends_at: datetime | None
    grace_until: datetime | None


@dataclass(frozen=True, slots=True)
class Capacity:
    """The number of seats (None is unlimited), and which grants they come from."""

    standing: Standing
    seats: int | None

    @property
    def takes_people(self) -> bool:
        """Return whether new people can be seated: not in the grace period (C1) or after it."""
        return self.standing in (Standing.IN_FORCE, Standing.AHEAD)


NOTHING: Final = Capacity(Standing.LAPSED, 0)


def capacity_at(lines: Sequence[Line], now: datetime) -> Capacity:
    """Return the capacity of a pool with these grants.

    Active grants count. If there are none, those in their grace period count; if there are none of
    those either, future ones count, so that people can be invited ahead of time.
    """
    for standing in (Standing.IN_FORCE, Standing.GRACE, Standing.AHEAD):
        counted = [line.seats for line in lines if _stands(line, now) is standing]
        if counted:
            return Capacity(standing, _total(counted))
    return NOTHING


def changes_of(lines: Iterable[Line]) -> tuple[datetime, ...]:
    """Return the times at which grants start, end, and leave their grace period, in order."""
    moments = {
        at
        for line in lines
        for at in (line.starts_at, line.ends_at, line.grace_until)
        if at is not None
    }
    return tuple(sorted(moments))


def _stands(line: Line, now: datetime) -> Standing:
    if now < line.starts_at:
        return Standing.AHEAD
    if line.ends_at is None or now < line.ends_at:
        return Standing.IN_FORCE
    is_in_grace = line.grace_until is not None and now < line.grace_until
    return Standing.GRACE if is_in_grace else Standing.LAPSED


def _total(seats: Iterable[int | None]) -> int | None:
    total = 0
    for number in seats:
        if number is None:
            return None
        total += number
    return total
