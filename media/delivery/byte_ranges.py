"""Byte ranges: which bytes a request wants, with its conditions (RFC 9110)."""

import re
from dataclasses import dataclass
from typing import Final

_RANGE: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class Unsatisfiable(ValueError):
    """The range begins after the end of the file (416)."""


@dataclass(frozen=True, slots=True)
class Span:
    """`length` bytes from `start`; `open_ended` if the request named no last byte."""

    start: int
    length: int
    open_ended: bool

    def capped(self, most: int) -> "Span":
        """Return the same span, limited to `most` bytes if its end is open."""
        if not self.open_ended or self.length <= most:
            return self
        return Span(self.start, most, open_ended=True)


def wanted_span(header: str, if_range: str, etag: str, size: int) -> Span | None:
    """Return the span that Range and If-Range ask for, None for the whole file.

    Several ranges, another unit and an unreadable header mean the whole file, as section 14.2 allows.
    Raises Unsatisfiable.
    """
    found = _RANGE.fullmatch(header)
    if not found or (if_range and if_range != etag):
        return None
    first, last = found.groups()
    if not first:
        return _suffix(last, size)
    start = int(first)
    if last and int(last) < start:
        return None
    if start >= size:
        raise Unsatisfiable
    end = min(int(last), size - 1) if last else size - 1
    return Span(start, end - start + 1, open_ended=not last)


def _suffix(last: str, size: int) -> Span | None:
    if not last:
        return None
    length = min(int(last), size)
    if length == 0:
        raise Unsatisfiable
    return Span(size - length, length, open_ended=False)


def is_known(if_none_match: str, etag: str) -> bool:
    """Return whether the client already has this version (If-None-Match, section 13.1.2)."""
    if not if_none_match:
        return False
    tags = (tag.strip().removeprefix("W/") for tag in if_none_match.split(","))
    return if_none_match.strip() == "*" or etag in tags
