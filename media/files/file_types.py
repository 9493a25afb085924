"""File types by first bytes: which files can't be a recording or a handout."""

from enum import StrEnum
from typing import Final

from media.files.translation_marks import N_

HEAD_BYTES: Final = 4096
_TEXT_SHARE: Final = 512

RECORDINGS: Final = frozenset(
    (
        *("mp4", "m4v", "mov", "qt", "mkv", "webm", "avi", "wmv", "asf", "flv", "mpg", "mpeg"),
        *("m2ts", "mts", "ts", "3gp", "3g2", "ogv", "mxf"),
        *("ogg", "oga", "opus", "mp3", "m4a", "aac", "wav", "flac", "aif", "aiff", "caf"),
        *("wma", "mka", "amr"),
    )
)
ZIP: Final = b"PK\x03\x04"
OLD_OFFICE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # also password-protected Office files
OLD_OR_LOCKED: Final = N_(
    "This is an old PowerPoint or Word file, or it has a password. Save it as .pptx, "
    ".docx, or PDF without a password, then upload that file."
)
NO_HANDOUT: Final = N_(
    "This isn't a PDF, PowerPoint, or Word file, despite its name. Save it as .pdf, "
    ".pptx, or .docx, then upload that file."
)


class DocumentKind(StrEnum):
    """The kinds of handouts."""

    PDF = "pdf"
    PPTX = "pptx"
    DOCX = "docx"


_OFFICE: Final = "application/vnd.openxmlformats-officedocument."
MEDIA_TYPES: Final = {
    DocumentKind.PDF: "application/pdf",
    DocumentKind.PPTX: _OFFICE + "presentationml.presentation",
    DocumentKind.DOCX: _OFFICE + "wordprocessingml.document",
}
HANDOUTS: Final = frozenset(DocumentKind)

# other files that people upload as recordings, each with its sentence
_OTHERS: Final = (
    (b"%PDF-", N_("This file is a PDF, not a recording. Choose the recording itself.")),
    (
        ZIP,
        N_(
            "This file is a ZIP archive or an Office document, not a recording. Choose the recording itself."
        ),
    ),
    (
        OLD_OFFICE,
        N_("This file is an old Office document, not a recording. Choose the recording itself."),
    ),
    (b"\x89PNG\r\n", N_("This file is an image, not a recording. Choose the recording itself.")),
    (b"\xff\xd8\xff", N_("This file is an image, not a recording. Choose the recording itself.")),
    (b"GIF8", N_("This file is an image, not a recording. Choose the recording itself.")),
    (
        b"7z\xbc\xaf\x27\x1c",
        N_("This file is an archive, not a recording. Choose the recording itself."),
    ),
    (b"Rar!\x1a\x07", N_("This file is an archive, not a recording. Choose the recording itself.")),
    (b"\x1f\x8b", N_("This file is an archive, not a recording. Choose the recording itself.")),
    (b"MZ", N_("This file is a program, not a recording. Choose the recording itself.")),
    (b"\x7fELF", N_("This file is a program, not a recording. Choose the recording itself.")),
)
TEXT: Final = N_("This file is plain text, not a recording. Choose the recording itself.")
EMPTY_BYTES: Final = N_(
    "This file starts with empty data because copying it was interrupted. Copy it again, "
    "then upload it."
)


def ending_of(name: str) -> str:
    """Return the lower-case extension of a file name, without the dot; empty if it has none."""
    return name.rpartition(".")[2].lower() if "." in name else ""


def no_recording(head: bytes) -> str | None:
    """Return the sentence that says what a file is instead of a recording; None if it may be one."""
    for begins, what in _OTHERS:
        if head.startswith(begins):
            return what
    if head and not head.strip(b"\x00"):
        return EMPTY_BYTES
    return TEXT if _is_text(head[:_TEXT_SHARE]) else None


def no_handout(head: bytes) -> str | None:
    """Return the sentence that says why a file is no handout; None if it may be one."""
    if head.startswith(OLD_OFFICE):
        return OLD_OR_LOCKED
    return None if is_pdf(head) or head.startswith(ZIP) else NO_HANDOUT


def is_pdf(head: bytes) -> bool:
    """Return whether a file may be a PDF: its marker is within the first 1,024 bytes."""
    return b"%PDF-" in head[:1024]


def _is_text(begin: bytes) -> bool:
    try:
        text = begin.decode("utf-8")
    except UnicodeDecodeError as fault:
        # a character cut in two at the end is not the file's fault
        if fault.start < len(begin) - 3:
            return False
        text = begin[: fault.start].decode("utf-8")
    return bool(text) and all(char.isprintable() or char in "\r\n\t\f\ufeff" for char in text)
