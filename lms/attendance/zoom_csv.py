"""Zoom CSV: reads the participant report that Zoom exports for a meeting or webinar.

Zoom writes times in the time zone and date format of the person who created the report, without naming
them. The order of day and month is therefore inferred from the date of the webinar.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import product
from statistics import median
from typing import BinaryIO, Final
from zoneinfo import ZoneInfo

from dateutil import parser

from lms.core.csv_files import Record, divide, heading, open_sheet
from lms.core.errors import N_
from lms.core.text_decoding import EMPTY, refusal

MOST_ROWS: Final = 20_000
LONGEST: Final = timedelta(days=1)
LONGEST_TIME: Final = 100
LONGEST_COUNT: Final = 6  # digits
HALF_A_DAY: Final = 12  # hours
YEARS: Final = range(2000, 2200)  # other years are typos, and may not be convertible to UTC
NO_TIMES: Final = N_(
    "This file has no join and leave times. In Zoom, open Reports, choose the"
    " participants of this webinar, turn off “Show unique users,” and export"
    " the list."
)
TOO_MANY: Final = N_("This report has more than 20,000 rows.")
NO_TIME: Final = N_("We can't read its times.")
BACKWARDS: Final = N_("It ends before it starts or lasts more than a day.")
NOBODY: Final = N_("It has no name.")
_COLUMNS: Final[Mapping[str, Sequence[str]]] = {
    "name": ("name", "username", "participantname", "displayname", "participant"),
    "email": ("useremail", "email", "emailaddress", "participantemail"),
    "joined": ("jointime", "joined", "joinedat"),
    "left": ("leavetime", "left", "leftat"),
    "minutes": ("duration", "timeinsession"),
    "waiting": ("inwaitingroom",),
    "attended": ("attended",),
}
_KNOWN: Final = frozenset(name for names in _COLUMNS.values() for name in names)
_CLOCK: Final = re.compile(
    r"(?<!\d)(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?(?:\s?(?P<half>[ap])\.?m\b\.?)?",
    re.IGNORECASE,
)
# Missing date parts are filled from these; if the results differ, the text has no complete date.
_DEFAULTS: Final = (datetime(2000, 1, 1), datetime(2001, 2, 2))  # noqa: DTZ001  (of no zone)


@dataclass(frozen=True, slots=True)
class Stay:
    """A person was in the meeting from `began` to `ended`; `line` is the line of the report."""

    line: int
    name: str
    email: str
    began: datetime
    ended: datetime
    is_host: bool  # host or panelist: they present, and earn no minutes


@dataclass(frozen=True, slots=True)
class Faulty:
    """A row that can't be used, with the reason."""

    line: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Report:
    """The content of a report; `waited` is the number of rows of people only in the waiting room."""

    stays: tuple[Stay, ...]
    faulty: tuple[Faulty, ...]
    waited: int


@dataclass(frozen=True, slots=True)
class _Line:
    line: int
    cells: Mapping[str, str]
    is_host: bool


def read_report(file: BinaryIO, *, zone: ZoneInfo, near: datetime) -> Report:
    """Return the content of a report, with its times in `zone`; `near` is when the webinar was held.

    Raises Invalid (field `file`) for a file that is not such a report.
    """
    lines, waited = [], 0
    for each in _rows(file):
        if each.cells.get("waiting", "").casefold() in ("yes", "true"):
            waited += 1
        elif each.cells.get("attended", "").casefold() not in ("no", "false"):
            lines.append(each)
        if len(lines) > MOST_ROWS:
            raise refusal(TOO_MANY)
    day_first = _is_day_first(lines, zone, near)
    stays, faulty = [], []
    for each in lines:
        found = _stay(each, zone, near, day_first=day_first)
        if isinstance(found, Stay):
            stays.append(found)
        else:
            faulty.append(found)
    return Report(tuple(stays), tuple(faulty), waited)


def _rows(file: BinaryIO) -> Iterator[_Line]:
    """Yield the rows of each table with names and times; a report can have several tables."""
    sheet, delimiter = divide(open_sheet(file), _KNOWN)
    places: Mapping[str, int] | None = None
    had_table, had_any, is_host = False, False, False
    for record in sheet.records(delimiter):
        had_any = True
        if (found := _places(record)) is not None:
            places, had_table = found, True
        elif places is not None and sum(map(bool, record.cells)) > 1:
            cells = {
                column: record.cells[place] if place < len(record.cells) else ""
                for column, place in places.items()
            }
            is_named_host = cells["name"].casefold().endswith("(host)")
            yield _Line(record.line, cells, is_host or is_named_host)
        else:
            places = None  # a title, or the end of a table
            if title := heading(record.cells[0]):
                is_host = title.startswith(("host", "panelist"))
    if not had_any:
        raise refusal(EMPTY)
    if not had_table:
        raise refusal(NO_TIMES)


