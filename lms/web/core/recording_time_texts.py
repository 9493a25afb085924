"""Recording time texts: positions and lengths, parsed from fields and formatted for pages."""

import re
from typing import Final

MINUTE_S: Final = 60
COUNTED_IN_SECONDS: Final = 10 * MINUTE_S  # shorter recordings show seconds
LONGEST_S: Final = 7 * 24 * 60 * MINUTE_S


_CLOCK: Final = re.compile(r"(?:(\d{1,2}):)?(\d{1,3}):([0-5]\d)")


def minutes_of(seconds: float) -> int:
    """Return whole minutes, rounded, but at least 1 for anything above 0 seconds."""
    return max(1, round(seconds / MINUTE_S)) if seconds > 0 else 0


def clock_of(seconds: float) -> str:
    """Return a position as players show it: 4:05, or 1:04:05 from one hour on."""
    minutes, rest = divmod(int(seconds), MINUTE_S)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def seconds_of(clock: str) -> float | None:
    """Return the seconds of a position such as 4:05 or 1:04:05, or None if it isn't one."""
    found = _CLOCK.fullmatch(clock.strip())
    if found is None:
        return None
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return float((hours * 60 + minutes) * 60 + seconds)
