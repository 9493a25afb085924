"""Resumable uploads: the interface by which files arrive in chunks before they are stored.

What was kept is on the disk, or is a part that the S3 server lists: that alone is the truth of how
far a file is, and a program that is killed at any moment loses no more than the piece it held.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

PIECE_BYTES: Final = 16 * 1024 * 1024


class NotBegun(LookupError):
    """Nothing is arriving under that mark: it was never begun, was discarded, or is stored."""


class OutOfPlace(Exception):
    """A piece was to be put elsewhere than at the end; `kept` is where that is, in bytes."""

    def __init__(self, kept: int) -> None:
        super().__init__(f"the end is at {kept}")
        self.kept = kept


class NoRoomLeft(OSError):
    """The disk is full; what was kept before is still there."""


@dataclass(frozen=True, slots=True)
class Arriving:
    """A file that is arriving: the key it will have, the storage's own mark of it, and its size.

    What was found by looking has no size; it can be discarded alone.
    """

    key: str
    mark: str
    size_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """Something that is arriving, found by looking."""

    arriving: Arriving
    begun_at: datetime


class Intake(Protocol):
    """A storage's way to take in a file piece by piece. One piece at a time for each file.

    Every method raises StorageAway while the storage can't be reached.
    """

    def begin(self, key: str, size: int) -> Arriving:
        """Make ready for a file of so many bytes; nothing is seen under its key until `finish`."""

    def least_bytes(self, size: int) -> int:
        """Return the smallest piece, but the last, that a file of that size can be given."""

    def step_bytes(self, size: int) -> int:
        """Return what every piece, but the last, of a file of that size must be a multiple of."""

    def kept(self, arriving: Arriving) -> int:
        """Return how many bytes are safely kept; raises NotBegun."""

    def add(self, arriving: Arriving, at: int, piece: bytes) -> int:
        """Keep a piece safely and return how many bytes are kept now.

        A piece that comes late, when others were kept in its place, alters nothing of the file.
        Raises OutOfPlace when `at` is not the end, NotBegun, and NoRoomLeft.
        """

    def finish(self, arriving: Arriving) -> None:
        """Store the whole file under its key; doing it again is no fault.

        Raises NotBegun, also for a file of which less is kept than its size.
        """

    def discard(self, arriving: Arriving) -> None:
        """Forget what was kept; it is no fault when there is nothing."""

    def unfinished(self) -> Iterator[Found]:
        """Yield everything that is arriving, also what nobody else knows of."""

    def free_bytes(self) -> int | None:
        """Return how much room there is, None where that is no question."""
