"""An odd document and its expected outcome."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Odd:
    """One odd file: its name, its content, and its expected outcome."""

    name: str
    file: str
    make: Callable[[], bytes]
    outcome: str


def taken(kind: str, pages: int = 0, *taken_out: str) -> str:
    """Return the outcome of an accepted file, with what was removed from it."""
    counted = f", {pages} pages" if pages else ""
    return f"taken: {kind}{counted}" + (f", cleaned of {', '.join(taken_out)}" if taken_out else "")
