"""CSV downloads: tables sent as files for spreadsheet programs."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from flask import Response, stream_with_context
from sqlalchemy.orm import Session

from lms.core.csv_files import CONTENT_TYPE, Cell, csv_pieces
from lms.web.core.request_context import carrel


def streamed_csv(
    headings: Sequence[str], read: Callable[[Session], Iterable[Sequence[Cell]]], name: str
) -> Response:
    """Return a CSV download whose rows are read while it is sent, when the view's session is closed."""
    database = carrel().database

    def rows() -> Iterator[Sequence[Cell]]:
        with database.read_session() as session:
            yield from read(session)

    return csv_answer(headings, rows(), name)


def csv_answer(headings: Sequence[str], rows: Iterable[Sequence[Cell]], name: str) -> Response:
    """Return a CSV download called `name` plus `.csv`; its rows may use the reader's language."""
    answer = Response(stream_with_context(csv_pieces(headings, rows)), content_type=CONTENT_TYPE)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer
