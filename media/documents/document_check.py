"""The document check: whether a PDF, PPTX, or DOCX is safe to publish, and its preview.

Code that opens a document runs in a separate process with limited memory and time
(media/files/subprocesses.py).
"""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from media.files.file_types import HEAD_BYTES, ZIP, DocumentKind, no_handout
from media.files.subprocesses import Limits, ProgramFailed, ask
from media.files.translation_marks import N_

LARGEST_BYTES: Final = 200 << 20
PDF_READER: Final = Path(__file__).with_name("pdf_reader_process.py")
_PDF_CLEANER: Final = Path(__file__).with_name("pdf_cleaner_process.py")
_ARCHIVE_CHECK: Final = Path(__file__).with_name("archive_check_process.py")
OFFICE_READER: Final = Path(__file__).with_name("office_reader_process.py")
_LIMITS: Final = Limits(memory_bytes=2 << 30, cpu_seconds=60, file_bytes=256 << 20)
_SECONDS: Final = 90
_TITLE_LENGTH: Final = 200
# The default titles of Office documents.
_NO_TITLES: Final = frozenset(("powerpoint presentation", "presentation", "microsoft word"))

EMPTY: Final = N_("This file is empty. Upload it again.")
TOO_LARGE: Final = N_("This file is larger than 200 MB. Export it with smaller images.")
BROKEN: Final = N_("This file is damaged, so we can't open it. Save or export it again.")
LOCKED: Final = N_("This file has a password. Save it without one, then upload it again.")
SCRIPTED: Final = N_(
    "This PDF has scripts (JavaScript) that we can't remove. Print or export it to a new "
    "PDF, then upload that file."
)
PORTFOLIO: Final = N_(
    "This PDF is a portfolio that contains other files. Extract the files and upload "
    "each one separately."
)
MACROS: Final = N_(
    "This file has macros. Save it as .pptx or .docx, which removes them, then upload that file."
)
LINKED: Final = N_(
    "This file loads a linked template, image, or object from somewhere else when it's "
    "opened. Break the links (File, Info, Edit links to files) or save it as PDF, then "
    "upload that file."
)
ACTIVE: Final = N_(
    "This file contains a program, a control, or a command field. Remove it or save the "
    "file as PDF, then upload that file."
)
LINKS: Final = N_(
    "This file has a link that isn't a web or email address, and we can't remove it. "
    "Remove the link or save the file as PDF, then upload that file."
)
DTD: Final = N_(
    "This file declares a document type (DTD), which PowerPoint and Word never do and "
    "which could be an attack. Open it in PowerPoint or Word, save it again, then upload "
    "that file."
)
BOMB: Final = N_(
    "This file is too large when unzipped. Save it with smaller images, then upload that file."
)
OTHER_OFFICE: Final = N_(
    "This type of Office file can't be a handout. Save it as PDF, PowerPoint (.pptx), or "
    "Word (.docx), then upload that file."
)
OTHER_ZIP: Final = N_(
    "This is a ZIP file. Unzip it, then upload the PDF, PowerPoint (.pptx), or Word "
    "(.docx) files in it."
)
NO_SLIDES: Final = N_("This presentation has no slides. Choose another file.")
FAULTS: Final = {
    "broken": BROKEN,
    "locked": LOCKED,
    "scripts": SCRIPTED,
    "portfolio": PORTFOLIO,
    "macros": MACROS,
    "linked": LINKED,
    "active": ACTIVE,
    "links": LINKS,
    "dtd": DTD,
    "bomb": BOMB,
    "other_office": OTHER_OFFICE,
    "other_zip": OTHER_ZIP,
    "no_slides": NO_SLIDES,
}


class UnusableDocument(Exception):
    """The file can't be published; `sentence` says why."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Document:
    """A publishable document at `path`: as uploaded, or without the content that `taken_out` names.

    `pages` counts a presentation's slides, and is 0 for a DOCX; `title` is often empty.
    """

    kind: DocumentKind
    pages: int
    title: str
    path: Path
    taken_out: tuple[str, ...] = ()


def check_document(path: Path, clean: Path) -> Document:
    """Return the facts of a document by its content; a cleaned copy is written to `clean`.

    Raises UnusableDocument.
    """
    size = path.stat().st_size
    if size == 0:
        raise UnusableDocument(EMPTY)
    if size > LARGEST_BYTES:
        raise UnusableDocument(TOO_LARGE)
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    sentence = no_handout(head)
    if sentence is not None:
        raise UnusableDocument(sentence)
    return _check_office(path, clean) if head.startswith(ZIP) else _check_pdf(path, clean)


def first_page(path: Path, out: Path, width: int) -> None:
    """Draw the first page as a JPEG at `out`, `width` pixels wide; raises UnusableDocument."""
    read(PDF_READER, "picture", str(path.absolute()), str(out.absolute()), str(width))
    if not out.is_file():
        raise UnusableDocument(BROKEN)


def _check_pdf(path: Path, clean: Path) -> Document:
    _facts_of(path)  # checks that it opens at all, before the cleaner runs
    found = read(_PDF_CLEANER, str(path.absolute()), str(clean.absolute()))
    taken_out = tuple(found["taken_out"])
    given = clean if taken_out else path
    facts = _facts_of(given)
    return Document(DocumentKind.PDF, int(facts["pages"]), _title(facts["title"]), given, taken_out)


def _facts_of(path: Path) -> dict[str, Any]:
    facts = read(PDF_READER, "check", str(path.absolute()))
    if not facts["pages"]:
        raise UnusableDocument(BROKEN)
    return facts


def _check_office(path: Path, clean: Path) -> Document:
    read(_ARCHIVE_CHECK, str(path.absolute()))  # before anything is unpacked
    facts = read(OFFICE_READER, "check", str(path.absolute()), str(clean.absolute()))
    title, taken_out = _title(facts["title"]), tuple(facts["taken_out"])
    return Document(
        DocumentKind(facts["kind"]),
        int(facts["pages"]),
        "" if title.lower() in _NO_TITLES else title,
        clean if taken_out else path,
        taken_out,
    )


def _title(said: object) -> str:
    title = " ".join(str(said).split())
    return "".join(letter for letter in title if letter.isprintable())[:_TITLE_LENGTH]


def read(
    reader: Path, *words: str, limits: Limits = _LIMITS, seconds: float = _SECONDS
) -> dict[str, Any]:
    """Return what a reader process says about a file; raises UnusableDocument."""
    command = [sys.executable, "-I", str(reader), *words]
    try:
        said = ask(command, limits=limits, seconds=seconds)
    except ProgramFailed:
        raise UnusableDocument(BROKEN) from None
    if said.code != 0:
        raise UnusableDocument(BROKEN)
    found: dict[str, Any] = json.loads(said.out or "{}")
    if "fault" in found:
        raise UnusableDocument(FAULTS[found["fault"]])
    return found