def _places(record: Record) -> Mapping[str, int] | None:
    names = [heading(cell) for cell in record.cells]
    places = {
        column: next(names.index(one) for one in headings if one in names)
        for column, headings in _COLUMNS.items()
        if any(one in names for one in headings)
    }
    if not {"name", "joined", "left"} <= set(places):
        return None
    # next to the meeting's own columns, the host's address comes before the participant's
    for column in ("email", "minutes"):
        after = (
            place
            for place, one in enumerate(names)
            if one in _COLUMNS[column] and place > places["name"]
        )
        if (first := next(after, None)) is not None:
            places[column] = first
    return places


def _stay(each: _Line, zone: ZoneInfo, near: datetime, *, day_first: bool) -> Stay | Faulty:
    joined = _moments(each.cells["joined"], zone, day_first=day_first)
    left = _moments(each.cells["left"], zone, day_first=day_first)
    name = " ".join(each.cells["name"].split())[:200]
    email = each.cells.get("email", "").strip()[:320]
    if not joined or not left:
        return Faulty(each.line, NO_TIME)
    began, ended = _likeliest(product(joined, left), each.cells.get("minutes", ""), near)
    if not began <= ended <= began + LONGEST:
        return Faulty(each.line, BACKWARDS)
    if not name and not email:
        return Faulty(each.line, NOBODY)
    return Stay(each.line, name, email, began, ended, each.is_host)


def _likeliest(
    ways: Iterable[tuple[datetime, datetime]], said: str, near: datetime
) -> tuple[datetime, datetime]:
    """Return the most plausible start and end among the ways to read a row's times.

    In an hour repeated by a clock change, the row's minutes decide, then the distance to the webinar.
    """
    minutes = int(said) if said.isdecimal() and len(said) < LONGEST_COUNT else None

    def order(way: tuple[datetime, datetime]) -> tuple[bool, float, timedelta, timedelta]:
        lasted = way[1] - way[0]
        amiss = 0.0 if minutes is None else abs(lasted / timedelta(minutes=1) - minutes)
        return lasted < timedelta(), amiss, abs(way[0] - near), lasted

    return min(ways, key=order)


def _is_day_first(lines: Sequence[_Line], zone: ZoneInfo, near: datetime) -> bool:
    """Return whether 06/10 means October 6: the order that reads more times, closer to the webinar, wins."""
    ranks = []
    for day_first in (False, True):
        found = [_moments(each.cells["joined"], zone, day_first=day_first) for each in lines]
        read = [abs((one[0] - near).total_seconds()) for one in found if one]
        ranks.append((len(lines) - len(read), median(read) if read else 0.0))
    return ranks[1] < ranks[0]


def _moments(text: str, zone: ZoneInfo, *, day_first: bool) -> tuple[datetime, ...]:
    """Return the UTC time of a text, both times if a clock change repeats it, or ()."""
    clean = " ".join(text[:LONGEST_TIME].replace("\u202f", " ").split())
    clock = _CLOCK.search(clean)
    if clock is None:
        return ()
    found: datetime | None
    try:
        found = datetime.fromisoformat(clean)  # ISO dates are unambiguous
    except ValueError:
        found = _on_a_day(clean, clock, day_first=day_first)
    if found is None or found.year not in YEARS:
        return ()
    try:
        first = (found.replace(tzinfo=zone) if found.tzinfo is None else found).astimezone(UTC)
    except ValueError:  # more than a day away from UTC
        return ()
    again = first.astimezone(zone).replace(fold=1).astimezone(UTC)
    return (first,) if found.tzinfo is not None or again == first else (first, again)


def _on_a_day(text: str, clock: re.Match[str], *, day_first: bool) -> datetime | None:
    """Return the local time of a text; the date is parsed once and cached for all rows.

    Parsing each whole text took 15 seconds for 20,000 rows.
    """
    noon = "12:00:00 PM" if clock["half"] else "12:00:00"
    day = _by_words(text[: clock.start()] + noon + text[clock.end() :], day_first=day_first)
    hour = int(clock["hour"])
    if clock["half"]:
        if hour > HALF_A_DAY:
            return None
        hour = hour % HALF_A_DAY + (HALF_A_DAY if clock["half"] in "pP" else 0)
    try:
        return day and day.replace(
            hour=hour, minute=int(clock["minute"]), second=int(clock["second"] or 0)
        )
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def _by_words(text: str, *, day_first: bool) -> datetime | None:
    try:
        first, second = (
            parser.parse(text, dayfirst=day_first, default=default) for default in _DEFAULTS
        )
    except (ValueError, OverflowError):
        return None
    return first if first == second else None
