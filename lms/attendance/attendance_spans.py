"""Attendance spans from reports: who was connected and for how many minutes in total."""

import unicodedata
from collections.abc import Iterable
from datetime import datetime
from typing import Final, Protocol

from lms.core.email_addresses import read_address
from lms.core.errors import Invalid

MOST_MINUTES: Final = 1440
LONGEST_KEY: Final = 330


class Span(Protocol):
    """A period of attendance."""

    @property
    def began_at(self) -> datetime:
        """Return when it began."""

    @property
    def ended_at(self) -> datetime:
        """Return when it ended."""


def key_of(name: str, email: str) -> str:
    """Return the key of a participant: the address, or else the normalized name.

    At most 330 characters, even if normalization makes the name longer.
    """
    if email:
        try:
            return read_address(email).key
        except Invalid:
            return email.casefold()[:LONGEST_KEY]
    # Zoom appends a former name to the present one: Ann (Ann's iPad)
    plain = unicodedata.normalize("NFKC", name.partition("(")[0] or name)
    return ("name:" + " ".join(plain.casefold().split()))[:LONGEST_KEY]


def minutes_of(held_at: datetime, stays: Iterable[Span]) -> int:
    """Return the rounded minutes a person attended since the start, each counted once.

    Two devices of one person in the same minute count once; time before the start doesn't count.
    """
    seconds, reached = 0.0, held_at
    for one in sorted(stays, key=lambda each: each.began_at):
        begins = max(one.began_at, reached)
        if one.ended_at > begins:
            seconds += (one.ended_at - begins).total_seconds()
            reached = one.ended_at
    return min(MOST_MINUTES, int(seconds / 60 + 0.5))
