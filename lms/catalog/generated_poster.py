"""Draws a generated poster from a webinar's title when there is no picture."""

import hashlib
import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from lms.catalog.svg_text_outlines import Line, Setting, can_set, draw, fit, width_of
from lms.core.accent_colors import light_accent

WIDTH: Final = 640
HEIGHT: Final = 360
MARGIN: Final = 40
COLUMN: Final = 404  # width of the title's column; the books are to its right
SHELF: Final = 136
SIZES: Final = (60, 54, 48, 43, 38, 34, 30, 27, 24)
LINES: Final = (2, 3, 3, 4, 4, 5, 5, 6, 7)
SECOND_SIZES: Final = (26, 24, 22, 20, 18)
SECOND_LINES: Final = (2, 3, 3, 4, 4)
LEADING: Final = 1.14
GAP: Final = 12
BYLINE_SIZES: Final = (22, 20, 18, 16)
FLOOR: Final = HEIGHT - MARGIN
ROOM: Final = 236  # for the title, above the byline
ACROSS: Final = (156, 128)  # of a portrait: the only one, or one of two
BOOKS: Final = 5
BETWEEN: Final = 4
PLAIN_LETTERS: Final = 20
PLAIN_LINES: Final = 4
PAPER: Final = "#faf5ea"
INK: Final = "#221d17"
SOFT: Final = "#5f5648"
WHITE: Final = "#ffffff"
CREAM: Final = "#efe3cb"
BRASS: Final = "#dcbd82"
OCHRE: Final = "#a9793d"
SAND: Final = "#c9b891"
SERIF: Final = "Georgia, 'Times New Roman', serif"
BREAKS: Final = ("? ", ": ", " \N{EN DASH} ", " \N{EM DASH} ")  # before a title's second half
SHORTEST_HALF: Final = 8
# Characters that XML can't contain, not even escaped (XML 1.0, 2.2).
_UNSPELLABLE: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Ground:
    """The colors of one poster."""

    paper: str
    ink: str
    soft: str
    books: tuple[tuple[str, str], ...]  # color and opacity


def spellable(text: str) -> str:
    """Return a text without the characters that XML can't contain."""
    return _UNSPELLABLE.sub("", text)


def draw_poster(
    *, title: str, byline: str, accent: str, seed: str, portraits: Sequence[bytes] = ()
) -> str:
    """Return an SVG of 640 by 360; the same webinar always gets the same background and books.

    `accent` is the seller's color, `#rrggbb`. The first two of `portraits`, which are JPEGs, are
    drawn instead of the books.
    """
    title, byline = spellable(title), spellable(byline)
    digest = hashlib.sha256(seed.encode()).digest()
    ground = _grounds(accent)[digest[0] % 3]
    beside = _portraits(portraits[:2], ground) if portraits else _shelf(digest, ground)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"'
        f' width="{WIDTH}" height="{HEIGHT}" role="img" aria-label={quoteattr(title)}>'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{ground.paper}"/>'
        f"{beside}{_words(title, byline, ground)}</svg>"
    )


def _grounds(accent: str) -> tuple[Ground, Ground, Ground]:
    """Return cream with colored books, the deep accent with pale books, and its tint."""
    day = light_accent(accent)
    pale = ((PAPER, "0.92"), (PAPER, "0.3"), (BRASS, "0.95"), (PAPER, "0.6"), (PAPER, "0.18"))
    full = ((day.color, "1"), (OCHRE, "1"), (day.strong, "1"), (day.color, "0.5"), (SAND, "1"))
    return (
        Ground(PAPER, INK, SOFT, full),
        Ground(day.strong, WHITE, CREAM, pale),
        Ground(day.soft, INK, day.strong, full),
    )


def _words(title: str, byline: str, ground: Ground) -> str:
    """Draw the title at the top, its second half smaller, and the byline at the bottom."""
    settings = _set(title)
    if not settings or not can_set(byline):
        return _plain(title, byline, ground)
    lines, bottom = [], MARGIN - 8.0
    for setting in settings:
        for text in setting.lines:
            bottom += setting.size * LEADING
            lines.append(
                Line(text, MARGIN, round(bottom - setting.size * 0.16), setting.size, ground.ink)
            )
        bottom += GAP
    return draw([*lines, *_byline(byline, ground)])


def _set(title: str) -> tuple[Setting, ...]:
    """Lay out a title in one block, or in two if it has a second half."""
    if not can_set(title):
        return ()
    first, second = _halves(title)
    if second:
        small = fit(second, width=COLUMN, sizes=SECOND_SIZES, most_lines=SECOND_LINES)
        room = ROOM - (_height(small) + GAP if small else 0)
        large = _largest(first, room)
        if small is not None and large is not None and large.size > small.size:
            return (large, small)
    whole = _largest(title, ROOM)
    return () if whole is None else (whole,)


