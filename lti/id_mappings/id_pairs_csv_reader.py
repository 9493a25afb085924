"""ID pairs CSV reader: an institution's list of old and new IDs in two columns."""

import re
from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO, Final

from lms.core.csv_files import Record, divide, heading, open_sheet
from lms.core.errors import N_, Invalid
from lti.id_mappings.person_match_proposals import Line

OLD: Final = frozenset({"old", "oldsub", "oldid", "olduserid", "from"})
NEW: Final = frozenset({"new", "newsub", "newid", "newuserid", "to"})
# our own exports prefix cells that could be a formula with an apostrophe
DEFUSED: Final = re.compile(r"^'(?=[=+\-@|%])")
LONGEST_ID: Final = 255
MOST_LINES: Final = 100_000
NO_COLUMNS: Final = N_(
    "The list must have two columns, old and new: the person's ID in the old LMS and in the new LMS."
)
EMPTY: Final = N_("The list has no row with two IDs.")
TOO_LONG: Final = N_("The list has more than 100,000 rows. Split it into several files.")


def read_list(file: BinaryIO) -> tuple[Line, ...]:
    """Return the rows of a list, with their line numbers in the file.

    Headings in the first line name the columns; without headings the first is old and the second new.
    Other columns are ignored. Raises Invalid (field `file`) for a file that is not such a list.
    """
    sheet, delimiter = divide(open_sheet(file), OLD | NEW)
    records = sheet.records(delimiter)
    first = next(records, None)
    if first is None:
        raise Invalid(EMPTY, field="file")
    headings = [heading(cell) for cell in first.cells]
    old = next((at for at, one in enumerate(headings) if one in OLD), None)
    new = next((at for at, one in enumerate(headings) if one in NEW), None)
    if old is None and new is None:
        rows: Iterator[Record] = chain((first,), records)
        old, new = 0, 1
        if len(first.cells) == 1:
            raise Invalid(NO_COLUMNS, field="file")
    elif old is None or new is None:
        raise Invalid(NO_COLUMNS, field="file")
    else:
        rows = records
    lines = tuple(_line(row, old, new) for row in rows)
    if not any(each.old_sub and each.new_sub for each in lines):
        raise Invalid(EMPTY, field="file")
    if len(lines) > MOST_LINES:
        raise Invalid(TOO_LONG, field="file")
    return lines


def _line(row: Record, old: int, new: int) -> Line:
    bare = [DEFUSED.sub("", cell) for cell in row.cells]
    cells = [cell if len(cell) <= LONGEST_ID and "\x00" not in cell else "" for cell in bare]
    return Line(row.line, _cell(cells, old), _cell(cells, new))


def _cell(cells: list[str], at: int) -> str:
    return cells[at] if at < len(cells) else ""
