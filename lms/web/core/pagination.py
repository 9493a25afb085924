"""Pagination: which page of a list is shown, and links to its neighbors."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import request

from lms.core.errors import NotFound

LAST_PAGE = 100_000


@dataclass(frozen=True, slots=True)
class Pager:
    """Which part of a list is shown (templates/_parts/lists.html)."""

    first: int
    last: int
    total: int
    previous_url: str | None
    next_url: str | None


def page_number() -> int:
    """Return the page that the address asks for, from 1; raises NotFound for what is none."""
    number = request.args.get("page", 1, type=int)
    if not 1 <= number <= LAST_PAGE:
        raise NotFound
    return number


def pager_of(number: int, size: int, total: int, *, url: Callable[[int], str]) -> Pager:
    """Return the pager of page `number`; raises NotFound beyond the last page."""
    first = (number - 1) * size + 1
    if number > 1 and first > total:
        raise NotFound
    last = min(number * size, total)
    return Pager(
        first=min(first, total),
        last=last,
        total=total,
        previous_url=url(number - 1) if number > 1 else None,
        next_url=url(number + 1) if last < total else None,
    )
