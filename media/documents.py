"""Handouts: whether a PDF can be given to people, and what its first page looks like."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from media.programs import Limits, ProgramFailed, ask
from media.words import N_

LARGEST_BYTES: Final = 200 << 20
_READER: Final = Path(__file__).with_name("pdf_reader.py")
_LIMITS: Final = Limits(memory_bytes=2 << 30, cpu_seconds=60, file_bytes=64 << 20)
_SECONDS: Final = 90
_TITLE_LENGTH: Final = 200

EMPTY: Final = N_("The file is empty. Please upload it again.")
TOO_LARGE: Final = N_("The file is larger than 200 MB. Please export it with smaller pictures.")
NO_PDF: Final = N_("This is no PDF. Please export the slides as a PDF and upload that.")
BROKEN: Final = N_("The PDF is damaged and can't be opened. Please export it once more.")
LOCKED: Final = N_("The PDF asks for a password. Please save it without one and upload it again.")
SCRIPTED: Final = N_(
    "The PDF holds scripts (JavaScript), which people's viewers block or warn of."
    " Please print or export it to a new PDF and upload that."
)


class UnusableDocument(Exception):
    """The file can't be given out: a sentence for people."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Pdf:
    """A PDF that opens; `title` is what it calls itself, often nothing."""

    pages: int
    title: str


def check_pdf(path: Path) -> Pdf:
    """Return what the PDF is; raises UnusableDocument."""
    size = path.stat().st_size
    if size == 0:
        raise UnusableDocument(EMPTY)
    if size > LARGEST_BYTES:
        raise UnusableDocument(TOO_LARGE)
    with path.open("rb") as stream:
        if b"%PDF-" not in stream.read(1024):
            raise UnusableDocument(NO_PDF)
    found = _read("check", path)
    if not found["pages"]:
        raise UnusableDocument(BROKEN)
    if found["scripts"]:
        raise UnusableDocument(SCRIPTED)
    title = " ".join(str(found["title"]).split())
    shown = "".join(letter for letter in title if letter.isprintable())
    return Pdf(pages=int(found["pages"]), title=shown[:_TITLE_LENGTH])


def first_page(path: Path, out: Path, width: int) -> None:
    """Draw the first page as a JPEG at `out`, `width` pixels wide; raises UnusableDocument."""
    _read("picture", path, str(out.absolute()), str(width))
    if not out.is_file():
        raise UnusableDocument(BROKEN)


def _read(act: str, path: Path, *more: str) -> dict[str, Any]:
    command = [sys.executable, "-I", str(_READER), act, str(path.absolute()), *more]
    try:
        said = ask(command, limits=_LIMITS, seconds=_SECONDS)
    except ProgramFailed:
        raise UnusableDocument(BROKEN) from None
    if said.code != 0:
        raise UnusableDocument(BROKEN)
    found: dict[str, Any] = json.loads(said.out or "{}")
    if "fault" in found:
        raise UnusableDocument(LOCKED if found["fault"] == "locked" else BROKEN)
    return found
