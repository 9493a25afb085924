"""What is known of a stored file, and that there is none."""

from dataclasses import dataclass
from datetime import datetime


class Missing(LookupError):
    """Nothing is stored under that key."""


@dataclass(frozen=True, slots=True)
class Stat:
    """What is known of a stored file; `size` in bytes, `etag` quoted as HTTP wants it."""

    size: int
    content_type: str
    etag: str
    modified: datetime
