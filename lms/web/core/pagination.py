"""Pagination: the current page and sort order of a list, with links to the others."""

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import urlencode

from flask import request, url_for

from lms.core.errors import NotFound

LAST_PAGE = 100_000
T = TypeVar("T")
# a dataclass of a table: `by`, a StrEnum of its columns, and `descending`
Order = TypeVar("Order", bound=Any)


@dataclass(frozen=True, slots=True)
class Pager:
    """The part of a list that is shown (templates/_parts/lists.html)."""

    first: int
    last: int
    total: int
    previous_url: str | None
    next_url: str | None


def page_number(name: str = "page") -> int:
    """Return the page number of the URL, starting at 1; raises NotFound if it is invalid."""
    number = request.args.get(name, 1, type=int)
    if not 1 <= number <= LAST_PAGE:
        raise NotFound
    return number


def pager_of(
    number: int, size: int, total: int, *, url: Callable[[int], str] | None = None
) -> Pager:
    """Return the pager of page `number`; raises NotFound past the last page.

    `url` returns the URL of another page; by default, it is `this_url` with that page.
    """
    url = url or (lambda page: this_url(page=page))
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


def paged(
    items: Sequence[T], size: int, *, url: Callable[[int], str] | None = None, name: str = "page"
) -> tuple[Sequence[T], Pager]:
    """Return the part of a list on the page that the URL names, and its pager; raises NotFound."""
    number = page_number(name)
    pager = pager_of(number, size, len(items), url=url)
    return items[(number - 1) * size : number * size], pager


def this_url(**changed: object) -> str:
    """Return the URL of this request with changed parameters; None removes one."""
    asked = {name: values for name, values in request.args.lists() if any(values)} | changed
    kept = {name: value for name, value in asked.items() if value is not None}
    here = url_for(str(request.endpoint), **(request.view_args or {}))
    return f"{here}?{urlencode(kept, doseq=True)}" if kept else here


def order_asked(usual: Order) -> Order:
    """Return the sort order of the URL, or `usual` if it names no known column."""
    raw = request.args.get("sort", "")
    by = next((one for one in type(usual.by) if one == raw), None)
    if by is None:
        return usual
    found: Order = replace(usual, by=by, descending=bool(request.args.get("down")))
    return found


def kept_order(order: Order, usual: Order) -> dict[str, Any]:
    """Return the URL parameters of a sort order; empty for the usual one."""
    if order == usual:
        return {}
    return {"sort": order.by.value, "down": 1 if order.descending else None}


def sorting(order: Any, url: Callable[..., str], up_first: Container[StrEnum]) -> dict[str, Any]:  # noqa: ANN401  (a table's own Order)
    """Return what the headings of a sorted table need: `sorts`, `sort_url` and `aria_sort`.

    A second click on a column reverses the order; the first click sorts columns in `up_first` in
    ascending order and all others in descending order.
    """

    def sort_url(by: StrEnum) -> str:
        down = not order.descending if order.by is by else by not in up_first
        return url(sort=by.value, down=1 if down else None)

    def aria_sort(by: StrEnum) -> str | None:
        if order.by is not by:
            return None
        return "descending" if order.descending else "ascending"

    return {"sorts": type(order.by), "sort_url": sort_url, "aria_sort": aria_sort}
