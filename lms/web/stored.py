"""Stored files that a page sends itself: downloads and pictures, from whichever storage."""

from datetime import timedelta
from typing import Final

from flask import Response, request, send_file

from lms.errors import NotFound
from lms.web.kit import carrel
from media.ranges import Unsatisfiable, wanted_span
from media.storage import Missing, Stat

FOR_GOOD: Final = timedelta(days=365)


def send_stored(
    key: str, content_type: str, *, download_name: str | None = None, is_open: bool = False
) -> Response:
    """Answer with a stored file: inline, or to be saved under `download_name` (RFC 6266).

    An `is_open` file is shown to everyone and never changes under its address, so that anybody
    may keep it; another is asked for again each time. Raises NotFound when it isn't there.
    """
    storage = carrel().storage
    path = storage.local_path(key)
    found = storage.stat(key)
    if found is None:
        raise NotFound
    try:
        # A stream from elsewhere can't be wound back, so only a local file answers to a Range.
        answer = send_file(
            path or storage.open(key),
            mimetype=content_type,
            as_attachment=download_name is not None,
            download_name=download_name,
            conditional=path is not None,
            etag=found.etag.strip('"'),
            last_modified=found.modified,
        )
    except Missing:
        raise NotFound from None
    if path is None:
        answer.content_length = found.size
    answer.headers["X-Content-Type-Options"] = "nosniff"
    keep = f"public, max-age={int(FOR_GOOD.total_seconds())}, immutable"
    answer.headers["Cache-Control"] = keep if is_open else "private, no-cache"
    return answer


def send_resumably(key: str, content_type: str, download_name: str) -> Response:
    """Answer with a large stored file, or the part of it that is still missing (Range), to be saved.

    From whichever storage. Raises NotFound when it isn't there.
    """
    answer = send_stored(key, content_type, download_name=download_name)
    found = carrel().storage.stat(key)
    if carrel().storage.local_path(key) is None and found is not None:
        answer = _part(key, found, answer)
    answer.headers["Accept-Ranges"] = "bytes"
    return answer


def _part(key: str, found: Stat, whole: Response) -> Response:
    header, if_range = request.headers.get("Range", ""), request.headers.get("If-Range", "")
    try:
        span = wanted_span(header, if_range, found.etag, found.size)
    except Unsatisfiable:
        refused = Response(status=416)
        refused.headers["Content-Range"] = f"bytes */{found.size}"
        return refused
    if span is None:
        return whole
    stream = carrel().storage.open(key, span.start, span.length)
    last = span.start + span.length - 1
    answer = Response(stream, 206, whole.headers, direct_passthrough=True)
    answer.headers["Content-Range"] = f"bytes {span.start}-{last}/{found.size}"
    answer.content_length = span.length
    return answer
