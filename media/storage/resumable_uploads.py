"""Resumable uploads: the interface by which files arrive in chunks before they are stored.

The saved bytes are on disk, or in the parts that the S3 server lists; nothing else records the
progress. A program that is killed loses at most the piece it was saving.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

PIECE_BYTES: Final = 16 * 1024 * 1024


class NotBegun(LookupError):
    """No upload has this mark: it was never begun, was discarded, or is stored."""


class OutOfPlace(Exception):
    """A piece was not for the end of the file; `kept` is the position of the end, in bytes."""

    def __init__(self, kept: int) -> None:
        super().__init__(f"the end is at {kept}")
        self.kept = kept


class NoRoomLeft(OSError):
    """The disk is full; the bytes saved before are still there."""


@dataclass(frozen=True, slots=True)
class Arriving:
    """A file being uploaded: its future key, the storage's own mark for it, and its size.

    One from `unfinished` has no size; it can only be discarded.
    """

    key: str
    mark: str
    size_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """An unfinished upload found in storage."""

    arriving: Arriving
    begun_at: datetime


class Intake(Protocol):
    """Receives files piece by piece. Only one piece at a time per file.

    Every method raises StorageAway while the storage can't be reached.
    """

    def begin(self, key: str, size: int) -> Arriving:
        """Begin an upload of this many bytes; its key stays empty until `finish`."""

    def least_bytes(self, size: int) -> int:
        """Return the smallest size of a piece, except the last, for a file of that size."""

    def step_bytes(self, size: int) -> int:
        """Return the number that the size of every piece, except the last, must be a multiple of."""

    def kept(self, arriving: Arriving) -> int:
        """Return how many bytes are saved durably; raises NotBegun."""

    def add(self, arriving: Arriving, at: int, piece: bytes) -> int:
        """Save a piece durably and return how many bytes are saved now.

        A late piece whose place was already filled doesn't change the file. Raises OutOfPlace if `at`
        is not the end, NotBegun, and NoRoomLeft.
        """

    def finish(self, arriving: Arriving) -> None:
        """Store the complete file under its key; can be repeated.

        Raises NotBegun, also if fewer bytes are saved than the file's size.
        """

    def discard(self, arriving: Arriving) -> None:
        """Delete the saved bytes; no error if there are none."""

    def unfinished(self) -> Iterator[Found]:
        """Yield all unfinished uploads, including those recorded nowhere else."""

    def free_bytes(self) -> int | None:
        """Return the free space in bytes, None if unlimited."""
