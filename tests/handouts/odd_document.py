"""An odd document, and what must become of it."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Odd:
    """One odd file: the name it comes under, what it holds, and what must become of it."""

    name: str
    file: str
    make: Callable[[], bytes]
    outcome: str


def taken(kind: str, pages: int = 0, *taken_out: str) -> str:
    """Say that a file is taken, and what was taken out of it."""
    counted = f", {pages} pages" if pages else ""
    return f"taken: {kind}{counted}" + (f", cleaned of {', '.join(taken_out)}" if taken_out else "")
