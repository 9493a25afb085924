"""Waiting for what another process does."""

import time
from collections.abc import Callable

# How long a test waits for an answer that is sure to come: a busy machine takes many times as long as usual.
PATIENCE_S = 240.0


def until(happened: Callable[[], bool], *, seconds: float = PATIENCE_S) -> None:
    """Return when `happened()` is true; fails when it isn't within `seconds`."""
    ends = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < ends, f"nothing happened for {seconds} s"
        time.sleep(0.05)
