"""The CSV writer: row by row, with spreadsheet formulas escaped."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

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
