"""Storage errors (missing file, storage unreachable), and the facts of a stored file."""

from dataclasses import dataclass
from datetime import datetime


class Missing(LookupError):
    """Nothing is stored under the key."""


class StorageAway(Exception):
    """The storage can't be reached, denies access, or fails; the state of the file is unknown.

    A file that was being written may exist or not; check again later. `kind` is a word for the log; the
    message may contain the file's name.
    """

    def __init__(self, message: str, kind: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Stat:
    """The facts of a stored file; `size` in bytes, `etag` quoted as in HTTP."""

    size: int
    etag: str
    modified: datetime
