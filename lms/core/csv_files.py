"""CSV files: records of uploaded ones with their line numbers, and new ones with formulas escaped."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, islice
from typing import BinaryIO, Final, NamedTuple

from lms.core.text_decoding import EMPTY, read_lines, refusal

DELIMITERS: Final = (",", ";", "\t")
_SAMPLE: Final = 40
LONGEST_TELLING: Final = 400  # no address or heading is longer, and the patterns are slow
_NAMES_ITS_DELIMITER: Final = re.compile(r"sep=(.)\s*", re.IGNORECASE)  # Excel's own first line
ADDRESS: Final = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+")

CONTENT_TYPE: Final = "text/csv; charset=utf-8"
BOM: Final = "\ufeff"  # without it Excel reads UTF-8 as Windows-1252
_PIECE: Final = 64 * 1024

# OWASP, CSV Injection: characters that begin a formula, also in full width, and also after
# characters that spreadsheet programs skip: spaces, quotes, invisible characters.
_FORMULA: Final = re.compile(
    r"""[\s"'\u00a0\u200b-\u200f\u2060\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20\u2212|%]"""
    r"""|[ "'\u00a0\u200b-\u200f\u2060\ufeff]*[\t\r\n]"""
)
_NUMBER: Final = re.compile(r"[+-]?\d+([.,]\d+)?")

Cell = str | int | float | datetime | None


class Record(NamedTuple):
    """One row: the number of its first line, and its stripped cells."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table: `lines` are those still to read, and `first_line` is the number of the next one."""

    lines: Iterator[str]
    sample: tuple[str, ...]
    first_line: int

    def records(self, delimiter: str) -> Iterator[Record]:
        """Yield the records that aren't empty; raises Invalid, naming the line, for a broken quote."""
        reader = csv.reader(self.lines, delimiter=delimiter, strict=True, skipinitialspace=True)
        before = self.first_line - 1
        begins = self.first_line
        try:
            for cells in reader:
                stripped = tuple(map(str.strip, cells))
                if any(stripped):
                    yield Record(begins, stripped)
                begins = before + reader.line_num + 1
        except csv.Error as error:
            raise refusal(
                f"Line {begins} has quotation marks that don't match. "
                "Correct that line, or save the list as CSV again."
            ) from error


def open_sheet(file: BinaryIO) -> Sheet:
    """Return the table in a file, reading only its first lines; raises as `read_lines` does."""
    return sheet_of(read_lines(file))


@dataclass(frozen=True, slots=True)
class NamedRow:
    """A row of a table with headings: the number of its first line, and its cells by column."""

    line: int
    cells: Mapping[str, str]


def read_named(
    file: BinaryIO,
    columns: Mapping[str, Sequence[str]],
    *,
    needed: Sequence[str],
    missing: str,
    longest: int,
) -> Iterator[NamedRow]:
    """Yield the rows of a table whose first row has headings, one at a time.

    `columns` maps each column to its possible headings; cells are cut at `longest` characters.
    Raises Invalid (field `file`): with `missing` if a needed column is missing, and for a file that
    isn't a table.
    """
    known = frozenset(name for names in columns.values() for name in names)
    sheet, delimiter = divide(open_sheet(file), known)
    records = sheet.records(delimiter)
    head = next(records, None)
    if head is None:
        raise refusal(EMPTY)
    names = [heading(cell) for cell in head.cells]
    places = {
        column: next(names.index(one) for one in headings if one in names)
        for column, headings in columns.items()
        if any(one in names for one in headings)
    }
    if not all(column in places for column in needed):
        raise refusal(missing)
    first = next(records, None)
    if first is None:
        raise refusal(EMPTY)
    for record in chain((first,), records):
        yield NamedRow(
            record.line,
            {
                column: record.cells[place][:longest] if place < len(record.cells) else ""
                for column, place in places.items()
            },
        )


def sheet_of(lines: Iterable[str]) -> Sheet:
    """Return the table in lines that include their line ends."""
    rest = iter(lines)
    sample = tuple(islice(rest, _SAMPLE))
    return Sheet(chain(sample, rest), sample, 1)


def divide(sheet: Sheet, headings: frozenset[str]) -> tuple[Sheet, str]:
    """Return the table and its delimiter: the one that yields the most addresses and headings.

    A first line such as `sep=;` names the delimiter and isn't part of the table.
    """
    named = _NAMES_ITS_DELIMITER.fullmatch(sheet.sample[0]) if sheet.sample else None
    if named is not None:
        next(sheet.lines)
        return Sheet(sheet.lines, sheet.sample[1:], sheet.first_line + 1), named.group(1)
    return sheet, max(DELIMITERS, key=lambda one: _clarity(sheet.sample, one, headings))


def heading(cell: str) -> str:
    """Return a heading normalized for comparison: `Last Name [Required]` is `lastname`."""
    bare = re.sub(r"[\[(].*?[\])]", "", cell[:LONGEST_TELLING])
    plain = unicodedata.normalize("NFKC", bare).casefold()
    return "".join(letter for letter in plain if letter.isalnum())


def _clarity(sample: tuple[str, ...], delimiter: str, headings: frozenset[str]) -> tuple[int, int]:
    clear = cells = 0
    try:
        for row in csv.reader(sample, delimiter=delimiter):
            cells += len(row)
            clear += sum(
                1
                for cell in row
                if ADDRESS.fullmatch(cell[:LONGEST_TELLING].strip()) or heading(cell) in headings
            )
    except csv.Error:
        pass  # an unclosed quote is reported when the records are read
    return clear, cells


def csv_pieces(headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """Yield a CSV file in pieces as its rows come: commas, CRLF, a UTF-8 BOM.

    Text that a spreadsheet program might run as a formula gets a leading apostrophe, and all text
    is quoted, so that it isn't split where semicolons are expected. Numbers stay numbers, datetimes
    are UTC in ISO 8601, None is an empty cell. Buffers about 64 KB.
    """
    buffer = io.StringIO(newline="")
    buffer.write(BOM)
    write = csv.writer(buffer, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n").writerow
    write([defused(heading) for heading in headings])
    for row in rows:
        write([_cell(value) for value in row])
        if buffer.tell() >= _PIECE:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def defused(text: str) -> str:
    """Return text that a spreadsheet program displays and never runs as a formula."""
    if _FORMULA.match(text) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def _cell(value: Cell) -> str | int | float:
    match value:
        case None:
            return ""
        case str():
            return defused(value)
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        case _:
            return value
