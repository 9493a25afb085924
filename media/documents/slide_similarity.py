"""Slide similarity: which handout page matches a slide, by picture correlation.

Only what is certain is told; docs/decisions/pages-and-their-times.md has the measurements.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from operator import mul
from typing import Final

from PIL import Image

ACROSS: Final = 32
DOWN: Final = 24
# So alike a page and a slide must be, and so much further from it the next page.
LEAST: Final = 0.97
CLEARER: Final = 2.0
# Talks of one house begin and end alike: so many pages of a handout must be seen, or all it has.
FEWEST: Final = 3
_PLAIN: Final = 1.0  # a picture of one color is like none

Shape = tuple[int, int]


# Who speaks is often seen in a corner: each of them is left out once, too.
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
    """A small gray picture as it is looked at: whole, and without each of its corners.

    Each look is around its mean and of length one; empty for one of a single color.
    """

    looks: tuple[tuple[float, ...], ...]

    def likeness(self, other: "Grain") -> float:
        """Return the best correlation of the looks at two pictures, -1 to 1."""
        pairs = zip(self.looks, other.looks, strict=True)
        return max(float(sum(map(mul, mine, theirs))) for mine, theirs in pairs)


@dataclass(frozen=True, slots=True)
class Page:
    """A page's shape and grain."""

    shape: Shape
    grain: Grain


def page_of(picture: Image.Image) -> Page:
    """Return what a page is compared by."""
    return Page(picture.size, _grain(picture, (0, 0, *picture.size)))


def likest(slide: Image.Image, pages: Sequence[Page]) -> int | None:
    """Return the place of the page that a slide shows; None where no page is, or it is not clear."""
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
    """Tell whether a handout of which so many pages are seen is the one that is shown."""
    return seen >= min(FEWEST, pages)


def _shown_part(slide: Shape, page: Shape) -> tuple[float, float, float, float]:
    """Return where in a slide a page of this shape would be: as large as it goes, in the middle."""
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
