"""SVG text outlines: draws a title as paths, so that it looks the same everywhere.

An image in a page can't load fonts. The outlines are those of Source Serif 4 at weight 600 (SIL OFL
1.1; docs/decisions/posters.md says how they were made), for Latin letters.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Final

OUTLINES: Final = Path(__file__).parents[1] / "static" / "fonts" / "poster-outlines.json"
EM: Final = 1000  # outlines use 1,000 units per em


@dataclass(frozen=True, slots=True)
class Letters:
    """Advance widths, outlines (SVG path data) and kerning of pairs, in thousandths of an em."""

    glyphs: Mapping[str, tuple[int, str]]
    kern: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Line:
    """A line to draw: its text, the start of its baseline, its size and its color."""

    text: str
    x: float
    y: float
    size: float
    color: str


@dataclass(frozen=True, slots=True)
class Setting:
    """Lines of text and their size, in the units of the picture."""

    lines: tuple[str, ...]
    size: float


def can_set(text: str) -> bool:
    """Return whether every letter of a text has an outline."""
    return all(letter in _letters().glyphs for letter in text)


def width_of(text: str, size: float) -> float:
    """Return the kerned width of a text at a size; raises KeyError for a letter without an outline."""
    letters = _letters()
    advance = sum(letters.glyphs[letter][0] for letter in text)
    kerning = sum(letters.kern.get(one + two, 0) for one, two in pairwise(text))
    return (advance + kerning) * size / EM


def fit(
    text: str, *, width: float, sizes: Sequence[float], most_lines: Sequence[int]
) -> Setting | None:
    """Lay out a text at the largest size that fits: `sizes` are tried in order, each with its `most_lines`.

    Lines are balanced. Returns None if even the last size is too large.
    """
    words = text.split()
    for size, most in zip(sizes, most_lines, strict=True):
        lines = _balanced(words, width, size, most)
        if lines is not None:
            return Setting(lines, size)
    return None


def draw(lines: Sequence[Line]) -> str:
    """Return SVG for some lines; it defines each outline once, so draw all lines of a picture at once."""
    letters = _letters()
    used = sorted({letter for line in lines for letter in line.text if letters.glyphs[letter][1]})
    names = {letter: f"l{place}" for place, letter in enumerate(used)}
    defined = "".join(
        f'<path id="{name}" d="{letters.glyphs[letter][1]}"/>' for letter, name in names.items()
    )
    return f"<defs>{defined}</defs>" + "".join(_drawn(line, names) for line in lines)


def _drawn(line: Line, names: Mapping[str, str]) -> str:
    letters, at, uses, before = _letters(), 0, [], ""
    for letter in line.text:
        at += letters.kern.get(before + letter, 0)
        if letter in names:
            uses.append(f'<use href="#{names[letter]}" x="{at}"/>')
        at += letters.glyphs[letter][0]
        before = letter
    place = f"translate({line.x:g} {line.y:g}) scale({line.size / EM:g})"
    return f'<g fill="{line.color}" transform="{place}">{"".join(uses)}</g>'


def _balanced(words: Sequence[str], width: float, size: float, most: int) -> tuple[str, ...] | None:
    """Break words into the fewest lines that fit, with the widest line as narrow as possible."""
    # breaks[end] is the best break of the first `end` words into this many lines: widest line,
    # lines
    breaks: dict[int, tuple[float, tuple[str, ...]]] = {0: (0.0, ())}
    for _ in range(most):
        breaks = _one_line_more(words, breaks, width, size)
        if len(words) in breaks:
            return breaks[len(words)][1]
    return None


def _one_line_more(
    words: Sequence[str],
    breaks: Mapping[int, tuple[float, tuple[str, ...]]],
    width: float,
    size: float,
) -> dict[int, tuple[float, tuple[str, ...]]]:
    longer: dict[int, tuple[float, tuple[str, ...]]] = {}
    for start, (widest, lines) in breaks.items():
        for end in range(start + 1, len(words) + 1):
            line = " ".join(words[start:end])
            taken = width_of(line, size)
            if taken > width:
                break
            found = (max(widest, taken), (*lines, line))
            if end not in longer or found[0] < longer[end][0]:
                longer[end] = found
    return longer


@cache
def _letters() -> Letters:
    read = json.loads(OUTLINES.read_text(encoding="utf-8"))
    glyphs = {letter: (advance, path) for letter, (advance, path) in read["glyphs"].items()}
    return Letters(glyphs, read["kern"])
