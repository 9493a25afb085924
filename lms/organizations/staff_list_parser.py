"""The staff list parser: people with email addresses, from CSV, Excel, or pasted text.

It needs no database, and reads one row at a time.
"""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from types import MappingProxyType
from typing import BinaryIO, Final, NamedTuple

from lms.core.csv_files import (
    ADDRESS,
    LONGEST_TELLING,
    Record,
    Sheet,
    divide,
    heading,
    open_sheet,
    sheet_of,
)
from lms.core.email_addresses import NOT_AN_ADDRESS, read_address
from lms.core.errors import N_, Invalid
from lms.core.text_decoding import EMPTY, refusal
from lms.models.seat_imports import Fault
from lms.organizations.xlsx_reader import is_xlsx, read_rows

LONGEST_NAME: Final = 200
LONGEST_GROUP: Final = 100
LONGEST_RAW: Final = 200
_MOST_WORDS: Final = 2  # in a row without headings: first and last name

EMAIL_HEADINGS: Final = (
    "email",
    "emailaddress",
    "mailaddress",
    "workemail",
    "workemailaddress",
    "primaryemail",
    "emails",
    "mail",
    "useremail",
    "userprincipalname",
    "address",
    "username",
    "login",
)
NAME_HEADINGS: Final = ("name", "fullname", "displayname", "staffname", "employee", "employeename")
FIRST_HEADINGS: Final = ("firstname", "first", "givenname", "forename")
LAST_HEADINGS: Final = ("lastname", "last", "surname", "familyname")
DEPARTMENT_HEADINGS: Final = ("department", "departmentname", "dept", "division", "team", "unit")
BRANCH_HEADINGS: Final = (
    "branch",
    "branchname",
    "branchlibrary",
    "homebranch",
    "location",
    "site",
    "library",
)
HEADINGS: Final = frozenset(
    (
        *EMAIL_HEADINGS,
        *NAME_HEADINGS,
        *FIRST_HEADINGS,
        *LAST_HEADINGS,
        *DEPARTMENT_HEADINGS,
        *BRANCH_HEADINGS,
    )
)

_AROUND: Final = " \t\r\n\"'<>()[]{},;\u00a0\u200b\u200c\u200d\u2060\ufeff"
_PIECE: Final = re.compile(r'(?:"[^"]*"|<[^<>]*>|[^,;\t"<]|["<])+')
_MAILBOX: Final = re.compile(r"<[^<>@]*@[^<>]*>")


SENTENCES: Final = MappingProxyType(
    {
        Fault.NO_ADDRESS: N_("This row has no email address."),
        Fault.NOT_AN_ADDRESS: NOT_AN_ADDRESS,
        Fault.SEVERAL_ADDRESSES: N_(
            "This row has several email addresses. Put each in its own row."
        ),
    }
)


class Entry(NamedTuple):
    """One person of a list: either an address with its key, or a fault.

    `line` counts from 1, as in a text editor, and `raw` is the original text (at most 200 characters).
    A frozen dataclass takes three times as long to make, and a list can have 100,000 people.
    """

    line: int
    raw: str
    email: str
    email_key: str
    name: str
    fault: Fault | None = None
    department: str = ""
    branch: str = ""


@dataclass(frozen=True, slots=True)
class _Columns:
    email: int
    name: tuple[int, ...]
    department: int | None
    branch: int | None


def read_file(file: BinaryIO) -> Iterator[Entry]:
    """Yield the people of a CSV file, an Excel workbook, or a text file with addresses (S6).

    The file must be seekable. Raises Invalid (field `file`) for a file that can't be read as a list;
    the message names the line, if there is one, and says what to do.
    """
    if is_xlsx(file):
        return _begun(_from_workbook(read_rows(file)))
    return _entries(open_sheet(file), is_pasted=False)


def corrected(line: int, email: str, name: str) -> Entry:
    """Return the person of a row that was corrected by hand: an address with its key, or a fault."""
    return _person(line, email, name) if email.strip() else _nobody(line, (), name)


def read_pasted(text: str) -> Iterator[Entry]:
    """Yield the people of pasted text: addresses, `Name <address>`, or spreadsheet cells.

    They are separated by lines, commas and semicolons. Raises Invalid (field `file`) for empty text.
    """
    lines = io.StringIO(text.replace("\0", ""), newline="")
    return _entries(sheet_of(lines), is_pasted=True)


def _entries(sheet: Sheet, *, is_pasted: bool) -> Iterator[Entry]:
    sheet, delimiter = divide(sheet, HEADINGS)
    columns = _columns_of(sheet, delimiter)
    if columns is None and (is_pasted or any(map(_MAILBOX.search, sheet.sample))):
        found = _from_lines(sheet)
    else:
        found = _from_records(sheet.records(delimiter), columns)
    yield from _begun(found)


def _begun(found: Iterator[Entry]) -> Iterator[Entry]:
    """Yield the people found; raises Invalid if there are none."""
    first = next(found, None)
    if first is None:
        raise refusal(EMPTY)
    yield first
    yield from found


def _columns_of(sheet: Sheet, delimiter: str) -> _Columns | None:
    """Return the columns, None for a table without headings."""
    head = sheet_of(sheet.sample)
    try:
        first = next(head.records(delimiter), None)
    except Invalid:
        return None  # reported with its line when the rows are read
    return None if first is None else _named_columns(first)


