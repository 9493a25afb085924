"""Text decoding: detects the encoding of an uploaded text file and refuses binary files."""

import codecs
import io
from collections.abc import Iterator
from typing import IO, BinaryIO, Final

from lms.core.errors import N_, Invalid

LARGEST_BYTES: Final = 50 * 1024 * 1024
LONGEST_LINE: Final = 1024 * 1024
_PIECE: Final = 256 * 1024
_SNIFFED: Final = 4096
_ZEROS_OF_UTF_16: Final = 0.2  # of all bytes; even a Greek list has commas and @

SAVE_AS = N_("Open it in a spreadsheet program, save it as CSV UTF-8, and upload that file.")
NO_TEXT: Final = (
    (
        b"\xd0\xcf\x11\xe0",
        N_("This is an old Excel workbook (.xls), not a text list."),
    ),
    (b"%PDF", N_("This is a PDF, not a text list.")),
    (b"{\\rtf", N_("This is a word-processing document, not a text list.")),
    (b"\x1f\x8b", N_("This file is compressed. Unzip it first.")),
    (b"\x89PNG", N_("This is an image, not a text list.")),
    (b"\xff\xd8\xff", N_("This is an image, not a text list.")),
)
XLSX = N_("This is an Excel workbook (.xlsx), not a text list.")
ODS = N_("This is an OpenDocument spreadsheet (.ods), not a text list.")
ZIP = N_("This is a ZIP file, not a text list. Unzip it first.")
WEB_PAGE = N_("This is a web page, even if it opens in a spreadsheet program.")
TOO_LARGE = N_("This list is larger than 50 MB. Split it into several files.")
EMPTY = N_("This list is empty.")
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose BOM is a prefix of it
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class _Damaged(Exception):
    """The bytes aren't text in the encoding that was tried; `line` is the first bad line."""

    def __init__(self, line: int, *, plain_so_far: bool) -> None:
        super().__init__(line)
        self.line = line
        self.plain_so_far = plain_so_far


def read_lines(file: BinaryIO) -> Iterator[str]:
    """Yield the lines of an uploaded list, with their line ends, one at a time.

    Supports UTF-8 with or without a BOM, UTF-16, UTF-32 and Windows-1252. Raises Invalid (field
    `file`): before the first line if the file isn't text, is larger than 50 MB, or has a damaged
    line, which is named; and at a line of a million characters.
    """
    encoding = encoding_of(file)
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    try:
        number = 0
        while line := text.readline(LONGEST_LINE):
            number += 1
            if len(line) == LONGEST_LINE:
                raise refusal(
                    f"Line {number} is too long for a list: more than a million characters."
                )
            yield line
    finally:
        if not file.closed:
            text.detach()


def encoding_of(file: IO[bytes]) -> str:
    """Return the codec that decodes the whole file; raises Invalid as `read_lines` does."""
    size = file.seek(0, io.SEEK_END)
    if size > LARGEST_BYTES:
        raise refusal(TOO_LARGE)
    file.seek(0)
    head = file.read(_SNIFFED)
    if not head.strip(b"\0 \t\r\n"):
        raise refusal(EMPTY)
    _refuse_other_kinds(head)
    marked = _marked(head)
    try:
        if marked is not None:
            _read_through(file, marked)
            return marked
        return _unmarked(file)
    except _Damaged as damage:
        raise refusal(
            f"Line {damage.line} has characters that can't be read. "
            "Save the list as CSV UTF-8 and upload that file."
        ) from damage


def refusal(sentence: str) -> Invalid:
    """Return the refusal of a whole list."""
    return Invalid(sentence, field="file")


def _refuse_other_kinds(head: bytes) -> None:
    for mark, sentence in NO_TEXT:
        if head.startswith(mark):
            raise refusal(f"{sentence} {SAVE_AS}")
    if head.startswith(b"PK\x03\x04"):
        raise refusal(_kind_of_archive(head))
    begin = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:200].lower()
    if begin.startswith((b"<!doctype", b"<html", b"<table", b"<?xml")):
        raise refusal(f"{WEB_PAGE} {SAVE_AS}")


def _kind_of_archive(head: bytes) -> str:
    if b"opendocument.spreadsheet" in head:
        return f"{ODS} {SAVE_AS}"
    if b"[Content_Types].xml" in head or b"xl/" in head or b"_rels/" in head:
        return f"{XLSX} {SAVE_AS}"
    return ZIP


def _marked(head: bytes) -> str | None:
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return encoding
    zeros = head.count(0)
    if zeros < _ZEROS_OF_UTF_16 * len(head):
        return None
    return "utf-16-le" if head[1::2].count(0) * 2 > zeros else "utf-16-be"


def _unmarked(file: IO[bytes]) -> str:
    try:
        _read_through(file, "utf-8")
    except _Damaged as damage:
        if not damage.plain_so_far:  # it was UTF-8 so far, so the file is damaged here
            raise
    else:
        return "utf-8"
    _read_through(file, "cp1252")
    return "cp1252"


def _read_through(file: IO[bytes], encoding: str) -> None:
    """Decode the whole file in pieces without keeping it; raises _Damaged."""
    file.seek(0)
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding)(), translate=True)
    lines, plain, more = 1, True, True
    while more:
        piece = file.read(_PIECE)
        more = bool(piece)
        try:
            text = decoder.decode(piece, final=not more)
        except UnicodeDecodeError as error:
            sound = error.object[: error.start]
            plain = plain and sound.isascii()
            raise _Damaged(lines + _line_ends(sound, encoding), plain_so_far=plain) from error
        if "\0" in text:
            raise _Damaged(lines + text[: text.index("\0")].count("\n"), plain_so_far=False)
        lines += text.count("\n")
        plain = plain and text.isascii()


def _line_ends(sound: bytes, encoding: str) -> int:
    text = sound.decode(encoding, errors="ignore")
    return text.replace("\r\n", "\n").replace("\r", "\n").count("\n")
