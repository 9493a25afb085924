"""Waiting for another process."""

import time
from collections.abc import Callable

# How long tests wait for a response; a busy machine takes many times as long as usual.
PATIENCE_S = 240.0


def until(happened: Callable[[], bool], *, seconds: float = PATIENCE_S) -> None:
    """Wait until `happened()` is true; fails after `seconds`."""
    ends = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < ends, f"nothing happened for {seconds} s"
        time.sleep(0.05)
