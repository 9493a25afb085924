"""The XLSX reader: rows of an uploaded Excel workbook, with bounds on everything that is unpacked.

Reads the first visible sheet. Formulas aren't calculated: their saved results are read.
"""

import zipfile
import zlib
from collections.abc import Callable, Iterator
from posixpath import join, normpath
from typing import Any, BinaryIO, Final
from xml.parsers import expat

from lms.core.csv_files import Record
from lms.core.errors import N_
from lms.core.text_decoding import SAVE_AS, TOO_LARGE, refusal

WORKBOOK: Final = "xl/workbook.xml"
SHARED: Final = "xl/sharedStrings.xml"
LARGEST_FILE: Final = 50 * 1024 * 1024
LARGEST_SHEET: Final = 400 * 1024 * 1024  # unpacked, and never in memory at once
LARGEST_OTHER: Final = 64 * 1024 * 1024
MOST_ROWS: Final = 1_048_576  # Excel's own limit
MOST_COLUMNS: Final = 256
LONGEST_CELL: Final = 1_000
LONGEST_PART: Final = 1024 * 1024  # of a tag, or of the text between two; Excel's cells are shorter
_PIECE: Final = 64 * 1024
_DEEPEST: Final = 64
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

DAMAGED = N_("This Excel workbook (.xlsx) is damaged.")
NO_SHEET = N_("We can't read any sheet in this Excel workbook (.xlsx).")

_Begin = Callable[[str, dict[str, str]], None]
_End = Callable[[str, str], None]


def is_xlsx(file: BinaryIO) -> bool:
    """Return whether a file is an Excel workbook (.xlsx); the position afterward is its start."""
    file.seek(0)
    has_mark = file.read(4) == b"PK\x03\x04"
    try:
        found = has_mark and WORKBOOK in zipfile.ZipFile(file).NameToInfo
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        found = False
    file.seek(0)
    return found


def read_rows(file: BinaryIO) -> Iterator[Record]:
    """Yield the rows of a workbook that aren't empty, numbered as in Excel.

    Raises Invalid (field `file`) for a workbook that is damaged, too large, or has no sheet.
    """
    try:
        yield from _rows(file)
    except (
        zipfile.BadZipFile,
        zlib.error,
        expat.ExpatError,
        EOFError,
        KeyError,
        NotImplementedError,
        OverflowError,
        RuntimeError,
        UnicodeError,
        ValueError,
    ) as error:
        raise refusal(f"{DAMAGED} {SAVE_AS}") from error


def _rows(file: BinaryIO) -> Iterator[Record]:
    with zipfile.ZipFile(file) as archive:
        if any(one.compress_type not in _METHODS for one in archive.infolist()):
            raise NotImplementedError
        if sum(one.compress_size for one in archive.infolist()) > LARGEST_FILE:
            raise refusal(TOO_LARGE)
        sheet = _first_sheet(archive)
        shared = _shared_strings(archive)
        rows = _Rows(shared)
        for _ in _parsed(archive, sheet, LARGEST_SHEET, rows.begin, rows.end):
            yield from rows.ready
            rows.ready.clear()


class _Rows:
    """Collects the rows of a sheet while it is parsed; `ready` are the complete ones."""

    def __init__(self, shared: list[str]) -> None:
        self.shared = shared
        self.ready: list[Record] = []
        self.line = 0
        self.column = -1
        self.kind = ""
        self.cells: dict[int, str] = {}

    def begin(self, tag: str, said: dict[str, str]) -> None:
        if tag == "row":
            self.line = int(said.get("r") or self.line + 1)
            if not 1 <= self.line <= MOST_ROWS:
                raise ValueError(self.line)
            self.column, self.cells = -1, {}
        elif tag == "c":
            self.column = _column_of(said["r"]) if "r" in said else self.column + 1
            self.kind = said.get("t", "")

    def end(self, tag: str, text: str) -> None:
        if tag in ("v", "t") and text:
            self._take(text, is_reference=tag == "v" and self.kind == "s")
        elif tag == "row" and self.cells:
            cells = tuple(self.cells.get(one, "") for one in range(max(self.cells) + 1))
            self.ready.append(Record(self.line, cells))

    def _take(self, text: str, *, is_reference: bool) -> None:
        if not 0 <= self.column < MOST_COLUMNS:
            return
        if is_reference:
            number = int(text)
            if not 0 <= number < len(self.shared):
                raise ValueError(number)
            text = self.shared[number]
        whole = (self.cells.get(self.column, "") + text)[:LONGEST_CELL].strip()
        if whole:
            self.cells[self.column] = whole


