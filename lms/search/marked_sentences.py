"""Marked sentences: the sentence of a passage that matches a search, with its words marked."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

from lms.search.webinar_search import BEGINNING, fold

AROUND: Final = 110
_BETWEEN: Final = re.compile(r"[^\W_]+")
_SENTENCE_END: Final = re.compile(
    r"[.?!\N{HORIZONTAL ELLIPSIS}][\"\N{RIGHT DOUBLE QUOTATION MARK})\]]*(?=\s|$)"
)
_ENDINGS: Final = ("ing", "ies", "ied", "es", "ed", "ly", "s", "e", "y")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a quotation, marked if it matches the search."""

    text: str
    is_marked: bool


def marked(passage: str, words: Sequence[str]) -> tuple[Part, ...]:
    """Return the sentence of a passage with the most matches, with the words marked.

    A long sentence is cut around its first match.
    """
    places = _places(passage, words)
    if not places:
        return (Part(passage[: 2 * AROUND], is_marked=False),)
    sentences = _sentences(passage)
    # the first of those with the most
    best = max(sentences, key=lambda each: sum(each[0] <= at < each[1] for at, _ in places))
    inside = [(at, stop) for at, stop in places if best[0] <= at < best[1]]
    begins, ends = _around(passage, best, inside[0])
    parts = [Part("… ", is_marked=False)] if begins > best[0] else []
    for starts, stops in (each for each in inside if each[1] <= ends):
        parts += [
            Part(passage[begins:starts], is_marked=False),
            Part(passage[starts:stops], is_marked=True),
        ]
        begins = stops
    parts.append(Part(passage[begins:ends] + (" …" if ends < best[1] else ""), is_marked=False))
    return tuple(part for part in parts if part.text)


def _sentences(passage: str) -> list[tuple[int, int]]:
    """Return the range of each sentence, without the spaces between them."""
    bounds = [0, *(each.end() for each in _SENTENCE_END.finditer(passage)), len(passage)]
    ranges = []
    for begins, ends in pairwise(bounds):
        said = passage[begins:ends]
        first = begins + len(said) - len(said.lstrip())
        ranges.append((first, max(first, begins + len(said.rstrip()))))
    return ranges


def _around(passage: str, sentence: tuple[int, int], place: tuple[int, int]) -> tuple[int, int]:
    """Return the range to quote of a sentence: whole words, with the match near the start."""
    begins, ends = max(sentence[0], place[0] - AROUND), min(sentence[1], place[1] + 2 * AROUND)
    if begins > sentence[0]:
        begins = min(passage.find(" ", begins) + 1, place[0])
    if ends < sentence[1]:
        ends = max(passage.rfind(" ", begins, ends), place[1])
    return begins, ends


def says(line: str, words: Sequence[str]) -> bool:
    """Return whether a line contains any of the words that are marked."""
    return bool(_places(line, words))


def plain(written: str) -> str:
    """Return text for comparing words, as `fold` does, but quickly for plain letters."""
    return written.lower() if written.isascii() else fold(written)


def _places(passage: str, words: Sequence[str]) -> list[tuple[int, int]]:
    """Return where the query's words occur, without their endings, as in the indexes."""
    stems = {stem(word) for word in words}
    last = words[-1] if words and len(words[-1]) >= BEGINNING else None
    beginnings = (*stems, *([last] if last else []))
    folded = plain(passage)
    if not any(each in folded for each in beginnings):
        return []
    # Folding can change the length of non-ASCII text; then each word is folded separately.
    same = folded if len(folded) == len(passage) else None
    if same is None:
        told = ((each.span(), plain(each[0])) for each in _BETWEEN.finditer(passage))
    else:
        told = (
            (each.span(), each[0])
            for each in _beginning(beginnings).finditer(same)
            if not same[max(each.start() - 1, 0) : each.start()].isalnum()
        )
    return [
        span
        for span, word in told
        if word.startswith(beginnings) and (stem(word) in stems or (last and word.startswith(last)))
    ]


@lru_cache(maxsize=64)
def _beginning(beginnings: tuple[str, ...]) -> re.Pattern[str]:
    """Return a pattern for words with these beginnings."""
    return re.compile(f"(?:{'|'.join(dict.fromkeys(beginnings))})[^\\W_]*")


def stem(word: str) -> str:
    """Return a word without its ending, roughly as the indexes do."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= BEGINNING:
            return word[: -len(ending)]
    return word
