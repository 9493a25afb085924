"""Draining: whether this process is about to end, so that load balancers ask others."""

from threading import Event
from typing import Final

_draining: Final = Event()


def begin_draining() -> None:
    """Let /readyz answer 503 from now on; nothing turns it back, as the process is about to end."""
    _draining.set()


def is_draining() -> bool:
    """Tell whether this process is about to end."""
    return _draining.is_set()
