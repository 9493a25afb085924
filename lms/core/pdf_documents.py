"""PDF documents: renders tagged PDF (PDF/UA-1) with typst in any script, and SVG as PNG.

The fonts are in lms/core/print_fonts. PDF/UA rejects characters that no font has, so these are
transliterated to Latin letters first.
"""

import json
import threading
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any, Final

import typst
from text_unidecode import unidecode

FONTS: Final = Path(__file__).resolve().parent / "print_fonts"
TEMPLATES: Final = Path(__file__).resolve().parents[2] / "templates"
# They join letters in Indic scripts and Persian; all other invisible characters are removed.
JOINERS: Final = "\u200c\u200d"
# Image formats that typst supports, by media type.
PICTURES: Final = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}
NO_PICTURES: Final[Mapping[str, bytes]] = MappingProxyType({})


class Size(StrEnum):
    """A paper size, as typst names it."""

    LETTER = "us-letter"
    A4 = "a4"


# A compiler is used by one thread at a time, and caches the fonts.
_turn = threading.Lock()


def print_pdf(
    template: str,
    values: Mapping[str, object],
    *,
    size: Size,
    at: datetime,
    pictures: Mapping[str, bytes] = NO_PICTURES,
) -> bytes:
    """Return a template of templates/ as a tagged PDF; about 20 ms once the fonts are loaded.

    `values` are its texts, `pictures` the files that they name, and `at` its creation date. The
    template gets text as it is, and anything else as JSON.
    """
    given = {name: _in_letters(value, printable) for name, value in values.items()}
    given["paper"] = size.value
    try:
        return _compile(template, given, pictures, at)
    except typst.TypstError:
        # a character that its font has, but not next to its neighbor
        return _compile(template, _in_letters(given, unidecode), pictures, at)


@lru_cache(maxsize=128)
def picture_of_drawing(drawing: str, width: int) -> bytes:
    """Return an SVG as a PNG of that width in pixels; about 15 ms, or none for the last 128.

    It is cached because anyone can request one, and certificates wait for the same compiler.
    """
    template = f'#set page(width: {width}pt, height: auto, margin: 0pt)\n#image("drawing.svg", width: 100%)'
    with TemporaryDirectory() as root, _turn:
        (Path(root) / "drawing.svg").write_text(drawing, encoding="utf-8")
        made = _compiler().compile(template.encode(), format="png", ppi=72.0, root=Path(root))
    if not isinstance(made, bytes):
        raise TypeError("one page was asked for")
    return made


def printable(text: str) -> str:
    """Return a text in characters that the fonts have; others are transliterated to Latin letters."""
    composed = unicodedata.normalize("NFC", text)
    return "".join(_printable(letter) for letter in composed)


def _in_letters(value: Any, write: Callable[[str], str]) -> Any:  # noqa: ANN401  (any JSON value)
    """Return a value with `write` applied to every text in it."""
    match value:
        case str():
            return write(value)
        case dict():
            return {name: _in_letters(one, write) for name, one in value.items()}
        case list() | tuple():
            return [_in_letters(one, write) for one in value]
        case _:
            return value


def _printable(letter: str) -> str:
    if letter == "\n" or letter in JOINERS:
        return letter
    if unicodedata.category(letter)[0] == "C":
        return ""
    if _has(letter):
        return letter
    parts = unicodedata.normalize("NFKD", letter)
    return parts if all(_has(part) for part in parts) else str(unidecode(letter))


def _has(letter: str) -> bool:
    starts, ends = _coverage()
    at = bisect_right(starts, ord(letter)) - 1
    return at >= 0 and ord(letter) <= ends[at]


@cache
def _coverage() -> tuple[tuple[int, ...], tuple[int, ...]]:
    ranges = (FONTS / "coverage.txt").read_text(encoding="ascii").split()
    edges = [one.partition("-") for one in ranges]
    starts = tuple(int(first, 16) for first, _, _ in edges)
    return starts, tuple(int(last or first, 16) for first, _, last in edges)


@cache
def _template(name: str) -> bytes:
    return (TEMPLATES / name).read_bytes()


@cache
def _compiler() -> typst.Compiler:
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS]
    )
    return typst.Compiler(font_paths=fonts, ignore_system_fonts=True)


def _compile(
    template: str, values: Mapping[str, Any], pictures: Mapping[str, bytes], at: datetime
) -> bytes:
    with TemporaryDirectory() as root, _turn:
        for name, picture in pictures.items():
            (Path(root) / name).write_bytes(picture)
        made = _compiler().compile(
            _template(template),
            format="pdf",
            sys_inputs={
                name: value if isinstance(value, str) else json.dumps(value)
                for name, value in values.items()
            },
            pdf_standards="ua-1",
            root=Path(root),
            timestamp=int(at.timestamp()),
        )
    if not isinstance(made, bytes):
        raise TypeError("one document was asked for")
    return made
