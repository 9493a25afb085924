"""CSV downloads: tables sent as files for spreadsheet programs."""

from collections.abc import Iterable, Sequence

from flask import Response, stream_with_context

from lms.core.csv_writer import CONTENT_TYPE, Cell, csv_pieces


def csv_answer(headings: Sequence[str], rows: Iterable[Sequence[Cell]], name: str) -> Response:
    """Return a streamed CSV download called `name` plus `.csv`.

    `rows` may use the reader's language, but must read from a session of its own: the request's session
    is closed before streaming starts.
    """
    answer = Response(stream_with_context(csv_pieces(headings, rows)), content_type=CONTENT_TYPE)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer
