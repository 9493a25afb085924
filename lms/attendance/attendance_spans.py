"""Attendance spans from reports: who was connected and for how many minutes in all."""

import unicodedata
from collections.abc import Iterable
from datetime import datetime
from typing import Final, Protocol

from lms.core.email_addresses import read_address
from lms.core.errors import Invalid

MOST_MINUTES: Final = 1440
LONGEST_KEY: Final = 330


class Span(Protocol):
    """A time from which and until which somebody was there."""

    @property
    def began_at(self) -> datetime:
        """Return when it began."""

    @property
    def ended_at(self) -> datetime:
        """Return when it ended."""


def key_of(name: str, email: str) -> str:
    """Return the key of a participant: the address, or else the name however it is written.

    It has 330 characters at most, also of letters that become many when they are made plain.
    """
    if email:
        try:
            return read_address(email).key
        except Invalid:
            return email.casefold()[:LONGEST_KEY]
    # Zoom writes a former name behind the present one: Ann (Ann's iPad)
    plain = unicodedata.normalize("NFKC", name.partition("(")[0] or name)
    return ("name:" + " ".join(plain.casefold().split()))[:LONGEST_KEY]


def minutes_of(held_at: datetime, stays: Iterable[Span]) -> int:
    """Return the minutes somebody was there from the beginning on, each counted once, rounded.

    Two screens of one person in the same minute are one minute; the time before it began is none.
    """
    seconds, reached = 0.0, held_at
    for one in sorted(stays, key=lambda each: each.began_at):
        begins = max(one.began_at, reached)
        if one.ended_at > begins:
            seconds += (one.ended_at - begins).total_seconds()
            reached = one.ended_at
    return min(MOST_MINUTES, int(seconds / 60 + 0.5))
