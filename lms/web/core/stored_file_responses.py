"""Stored file responses: downloads and pictures from any storage, with Range support."""

from datetime import timedelta
from io import BytesIO
from typing import BinaryIO, Final
from urllib.parse import quote

from flask import Response, request, send_file

from lms.core.errors import NotFound, or_not_found
from lms.web.core.request_context import carrel
from media.delivery.byte_ranges import Span, Unsatisfiable, wanted_span
from media.delivery.delivery_modes import Way
from media.storage.storage_protocol import Missing, Stat

FOR_GOOD: Final = timedelta(days=365)
BEHIND_NGINX: Final = "/_files/"  # must match the location in deploy/nginx.conf


def send_stored(
    key: str, content_type: str, *, download_name: str | None = None, is_open: bool = False
) -> Response:
    """Answer with a stored file, inline or as a download named `download_name` (RFC 6266).

    With `is_open`, the file is public and never changes at its URL, so anyone may cache it; other files
    are revalidated each time. Raises NotFound if it doesn't exist.
    """
    found = _stat(key)
    answer = _opened(key, found, content_type, download_name, span=None)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    keep = f"public, max-age={int(FOR_GOOD.total_seconds())}, immutable"
    answer.headers["Cache-Control"] = keep if is_open else "private, no-cache"
    return answer


def send_resumably(key: str, content_type: str, download_name: str) -> Response:
    """Answer with a large stored file as a download, or with the part that Range asks for.

    Works with every storage. Raises NotFound if the file doesn't exist.
    """
    found = _stat(key)
    try:
        span = _wanted(key, found)
    except Unsatisfiable:
        refused = Response(status=416)
        refused.headers["Content-Range"] = f"bytes */{found.size}"
        return refused
    answer = _opened(key, found, content_type, download_name, span=span)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.headers["Accept-Ranges"] = "bytes"
    return answer


def _stat(key: str) -> Stat:
    return or_not_found(carrel().storage.stat(key))


def _wanted(key: str, found: Stat) -> Span | None:
    """Return the requested range of a remote file; None for local files, whose sender handles Range."""
    if carrel().storage.local_path(key) is not None:
        return None
    header, if_range = request.headers.get("Range", ""), request.headers.get("If-Range", "")
    return wanted_span(header, if_range, found.etag, found.size)


def _opened(
    key: str, found: Stat, content_type: str, download_name: str | None, *, span: Span | None
) -> Response:
    storage = carrel().storage
    path = storage.local_path(key)
    settings = carrel().settings
    # While files are moving, nginx knows only one storage and the file may be in the other.
    is_handed_over = settings.delivery is Way.NGINX and settings.storage_former is None
    is_handed_over = is_handed_over and path is not None
    try:
        source = BytesIO() if is_handed_over else path or _stream(key, span)
        # A remote stream can't seek, so send_file handles Range only for local files.
        answer = send_file(
            source,
            mimetype=content_type,
            as_attachment=download_name is not None,
            download_name=download_name,
            conditional=path is not None and not is_handed_over,
            etag=found.etag.strip('"'),
            last_modified=found.modified,
        )
    except Missing:
        raise NotFound from None
    if is_handed_over:
        answer.headers["X-Accel-Redirect"] = BEHIND_NGINX + quote(key)
    elif path is None:
        answer.content_length = found.size if span is None else span.length
    if span is not None:
        answer.status_code = 206
        last = span.start + span.length - 1
        answer.headers["Content-Range"] = f"bytes {span.start}-{last}/{found.size}"
    return answer


def _stream(key: str, span: Span | None) -> BinaryIO:
    storage = carrel().storage
    return storage.open(key) if span is None else storage.open(key, span.start, span.length)