def _largest(text: str, room: float) -> Setting | None:
    for size, most in zip(SIZES, LINES, strict=True):
        found = fit(text, width=COLUMN, sizes=(size,), most_lines=(most,))
        if found is not None and _height(found) <= room:
            return found
    return None


def _height(setting: Setting) -> float:
    return len(setting.lines) * setting.size * LEADING


def _halves(title: str) -> tuple[str, str]:
    for mark in BREAKS:
        first, found, second = title.partition(mark)
        if found and len(first) >= SHORTEST_HALF and len(second) >= SHORTEST_HALF:
            return f"{first}?" if mark == "? " else first, second[:1].upper() + second[1:]
    return title, ""


def _byline(byline: str, ground: Ground) -> tuple[Line, ...]:
    if not byline:
        return ()
    size = next(
        (each for each in BYLINE_SIZES if width_of(byline, each) <= COLUMN), BYLINE_SIZES[-1]
    )
    shown = byline
    while width_of(shown, size) > COLUMN and " " in shown:
        shown = f"{shown.rpartition(' ')[0].rstrip(',')}…"
    return (Line(shown, MARGIN, FLOOR, size, ground.soft),)


def _plain(title: str, byline: str, ground: Ground) -> str:
    """Draw texts without outlines in the reader's own fonts."""
    lines = wrap(title, PLAIN_LETTERS, max_lines=PLAIN_LINES, placeholder="…")
    words = "".join(
        f'<text x="{MARGIN}" y="{MARGIN + 40 + place * 44}">{escape(line)}</text>'
        for place, line in enumerate(lines)
    )
    return (
        f'<g font-family="{SERIF}" font-weight="600" font-size="38" fill="{ground.ink}">{words}</g>'
        f'<text x="{MARGIN}" y="{FLOOR}" font-family="{SERIF}" font-size="19"'
        f' fill="{ground.soft}">{escape(byline)}</text>'
    )


def _portraits(portraits: Sequence[bytes], ground: Ground) -> str:
    """Draw round portraits at the right, the last one on the line of the byline.

    They are embedded in the drawing, because `<img>` loads nothing that an SVG refers to.
    """
    across = ACROSS[len(portraits) - 1]
    left, top, drawn = WIDTH - MARGIN - across, FLOOR - across, []
    for place, portrait in enumerate(reversed(portraits)):
        radius, x, y = across / 2, left + across / 2, top + across / 2
        drawn.append(
            f'<clipPath id="p{place}"><circle cx="{x}" cy="{y}" r="{radius}"/></clipPath>'
            f'<image x="{left}" y="{top}" width="{across}" height="{across}"'
            f' preserveAspectRatio="xMidYMid slice" clip-path="url(#p{place})"'
            f' href="data:image/jpeg;base64,{b64encode(portrait).decode()}"/>'
            f'<circle cx="{x}" cy="{y}" r="{radius}" fill="none" stroke="{ground.ink}"'
            ' stroke-opacity="0.25" stroke-width="2"/>'
        )
        top -= across + 2 * BETWEEN
    return "".join(drawn)


def _shelf(digest: bytes, ground: Ground) -> str:
    """Draw book spines on a shelf at the right, different for each webinar."""
    widths = [16 + digest[1 + place] % 18 for place in range(BOOKS)]
    taken = sum(widths) + BETWEEN * (BOOKS - 1)
    drawn, left = [], float(WIDTH - MARGIN - SHELF)
    for place, width in enumerate(each * (SHELF / taken) for each in widths):
        height = 110 + digest[7 + place] % 120
        color, opacity = ground.books[(digest[13] + place) % len(ground.books)]
        drawn.append(_book(left, height, width, f'fill="{color}" fill-opacity="{opacity}"'))
        if digest[19 + place] % 2:  # a label on the spine
            drawn.append(
                f'<rect x="{left + 4:.1f}" y="{FLOOR - height + 16}" width="{width - 8:.1f}"'
                f' height="5" fill="{ground.paper}" fill-opacity="0.75"/>'
            )
        left += width + BETWEEN * SHELF / taken
    board = f'<rect x="{WIDTH - MARGIN - SHELF - 8}" y="{FLOOR}" width="{SHELF + 16}" height="3"'
    return f'{"".join(drawn)}{board} fill="{ground.ink}" fill-opacity="0.55"/>'


def _book(left: float, height: int, width: float, color: str) -> str:
    return (
        f'<rect x="{left:.1f}" y="{FLOOR - height}" width="{width:.1f}" height="{height}"'
        f' rx="1.5" {color}/>'
    )
