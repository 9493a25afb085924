"""A webinar's poster when there is no picture yet: its title, set well, in the house's colours."""

import hashlib
from typing import Final
from xml.sax.saxutils import escape

WIDTH: Final = 640
HEIGHT: Final = 360
LINE_CHARACTERS: Final = 24
MOST_LINES: Final = 4
INK: Final = "#26231d"
PAPERS: Final = ("#f4ead6", "#e8eee2", "#efe6de", "#e6ebee", "#f2e8e0")
_SERIF: Final = "'Source Serif 4', 'Iowan Old Style', Georgia, 'Times New Roman', serif"


def draw_poster(*, title: str, byline: str, accent: str, seed: str) -> str:
    """Return an SVG of 640 by 360: the same webinar always gets the same paper and figure."""
    digest = hashlib.sha256(seed.encode()).digest()
    paper = PAPERS[digest[0] % len(PAPERS)]
    lines = broken(title)
    size = 46 if len(lines) <= MOST_LINES - 1 else 40
    top = 176 - (len(lines) - 1) * size * 0.58
    words = "".join(
        f'<text x="48" y="{top + number * size * 1.16:.0f}">{escape(line)}</text>'
        for number, line in enumerate(lines)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"'
        f' width="{WIDTH}" height="{HEIGHT}" role="img" aria-label="{escape(title, QUOTE)}">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{paper}"/>'
        f"{_shelf(digest, accent)}"
        f'<g font-family="{_SERIF}" font-size="{size}" font-weight="600" fill="{INK}">{words}</g>'
        f'<text x="48" y="326" font-family="{_SERIF}" font-size="19" font-style="italic"'
        f' fill="{INK}">{escape(byline)}</text>'
        "</svg>"
    )


QUOTE: Final = {'"': "&quot;"}


def broken(title: str) -> tuple[str, ...]:
    """Break a title into at most four lines of even length; what does not fit ends in an ellipsis."""
    words, lines = title.split(), [""]
    for word in words:
        line = f"{lines[-1]} {word}".strip()
        if len(line) > LINE_CHARACTERS and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = line
    if len(lines) > MOST_LINES:
        kept = lines[:MOST_LINES]
        kept[-1] = f"{kept[-1][: LINE_CHARACTERS - 1].rstrip(' ,;:')}…"
        lines = kept
    return tuple(lines)


def _shelf(digest: bytes, accent: str) -> str:
    """Draw a few books' backs at the right edge: quiet, and different for each webinar."""
    books, right = [], WIDTH - 40
    for number in range(4):
        width = 14 + digest[1 + number] % 16
        height = 120 + digest[5 + number] % 110
        right -= width + 5
        shade = ("1", "0.55", "0.8", "0.35")[digest[9 + number] % 4]
        books.append(
            f'<rect x="{right}" y="{HEIGHT - 40 - height}" width="{width}" height="{height}"'
            f' rx="2" fill="{escape(accent, QUOTE)}" fill-opacity="{shade}"/>'
        )
    line = f'<rect x="{right - 12}" y="{HEIGHT - 40}" width="{WIDTH - 28 - right}" height="3" fill="{INK}"/>'
    return f'<g opacity="0.9">{"".join(books)}{line}</g>'
