"""Page preview: one large page and a strip of all pages, on our own page and in a frame."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from flask import url_for

from lms.core.errors import NotFound
from lms.core.model_base import copied
from lms.handouts.pages import Leaves, PageFacts
from lms.web.core.recording_time_texts import clock_of

LONGEST_ALT = 500


@dataclass(frozen=True, slots=True)
class Ways:
    """The endpoints that deliver a handout, and the extra values that they need."""

    page: str
    picture: str
    download: str
    values: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Leaf:
    """A page as shown; `alt` is the beginning of its text."""

    number: int
    url: str
    large_url: str
    small_url: str
    width: int
    height: int
    words: str
    alt: str
    starts_s: float | None
    clock: str
    moment_url: str


@dataclass(frozen=True, slots=True)
class Preview:
    """A handout in the page viewer, open at one page."""

    title: str
    total: int
    leaves: tuple[Leaf, ...]
    current: Leaf
    previous: Leaf | None
    following: Leaf | None
    download_url: str
    back_url: str

    @property
    def is_cut(self) -> bool:
        """Return whether the file has more pages than the viewer shows."""
        return len(self.leaves) < self.total


def preview_of(leaves: Leaves, number: int, ways: Ways, *, back_url: str) -> Preview:
    """Return a handout open at a page; raises NotFound if it has no page with that number.

    A page without a picture opens the last one that has one. `back_url` is the recording's page.
    """
    if not 1 <= number <= leaves.total:
        raise NotFound
    shown = tuple(_leaf(leaves.handout_id, page, ways, back_url) for page in leaves.pages)
    place = min(number, len(shown)) - 1
    return Preview(
        title=leaves.title,
        total=leaves.total,
        leaves=shown,
        current=shown[place],
        previous=shown[place - 1] if place else None,
        following=shown[place + 1] if place + 1 < len(shown) else None,
        download_url=url_for(ways.download, public_id=leaves.handout_id, **ways.values),
        back_url=back_url,
    )


def _leaf(handout_id: str, page: PageFacts, ways: Ways, watch_url: str) -> Leaf:
    named: dict[str, Any] = {"public_id": handout_id, "number": page.number, **ways.values}
    is_drawn = page.width > 0
    return copied(
        Leaf,
        page,
        url=url_for(ways.page, **named),
        large_url=url_for(ways.picture, size="large", **named) if is_drawn else "",
        small_url=url_for(ways.picture, size="small", **named) if is_drawn else "",
        alt=_alt(page.words),
        clock="" if page.starts_s is None else clock_of(page.starts_s),
        moment_url="" if page.starts_s is None else _at(watch_url, page.starts_s),
    )


def _at(watch_url: str, seconds: float) -> str:
    return f"{watch_url}{'&' if '?' in watch_url else '?'}t={seconds:g}"


def _alt(words: str) -> str:
    if len(words) <= LONGEST_ALT:
        return words
    return f"{words[:LONGEST_ALT].rpartition(' ')[0] or words[:LONGEST_ALT]} …"
