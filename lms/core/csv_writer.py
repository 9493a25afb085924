"""The CSV writer: row by row, with spreadsheet formulas disarmed."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

CONTENT_TYPE: Final = "text/csv; charset=utf-8"
BOM: Final = "\ufeff"  # without it Excel reads UTF-8 as Windows-1252
_PIECE: Final = 64 * 1024

# OWASP, CSV Injection: what begins a formula, also in its full width, and also behind what a
# spreadsheet program drops before it looks: spaces, quotes, characters without a shape.
_FORMULA: Final = re.compile(
    r"""[\s"'\u00a0\u200b-\u200f\u2060\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20\u2212|%]"""
    r"""|[ "'\u00a0\u200b-\u200f\u2060\ufeff]*[\t\r\n]"""
)
_NUMBER: Final = re.compile(r"[+-]?\d+([.,]\d+)?")

Cell = str | int | float | datetime | None


def csv_pieces(headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """Yield a CSV file piece by piece, as its rows come: commas, CRLF, a UTF-8 mark in front.

    A text that a spreadsheet program might run gets an apostrophe before it, and every text is
    quoted, so that none is divided where semicolons are expected. Numbers stay numbers, moments
    are UTC in ISO 8601, None is an empty cell. No more than 64 KB of text are held.
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
    """Return the text as a spreadsheet program will show it, and never run it."""
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