def _from_workbook(records: Iterator[Record]) -> Iterator[Entry]:
    first = next(records, None)
    if first is not None:
        yield from _from_records(chain((first,), records), _named_columns(first))


def _named_columns(first: Record) -> _Columns | None:
    if any("@" in cell for cell in first.cells):
        return None
    names = [heading(cell) for cell in first.cells]

    def place(headings: tuple[str, ...]) -> int | None:
        return next((names.index(one) for one in headings if one in names), None)

    email = place(EMAIL_HEADINGS)
    if email is None:
        return None
    whole = tuple(one for one in (place(NAME_HEADINGS),) if one is not None)
    parts = tuple(one for one in (place(FIRST_HEADINGS), place(LAST_HEADINGS)) if one is not None)
    name = parts if len(parts) == _MOST_WORDS or not whole else whole
    return _Columns(email, name, place(DEPARTMENT_HEADINGS), place(BRANCH_HEADINGS))


def _from_records(records: Iterator[Record], columns: _Columns | None) -> Iterator[Entry]:
    if columns is None:
        for record in records:
            yield from _people(record.line, record.cells)
        return
    next(records, None)  # the headings
    for record in records:
        yield _in_columns(record, columns)


def _from_lines(sheet: Sheet) -> Iterator[Entry]:
    for number, line in enumerate(sheet.lines, sheet.first_line):
        pieces = tuple(filter(None, map(str.strip, _PIECE.findall(line))))
        if pieces:
            yield from _people(number, pieces)


def _in_columns(record: Record, columns: _Columns) -> Entry:
    cells = record.cells
    count = len(cells)
    email = cells[columns.email] if columns.email < count else ""
    name = " ".join([cells[place] for place in columns.name if place < count])
    if not email:
        found = _nobody(record.line, cells, name)
    else:
        if "<" in email or "(" in email:
            shown, email = _apart(email)
            name = name or shown
        found = _person(record.line, email, name)
    if columns.department is None and columns.branch is None:
        return found
    department, branch = _group(cells, columns.department), _group(cells, columns.branch)
    return found._replace(department=department, branch=branch)


def _group(cells: tuple[str, ...], place: int | None) -> str:
    if place is None or place >= len(cells):
        return ""
    return _tidy(cells[place])[:LONGEST_GROUP].strip()


def _people(line: int, cells: tuple[str, ...]) -> Iterator[Entry]:
    """Yield the people in a row without headings: words beside an address are the name."""
    people, left = _grouped(cells)
    for cell, words in people:
        shown, email = _apart(cell)
        yield _person(line, email, " ".join(filter(None, (shown, *words[:_MOST_WORDS]))))
    if left:
        yield _nobody(line, left, "")


def _grouped(cells: tuple[str, ...]) -> tuple[list[tuple[str, list[str]]], tuple[str, ...]]:
    """Return the cells with addresses, each with its words, and the words that belong to no address."""
    people: list[tuple[str, list[str]]] = []
    words: list[str] = []
    nobodys: list[str] = []
    is_one = sum("@" in cell for cell in cells) == 1
    names_first = "@" not in cells[0]

    def hand_back() -> None:
        takes_them = people and "<" not in people[-1][0] and (is_one or not names_first)
        (people[-1][1] if takes_them else nobodys).extend(words)
        words.clear()

    for cell in filter(None, cells):
        if "@" not in cell:
            words.append(cell)
            continue
        mine: list[str] = []
        if names_first:
            mine, words = words, []
        elif words and "<" in cell:
            mine = [words.pop()]  # Doe, Jane <jane@example.org>
        hand_back()
        people.append((cell, mine))
    hand_back()
    return people, tuple(nobodys)


def _apart(cell: str) -> tuple[str, str]:
    """Return name and address from `Name <address>` or `address (Name)`."""
    before, angle, after = cell.rpartition("<")
    if angle:
        return before.strip(_AROUND), after.rstrip("> ")
    email, bracket, name = cell.partition("(")
    return (name.strip(_AROUND), email) if bracket and "@" in email else ("", cell)


def _person(line: int, email: str, name: str) -> Entry:
    try:
        address = read_address(email)
    except Invalid:
        return _mended(line, email, name)
    return Entry(line, email, address.shown, address.key, _tidy(name))


def _mended(line: int, email: str, name: str) -> Entry:
    """Retry an address without quotes, brackets and `mailto:` around it."""
    bare = email.strip(_AROUND)
    if bare[:7].lower() == "mailto:":
        bare = bare[7:]
    try:
        address = read_address(bare)
    except Invalid:
        several = len(ADDRESS.findall(bare[:LONGEST_TELLING])) > 1
        fault = Fault.SEVERAL_ADDRESSES if several else Fault.NOT_AN_ADDRESS
        return Entry(line, email[:LONGEST_RAW], "", "", _tidy(name), fault)
    return Entry(line, email[:LONGEST_RAW], address.shown, address.key, _tidy(name))


def _nobody(line: int, cells: tuple[str, ...], name: str) -> Entry:
    raw = ", ".join(filter(None, cells))
    return Entry(line, raw[:LONGEST_RAW], "", "", _tidy(name), Fault.NO_ADDRESS)


def _tidy(name: str) -> str:
    if not name.isprintable():
        name = "".join(letter if letter.isprintable() else " " for letter in name)
    return " ".join(name.split()).strip(_AROUND)[:LONGEST_NAME]
