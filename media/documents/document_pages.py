"""Document pages: pictures of PDF pages drawn in batches, and their text."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image

from media.documents.document_check import OFFICE_READER, PDF_READER, UnusableDocument, read
from media.files.subprocesses import Limits

AT_ONCE: Final = 25
AT_ONCE_S: Final = 5.0
MOST_LETTERS: Final = 4_000_000
_PICTURES: Final = Limits(memory_bytes=2 << 30, cpu_seconds=30, file_bytes=64 << 20)
_TEXTS: Final = Limits(memory_bytes=2 << 30, cpu_seconds=60, file_bytes=1 << 20)


@dataclass(frozen=True, slots=True)
class PagePicture:
    """A drawn page, large and small; the size in pixels is that of the large one."""

    number: int
    width: int
    height: int
    large: Path
    small: Path


def draw_some(path: Path, folder: Path, first: int, last: int) -> tuple[PagePicture, ...]:
    """Draw pages from `first` on: 25, or as many as 5 s allow, at least one; none if the first fails.

    If the drawing process is killed by its limits, the pages drawn before count.
    """
    folder.mkdir(exist_ok=True)
    until = min(last, first + AT_ONCE - 1)
    words = (str(path.absolute()), str(folder.absolute()), str(first), str(until), str(AT_ONCE_S))
    try:
        read(PDF_READER, "pages", *words, limits=_PICTURES)
    except UnusableDocument:
        (folder / "unfinished").unlink(missing_ok=True)
    return tuple(_drawn(folder, first, until))


def words_of_pages(path: Path) -> tuple[str, ...]:
    """Return the text of each page of a PDF from the first on, up to four million characters.

    Raises UnusableDocument.
    """
    said = read(PDF_READER, "texts", str(path.absolute()), str(MOST_LETTERS), limits=_TEXTS)
    return tuple(plain_words(str(each)) for each in said["texts"])


def words_of_office(path: Path) -> tuple[str, ...]:
    """Return the text of each slide, or of a Word document as one item.

    Raises UnusableDocument.
    """
    said = read(OFFICE_READER, "texts", str(path.absolute()), str(MOST_LETTERS), limits=_TEXTS)
    return tuple(plain_words(str(each)) for each in said["texts"])


def plain_words(said: str) -> str:
    """Return text with single spaces and without ligatures and unprintable characters."""
    whole = unicodedata.normalize("NFKC", said.replace("\u00ad", "").replace("\ufffe", "-"))
    return " ".join("".join(c if c.isprintable() else " " for c in whole).split())


def _drawn(folder: Path, first: int, last: int) -> Iterator[PagePicture]:
    for number in range(first, last + 1):
        large, small = folder / f"page-{number:04d}.jpg", folder / f"small-{number:04d}.jpg"
        if not large.is_file():
            return
        with Image.open(large) as picture:
            width, height = picture.size
        yield PagePicture(number, width, height, large, small)
