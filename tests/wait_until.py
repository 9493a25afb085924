"""Waiting for what another process does."""

import time
from collections.abc import Callable


def until(happened: Callable[[], bool], *, seconds: float = 120.0) -> None:
    """Return when `happened()` is true; fails when it isn't within `seconds`."""
    ends = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < ends, f"nothing happened for {seconds} s"
        time.sleep(0.05)
