"""Zoom CSV: reads the participant report that Zoom exports for a meeting or webinar.

Zoom writes times by the clock of whoever made the report, without naming it, and in whatever form
that person chose; the order of day and month is therefore found by what lies near the webinar.
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

from lms.core.csv_reader import Record, divide, heading, open_sheet
from lms.core.errors import N_
from lms.core.text_decoding import EMPTY, refusal

MOST_ROWS: Final = 20_000
LONGEST: Final = timedelta(days=1)
LONGEST_TIME: Final = 100
LONGEST_COUNT: Final = 6  # of figures
HALF_A_DAY: Final = 12  # hours
YEARS: Final = range(2000, 2200)  # outside, a date is a slip, and clocks can't be converted
NO_TIMES: Final = N_(
    "There are no join and leave times in this file. In Zoom, open Reports, choose the participants "
    "of this webinar, leave “Show unique users” off, and export that list."
)
TOO_MANY: Final = N_("This report has more than 20,000 rows.")
NO_TIME: Final = N_("Its times can't be read.")
BACKWARDS: Final = N_("It ends before it begins, or after more than a day.")
NOBODY: Final = N_("It names nobody.")
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
# what a text leaves out is taken from these: where they differ, it left out something of the date
_DEFAULTS: Final = (datetime(2000, 1, 1), datetime(2001, 2, 2))  # noqa: DTZ001  (of no zone)


@dataclass(frozen=True, slots=True)
class Stay:
    """Somebody was in the room from `began` to `ended`; `line` is where the report says so."""

    line: int
    name: str
    email: str
    began: datetime
    ended: datetime


@dataclass(frozen=True, slots=True)
class Faulty:
    """A row that can't be used, and why."""

    line: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a report says; `waited` counts rows of people who were in the waiting room alone."""

    stays: tuple[Stay, ...]
    faulty: tuple[Faulty, ...]
    waited: int


@dataclass(frozen=True, slots=True)
class _Line:
    line: int
    cells: Mapping[str, str]


def read_report(file: BinaryIO, *, zone: ZoneInfo, near: datetime) -> Report:
    """Return what a report says, with its times by the clocks of `zone`; `near` is when it was held.

    Raises Invalid (field `file`) for a file that is no such report.
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
    """Yield the rows under each heading that has names and times; a report may have several tables."""
    sheet, delimiter = divide(open_sheet(file), _KNOWN)
    places: Mapping[str, int] | None = None
    had_table, had_any = False, False
    for record in sheet.records(delimiter):
        had_any = True
        if (found := _places(record)) is not None:
            places, had_table = found, True
        elif places is not None and sum(map(bool, record.cells)) > 1:
            cells = {
                column: record.cells[place] if place < len(record.cells) else ""
                for column, place in places.items()
            }
            yield _Line(record.line, cells)
        else:
            places = None  # a title, or the end of a table
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
    # beside the meeting's own columns a table has the host's address before the participant's
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
    return Stay(each.line, name, email, began, ended)


def _likeliest(
    ways: Iterable[tuple[datetime, datetime]], said: str, near: datetime
) -> tuple[datetime, datetime]:
    """Return from when until when somebody was there, of the ways in which a row's times can be read.

    In an hour that clocks show twice the minutes decide that the row names, then what is nearer.
    """
    minutes = int(said) if said.isdecimal() and len(said) < LONGEST_COUNT else None

    def order(way: tuple[datetime, datetime]) -> tuple[bool, float, timedelta, timedelta]:
        lasted = way[1] - way[0]
        amiss = 0.0 if minutes is None else abs(lasted / timedelta(minutes=1) - minutes)
        return lasted < timedelta(), amiss, abs(way[0] - near), lasted

    return min(ways, key=order)


def _is_day_first(lines: Sequence[_Line], zone: ZoneInfo, near: datetime) -> bool:
    """Tell whether 06/10 is the sixth of October: what reads more times, and nearer ones, is right."""
    ranks = []
    for day_first in (False, True):
        found = [_moments(each.cells["joined"], zone, day_first=day_first) for each in lines]
        read = [abs((one[0] - near).total_seconds()) for one in found if one]
        ranks.append((len(lines) - len(read), median(read) if read else 0.0))
    return ranks[1] < ranks[0]


def _moments(text: str, zone: ZoneInfo, *, day_first: bool) -> tuple[datetime, ...]:
    """Return the moment of a text, and the other one where clocks show its time twice; or nothing."""
    clean = " ".join(text[:LONGEST_TIME].replace("\u202f", " ").split())
    clock = _CLOCK.search(clean)
    if clock is None:
        return ()
    found: datetime | None
    try:
        found = datetime.fromisoformat(clean)  # which no order of day and month can turn round
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
    """Return the moment of a text; its day is read once for all who came on it.

    Reading the whole of each took 20,000 rows a quarter of a minute.
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
