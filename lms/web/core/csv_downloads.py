"""CSV downloads: tables sent as files for spreadsheet programs."""

from collections.abc import Iterable, Sequence

from flask import Response, stream_with_context

from lms.core.csv_writer import CONTENT_TYPE, Cell, csv_pieces


def csv_answer(headings: Sequence[str], rows: Iterable[Sequence[Cell]], name: str) -> Response:
    """Answer with a CSV file of that name, without its ending; it is written as its rows come.

    The rows may be told in the reader's language, but read from a session of their own: the
    request's is closed by then.
    """
    answer = Response(stream_with_context(csv_pieces(headings, rows)), content_type=CONTENT_TYPE)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer
