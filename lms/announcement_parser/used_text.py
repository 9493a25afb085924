"""Used text: which words of an announcement are in the fields that were filled in from it."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from lms.announcement_parser.plain_lines import sentences

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Part:
    """Characters of the text that are all in a field, or all in none."""

    text: str
    is_used: bool


def parts_of(text: str, values: Iterable[str]) -> list[Part]:
    """Split a text where words of the values begin and end; joined again, the parts are the text.

    A sentence of a value counts if all its words follow each other in the text, whatever is between
    them. A single word counts where it first stands.
    """
    words = [(found[0].casefold(), found.start(), found.end()) for found in _WORD.finditer(text)]
    places: dict[str, list[int]] = defaultdict(list)
    for place, (word, _begin, _end) in enumerate(words):
        places[word].append(place)
    used = [False] * len(words)
    for sought in _sought(values):
        size = len(sought)
        starts = places.get(sought[0], [])
        for start in starts[:1] if size == 1 else starts:
            if [word for word, _begin, _end in words[start : start + size]] == sought:
                used[start : start + size] = [True] * size
    return [one for one in _parts(text, words, used) if one.text]


def _sought(values: Iterable[str]) -> Iterable[list[str]]:
    for value in values:
        for line in value.splitlines():
            for sentence in sentences(line):
                if found := [word.casefold() for word in _WORD.findall(sentence)]:
                    yield found


def _parts(text: str, words: list[tuple[str, int, int]], used: list[bool]) -> Iterator[Part]:
    done = 0
    for is_used, row in groupby(zip(words, used, strict=True), key=itemgetter(1)):
        if is_used:
            (_word, begin, end), *others = [word for word, _is_used in row]
            end = others[-1][2] if others else end
            yield Part(text[done:begin], is_used=False)
            yield Part(text[begin:end], is_used=True)
            done = end
    yield Part(text[done:], is_used=False)
