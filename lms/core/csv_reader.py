"""The CSV reader: records of uploaded CSV text, each with its line number."""

import csv
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import BinaryIO, Final

from lms.core.text_decoding import EMPTY, read_lines, refusal

DELIMITERS: Final = (",", ";", "\t")
_SAMPLE: Final = 40
LONGEST_TELLING: Final = 400  # no longer cell is an address or a heading, and patterns take long
_NAMES_ITS_DELIMITER: Final = re.compile(r"sep=(.)\s*", re.IGNORECASE)  # Excel's own first line
ADDRESS: Final = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+")


@dataclass(frozen=True, slots=True)
class Record:
    """One row: the number of the line on which it begins, and its cells without outer spaces."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table: `lines` is what is still to come, `first_line` the number of the next one."""

    lines: Iterator[str]
    sample: tuple[str, ...]
    first_line: int

    def records(self, delimiter: str) -> Iterator[Record]:
        """Yield the records that hold anything; raises Invalid, naming the line, for a broken quote."""
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
                f"The quotation marks in line {begins} don't close as they should. "
                "Mend that line, or save the list as CSV once more."
            ) from error


def open_sheet(file: BinaryIO) -> Sheet:
    """Return the table in a file, of which only the first lines are read; raises as `read_lines` does."""
    return sheet_of(read_lines(file))


@dataclass(frozen=True, slots=True)
class NamedRow:
    """A row of a table with headings: the line it begins on, and its cells by column."""

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
    """Yield the rows of a table whose first row has headings, holding one at a time.

    `columns` says by which headings each is known; cells are cut at `longest`. Raises Invalid, field
    `file`: with `missing` where a needed column isn't there, and for what is no table.
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
    """Return the table in lines that keep their ends."""
    rest = iter(lines)
    sample = tuple(islice(rest, _SAMPLE))
    return Sheet(chain(sample, rest), sample, 1)


def divide(sheet: Sheet, headings: frozenset[str]) -> tuple[Sheet, str]:
    """Return the table and the delimiter it uses: the one that shows most addresses and headings.

    A first line like `sep=;` names it and belongs to the file's form, not to the table.
    """
    named = _NAMES_ITS_DELIMITER.fullmatch(sheet.sample[0]) if sheet.sample else None
    if named is not None:
        next(sheet.lines)
        return Sheet(sheet.lines, sheet.sample[1:], sheet.first_line + 1), named.group(1)
    return sheet, max(DELIMITERS, key=lambda one: _clarity(sheet.sample, one, headings))


def heading(cell: str) -> str:
    """Return a column's name as it is compared: `E-Mail [Required]` is `email`."""
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
        pass  # a quote that never closes is told when the records are read
    return clear, cells
