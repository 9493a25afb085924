"""Page furniture: headers, footers and page numbers, which search results leave out."""

from collections import Counter
from collections.abc import Mapping
from typing import Final

SHORTEST: Final = 2  # words; single ones can begin many pages by chance
LONGEST: Final = 16
FEWEST_PAGES: Final = 3


def without_furniture(texts: Mapping[int, str]) -> Mapping[int, str]:
    """Return the text of each page, by its number, without what most pages begin or end with.

    A page with nothing else keeps its text.
    """
    pages = {number: _without_number(text.split(), str(number)) for number, text in texts.items()}
    headers, footers = (
        _frequent([_ends(words, is_footer=is_footer) for words in pages.values()])
        for is_footer in (False, True)
    )
    plain = {}
    for number, words in pages.items():
        first = _longest(words, headers, is_footer=False)
        last = _longest(words[first:], footers, is_footer=True)
        own = words[first : len(words) - last]
        plain[number] = " ".join(own or words)
    return plain


def _without_number(words: list[str], number: str) -> list[str]:
    if words[-1:] == [number]:
        return words[:-1]
    return words[1:] if words[:1] == [number] else words


def _ends(words: list[str], *, is_footer: bool) -> list[tuple[str, ...]]:
    """Return every beginning, or end, that could be furniture."""
    sizes = range(SHORTEST, min(LONGEST, len(words)) + 1)
    return [tuple(words[-size:] if is_footer else words[:size]) for size in sizes]


def _frequent(pages: list[list[tuple[str, ...]]]) -> frozenset[tuple[str, ...]]:
    least = max(FEWEST_PAGES, (len(pages) + 1) // 2)
    counted = Counter(part for parts in pages for part in parts)
    return frozenset(part for part, times in counted.items() if times >= least)


def _longest(words: list[str], furniture: frozenset[tuple[str, ...]], *, is_footer: bool) -> int:
    found = [part for part in _ends(words, is_footer=is_footer) if part in furniture]
    return max(map(len, found), default=0)
