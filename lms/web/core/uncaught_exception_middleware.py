"""Uncaught exception middleware: answers with an error page, a reference, and a log line."""

import errno
import itertools
import logging
import re
import secrets
from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import structlog
from flask import Flask
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from lms.core.settings import Settings
from lms.web.core.error_pages import FRAMED_POLICY, outcome_of, told, written
from lms.web.core.gunicorn_log import safe_path
from lms.web.core.request_context import JSON_OR_PAGE
from lms.web.core.security_headers_and_proxies import security_headers
from media.storage.storage_protocol import StorageAway

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

LONGEST_PATH: Final = 200
# The bytes that gunicorn accepts in a header; for anything else it answers with a bare 500.
_SENDABLE: Final = re.compile(r"[ \t\x21-\x7e\x80-\xff]*")

log = structlog.get_logger()


class UncaughtExceptionMiddleware:
    """Outermost WSGI middleware: answers exceptions that no other layer handled.

    Covers exceptions up to the first chunk of a body. Later ones can't be answered: they go to the
    server, which drops the connection. Connection errors always do.
    """

    def __init__(self, app: "WSGIApplication", pages: Flask, settings: Settings) -> None:
        self._app, self._pages = app, pages
        # It is one sentence with nothing to click, and may be a failed launch, so any site may
        # frame it.
        self._headers = security_headers(settings) | {
            "Content-Security-Policy": FRAMED_POLICY,
            "Cross-Origin-Opener-Policy": "unsafe-none",
            "Cache-Control": "no-store",
        }

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request."""
        begun: list[tuple[Any, ...]] = []

        def begin(*said: Any) -> Callable[[bytes], object]:  # noqa: ANN401  (the type in WSGI)
            # Sent later: the server takes the head once, and the first chunk may still fail.
            begun[:] = [said]
            return _no_writing

        try:
            answer = _up_to_first_piece(self._app(environ, begin), environ)
            try:
                _check_headers(begun[0][1])
            except Exception:
                getattr(answer, "close", _nothing)()  # required by PEP 3333
                raise
        except ConnectionError:
            raise
        except Exception as fault:  # noqa: BLE001  (the outermost handler)
            return self._answer(fault, environ, start_response)
        start_response(*begun[0])
        return answer

    def _answer(
        self, fault: Exception, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        outcome, reference = outcome_of(fault), secrets.token_hex(4)
        is_ours = outcome.status >= HTTPStatus.INTERNAL_SERVER_ERROR
        log.log(
            logging.ERROR if is_ours else logging.INFO,
            outcome.event,
            reference=reference,
            method=environ.get("REQUEST_METHOD", ""),
            path=safe_path(environ.get("PATH_INFO", ""))[:LONGEST_PATH],
            kind=type(fault).__name__,
            # no traceback for 503: with a server away, a thousand players would each log the same
            # one
            exc_info=fault if outcome.status == HTTPStatus.INTERNAL_SERVER_ERROR else None,
        )
        asked = parse_accept_header(environ.get("HTTP_ACCEPT"), MIMEAccept)
        with self._pages.test_request_context():
            if asked.best_match(JSON_OR_PAGE) == "application/json":
                kind, text = "application/json", self._pages.json.dumps(told(outcome, reference))
            else:
                kind, text = "text/html; charset=utf-8", written(outcome, reference)
        body = text.encode()
        headers = self._headers | {"Content-Type": kind, "Content-Length": str(len(body))}
        headers |= outcome.headers
        status = HTTPStatus(outcome.status)
        start_response(f"{status.value} {status.phrase}", list(headers.items()))
        return () if environ.get("REQUEST_METHOD") == "HEAD" else (body,)


class _Begun:
    """A body whose first chunk has been read; drops the connection if storage fails later."""

    def __init__(self, pieces: Iterator[bytes], close: Callable[[], None]) -> None:
        self._pieces, self.close = _unless_away(pieces), close

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces


def _unless_away(pieces: Iterator[bytes]) -> Iterator[bytes]:
    try:
        yield from pieces
    except StorageAway as fault:
        log.error("storage_away", kind=fault.kind)  # noqa: TRY400  (no traceback for each player)
        raise ConnectionResetError(errno.ECONNRESET, "the storage went away") from None


def _up_to_first_piece(answer: Iterable[bytes], environ: "WSGIEnvironment") -> Iterable[bytes]:
    """Return an answer whose first chunk has been read; leaves bodies that the server sends itself alone."""
    if isinstance(answer, (tuple, list, environ.get("wsgi.file_wrapper") or tuple)):
        return answer
    close = getattr(answer, "close", _nothing)
    try:
        pieces = iter(answer)
        first = tuple(itertools.islice(pieces, 1))
    except BaseException:
        close()
        raise
    return _Begun(itertools.chain(first, pieces), close)


def _check_headers(headers: Iterable[tuple[str, str]]) -> None:
    text = "".join([value for _, value in headers])
    if not (text.isascii() and text.isprintable()) and not _SENDABLE.fullmatch(text):
        raise ValueError("a header has a character that can't be sent")


def _no_writing(_data: bytes) -> None:
    raise NotImplementedError("an answer is what is returned, not written (PEP 3333)")


def _nothing() -> None:
    """Do nothing, in place of a missing `close`."""
