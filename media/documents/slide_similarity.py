"""Slide similarity: which handout page matches a slide, by picture correlation.

Only certain matches are returned; docs/decisions/slide-matching.md has the measurements.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from operator import mul
from typing import Final

from PIL import Image

ACROSS: Final = 32
DOWN: Final = 24
# The least correlation of a match, and how many times farther the next page must be.
LEAST: Final = 0.97
CLEARER: Final = 2.0
# Talks by one presenter begin and end alike, so this many pages must match, or all of a short
# handout.
FEWEST: Final = 3
_PLAIN: Final = 1.0  # a picture of one color matches none

Shape = tuple[int, int]


# The speaker is often shown in a corner, so each corner is also left out once.
CORNER: Final = 0.36
_RIGHT, _LOW = round(ACROSS * (1 - CORNER)), round(DOWN * (1 - CORNER))
_LEFT, _HIGH = round(ACROSS * CORNER), round(DOWN * CORNER)


def _all_but(across: range, down: range) -> tuple[int, ...]:
    return tuple(
        y * ACROSS + x
        for y in range(DOWN)
        for x in range(ACROSS)
        if not (x in across and y in down)
    )


_LOOKS: Final = (
    _all_but(range(0), range(0)),
    _all_but(range(_RIGHT, ACROSS), range(_LOW, DOWN)),
    _all_but(range(_RIGHT, ACROSS), range(_HIGH)),
    _all_but(range(_LEFT), range(_LOW, DOWN)),
    _all_but(range(_LEFT), range(_HIGH)),
)


@dataclass(frozen=True, slots=True)
class Grain:
    """A small gray picture as compared: whole, and without each of its corners.

    Each look has mean zero and length one; it is empty for a single color.
    """

    looks: tuple[tuple[float, ...], ...]

    def likeness(self, other: "Grain") -> float:
        """Return the best correlation of the looks of two pictures, -1 to 1."""
        pairs = zip(self.looks, other.looks, strict=True)
        return max(float(sum(map(mul, mine, theirs))) for mine, theirs in pairs)


@dataclass(frozen=True, slots=True)
class Page:
    """A page's shape and grain."""

    shape: Shape
    grain: Grain


def page_of(picture: Image.Image) -> Page:
    """Return the shape and grain of a page for comparison."""
    return Page(picture.size, _grain(picture, (0, 0, *picture.size)))


def likest(slide: Image.Image, pages: Sequence[Page]) -> int | None:
    """Return the index of the page that a slide shows; None if there is none or it isn't clear."""
    grains: dict[Shape, Grain] = {}
    for page in pages:
        if page.shape not in grains:
            grains[page.shape] = _grain(slide, _shown_part(slide.size, page.shape))
    scores = [grains[page.shape].likeness(page.grain) for page in pages]
    if not scores:
        return None
    best = max(range(len(scores)), key=scores.__getitem__)
    others = scores[:best] + scores[best + 1 :]
    is_clear = not others or 1 - max(others) >= CLEARER * (1 - scores[best])
    return best if scores[best] >= LEAST and is_clear else None


def are_enough(seen: int, pages: int) -> bool:
    """Return whether enough pages of a handout were seen to call it the one shown."""
    return seen >= min(FEWEST, pages)


def _shown_part(slide: Shape, page: Shape) -> tuple[float, float, float, float]:
    """Return the box of a page of this shape in a slide: as large as possible, centered."""
    scale = min(slide[0] / page[0], slide[1] / page[1])
    wide, high = page[0] * scale, page[1] * scale
    left, top = (slide[0] - wide) / 2, (slide[1] - high) / 2
    return (left, top, left + wide, top + high)


def _grain(picture: Image.Image, box: tuple[float, float, float, float]) -> Grain:
    small = picture.convert("L").resize((ACROSS, DOWN), Image.Resampling.BOX, box)
    levels = small.tobytes()
    return Grain(tuple(_look([levels[place] for place in places]) for places in _LOOKS))


def _look(levels: Sequence[int]) -> tuple[float, ...]:
    mean = sum(levels) / len(levels)
    length = sqrt(sum((level - mean) ** 2 for level in levels))
    if length < _PLAIN:
        return ()
    return tuple((level - mean) / length for level in levels)
