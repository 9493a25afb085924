"""Storage errors (missing file, storage unreachable), and the facts of a stored file."""

from dataclasses import dataclass
from datetime import datetime


class Missing(LookupError):
    """Nothing is stored under that key."""


class StorageAway(Exception):
    """The storage can't be reached, refuses whoever asks, or fails: nothing is known of the file.

    What was being written may be there or not; asking later tells. `kind` is a word for the log;
    the message may hold the file's name.
    """

    def __init__(self, message: str, kind: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Stat:
    """What is known of a stored file; `size` in bytes, `etag` quoted as HTTP wants it."""

    size: int
    etag: str
    modified: datetime
