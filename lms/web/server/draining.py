"""Draining: whether this process is shutting down, so that load balancers send requests elsewhere."""

from threading import Event
from typing import Final

_draining: Final = Event()


def begin_draining() -> None:
    """Make /readyz answer 503 from now on; irreversible, because the process is about to exit."""
    _draining.set()


def is_draining() -> bool:
    """Return whether this process is shutting down."""
    return _draining.is_set()