def _column_of(reference: str) -> int:
    """Return the number of a column from 0, such as 27 for AB12."""
    number = 0
    for letter in reference[:3]:
        if not "A" <= letter <= "Z":
            break
        number = 26 * number + ord(letter) - 64
    return number - 1


def _first_sheet(archive: zipfile.ZipFile) -> str:
    """Return the part of the first visible sheet. Raises Invalid if there is none."""
    sheets: list[str] = []
    parts: dict[str, str] = {}

    def sheet(tag: str, said: dict[str, str]) -> None:
        if tag == "sheet" and said.get("state", "visible") == "visible":
            sheets.extend(value for name, value in said.items() if name.endswith(":id"))

    def part(tag: str, said: dict[str, str]) -> None:
        if tag == "Relationship" and said.get("Type", "").endswith("/worksheet"):
            target = said["Target"]
            place = target[1:] if target.startswith("/") else join("xl", target)
            parts[said["Id"]] = normpath(place)

    for _ in _parsed(archive, WORKBOOK, LARGEST_OTHER, sheet, _nothing):
        pass
    for _ in _parsed(archive, "xl/_rels/workbook.xml.rels", LARGEST_OTHER, part, _nothing):
        pass
    found = next((parts[one] for one in sheets if parts.get(one) in archive.NameToInfo), None)
    if found is None:
        raise refusal(NO_SHEET)
    return found


def _shared_strings(archive: zipfile.ZipFile) -> list[str]:
    """Return the texts that cells refer to, without the phonetic guides of East Asian ones."""
    if SHARED not in archive.NameToInfo:
        return []
    texts: list[str] = []
    pieces: list[str] = []
    depth = [0]

    def begin(tag: str, _said: dict[str, str]) -> None:
        depth[0] += tag == "rPh"

    def end(tag: str, text: str) -> None:
        depth[0] -= tag == "rPh"
        if tag == "t" and not depth[0]:
            pieces.append(text)
        elif tag == "si":
            texts.append("".join(pieces)[:LONGEST_CELL])
            pieces.clear()

    for _ in _parsed(archive, SHARED, LARGEST_OTHER, begin, end):
        pass
    return texts


def _parsed(
    archive: zipfile.ZipFile, part: str, largest: int, begin: _Begin, end: _End
) -> Iterator[None]:
    """Parse a part, a piece at a time: report tags without prefixes, and the text of each.

    Raises ValueError for a document type, whose entities can be used for an attack, and for a tag or a
    text of more than a megabyte, which would be in memory at once. Raises Invalid for a part that unpacks
    to more than `largest` bytes.
    """
    parser, open_tags, said = expat.ParserCreate(), list[str](), list[str]()
    since_tag = 0  # bytes

    def opened(tag: str, attributes: dict[str, str]) -> None:
        nonlocal since_tag
        since_tag = 0
        open_tags.append(tag.rpartition(":")[2])
        if len(open_tags) > _DEEPEST:
            raise ValueError(tag)
        said.clear()
        begin(open_tags[-1], attributes)

    def closed(_tag: str) -> None:
        nonlocal since_tag
        since_tag = 0
        end(open_tags.pop(), "".join(said))
        said.clear()

    def refused(*_: Any) -> None:  # noqa: ANN401  (whatever the declaration says)
        raise ValueError(part)

    parser.StartElementHandler = opened
    parser.EndElementHandler = closed
    parser.CharacterDataHandler = said.append
    parser.StartDoctypeDeclHandler = refused
    for piece in _pieces(archive, part, largest):
        since_tag += len(piece)
        parser.Parse(piece)
        if since_tag > LONGEST_PART:
            raise ValueError(part)
        yield
    parser.Parse(b"", True)  # noqa: FBT003
    yield


def _pieces(archive: zipfile.ZipFile, part: str, largest: int) -> Iterator[bytes]:
    left = largest
    with archive.open(part) as stream:
        while piece := stream.read(_PIECE):
            left -= len(piece)
            if left < 0:
                raise refusal(TOO_LARGE)
            yield piece


def _nothing(_tag: str, _text: str) -> None:
    """Ignore the end of a tag."""
