"""Uncaught exceptions: the outermost middleware sends an error page and logs the exception."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from wsgiref.util import FileWrapper

import pytest
from flask import Flask
from gunicorn.http.errors import InvalidChunkSize
from sqlalchemy.exc import TimeoutError as NoTurn
from structlog.testing import capture_logs

from lms.app import create_app
from lms.core.runtime import Carrel
from lms.web.core.error_pages import OUR_FAULT
from lms.web.core.uncaught_exception_middleware import UncaughtExceptionMiddleware
from lms.web.wsgi_middleware_stack import front
from media.storage.storage_protocol import StorageAway
from tests.page_texts import shows
from tests.web.core.raw_requests import ask, environ_of
from wsgi import COMPONENTS

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication

SECRET = "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789"  # noqa: S105  (a test token)
JSON = "application/json"


class Body:
    """A body that fails after so many pieces, and counts how often it was closed."""

    def __init__(self, pieces: int, fault: Exception) -> None:
        self.left, self.fault, self.closed = pieces, fault, 0

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if not self.left:
            raise self.fault
        self.left -= 1
        return b"piece"

    def close(self) -> None:
        """Count a call, which the server or the middleware makes at the end."""
        self.closed += 1


@pytest.fixture
def pages(carrel: Carrel) -> Flask:
    return create_app(carrel, COMPONENTS)


def guarded(pages: Flask, carrel: Carrel, fault: Exception) -> "WSGIApplication":
    """Return the app with its pages replaced by an exception."""

    def fail(*_: Any) -> Iterable[bytes]:
        raise fault

    pages.wsgi_app = fail  # type: ignore[method-assign]  # as Flask says to
    return front(pages, carrel)


def test_error_page_has_the_reference_from_the_log(pages: Flask, carrel: Carrel) -> None:
    fault = ValueError("a secret in a message")
    with capture_logs() as lines:
        answer = ask(guarded(pages, carrel, fault), environ_of("GET", f"/claim/{SECRET}?code=1"))
    (line,) = lines
    assert answer.status == 500
    assert "<main" in answer.text
    assert shows(answer.text, OUR_FAULT)
    assert "a secret" not in answer.text
    assert f"<code>{line['reference']}</code>" in answer.text
    assert (line["event"], line["method"], line["exc_info"]) == ("request_failed", "GET", fault)
    assert line["path"].startswith("/claim/~")
    assert SECRET not in line["path"]


def test_error_is_json_when_requested(pages: Flask, carrel: Carrel) -> None:
    with capture_logs() as lines:
        answer = ask(
            guarded(pages, carrel, ValueError()), environ_of("POST", "/x", HTTP_ACCEPT=JSON)
        )
    told = json.loads(answer.body)
    assert answer.headers["Content-Type"] == JSON
    assert (told["code"], told["reference"]) == ("failed", lines[0]["reference"])


@pytest.mark.parametrize("path", ["/lti/launch", "/lti/login", "/webinars"])
def test_error_page_can_be_framed_and_is_never_cached(
    pages: Flask, carrel: Carrel, path: str
) -> None:
    answer = ask(guarded(pages, carrel, ValueError()), environ_of("POST", path))
    assert "frame-ancestors *" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_head_is_answered_without_a_body(pages: Flask, carrel: Carrel) -> None:
    answer = ask(guarded(pages, carrel, ValueError()), environ_of("HEAD", "/"))
    assert (answer.status, answer.body) == (500, b"")
    assert int(answer.headers["Content-Length"]) > 0


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (NoTurn("nobody had a turn"), 503, "busy"),
        (StorageAway("the bucket is silent", "timeout"), 503, "storage_away"),
        (InvalidChunkSize(b"zz"), 400, "bad_request"),
        (RecursionError(), 500, "failed"),
    ],
)
def test_temporary_failures_have_their_own_status_and_retry_after(
    pages: Flask, carrel: Carrel, fault: Exception, status: int, code: str
) -> None:
    made = guarded(pages, carrel, fault)
    told = ask(made, environ_of("GET", "/", HTTP_ACCEPT=JSON))
    assert (told.status, json.loads(told.body)["code"]) == (status, code)
    assert ("Retry-After" in told.headers) == (status == 503)
    with capture_logs() as lines:
        assert ask(made, environ_of("GET", "/")).status == status
    assert [bool(line["exc_info"]) for line in lines] == [status == 500]


def answering(pages: Flask, carrel: Carrel, body: Iterable[bytes]) -> "WSGIApplication":
    def answer(_environ: Any, start_response: "StartResponse") -> Iterable[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "9")])
        return body

    return UncaughtExceptionMiddleware(answer, pages, carrel.settings)


def test_body_that_fails_before_its_first_piece_gets_an_error_page(
    pages: Flask, carrel: Carrel
) -> None:
    body = Body(0, ValueError())
    answer = ask(answering(pages, carrel, body), environ_of("GET", "/"))
    assert (answer.status, body.closed) == (500, 1)
    assert answer.headers["Content-Length"] == str(len(answer.body))


def test_body_that_fails_later_raises_in_the_server_and_is_closed(
    pages: Flask, carrel: Carrel
) -> None:
    body = Body(2, ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        ask(answering(pages, carrel, body), environ_of("GET", "/"))
    assert body.closed == 1


def test_storage_failure_in_a_body_drops_the_connection_without_a_traceback(
    pages: Flask, carrel: Carrel
) -> None:
    body = Body(2, StorageAway("the bucket is silent", "ReadTimeoutError"))
    with pytest.raises(ConnectionResetError), capture_logs() as lines:
        ask(answering(pages, carrel, body), environ_of("GET", "/"))
    assert body.closed == 1
    assert lines == [{"event": "storage_away", "kind": "ReadTimeoutError", "log_level": "error"}]


def test_broken_connection_is_left_to_the_server(pages: Flask, carrel: Carrel) -> None:
    body = Body(0, ConnectionResetError())
    with pytest.raises(ConnectionResetError), capture_logs() as lines:
        ask(answering(pages, carrel, body), environ_of("GET", "/"))
    assert (body.closed, lines) == (1, [])


def test_invalid_header_is_a_server_error(pages: Flask, carrel: Carrel) -> None:
    for value in ("a\x1db", "a\r\nX: y", "\u20ac"):

        def answer(
            _environ: Any, start_response: "StartResponse", value: str = value
        ) -> Iterable[bytes]:
            start_response("200 OK", [("X-Name", value)])
            return ()

        assert (
            ask(
                UncaughtExceptionMiddleware(answer, pages, carrel.settings), environ_of("GET", "/")
            ).status
            == 500
        )


def test_body_with_an_invalid_header_is_closed(pages: Flask, carrel: Carrel) -> None:
    body = Body(2, ValueError("not reached"))

    def app(_environ: Any, start_response: "StartResponse") -> Iterable[bytes]:
        start_response("200 OK", [("X-Odd", "two\nlines")])
        return body

    pages.wsgi_app = app  # type: ignore[method-assign]  # as Flask says to
    assert ask(front(pages, carrel), environ_of("GET", "/")).status == 500
    assert body.closed == 1


def test_latin_1_header_is_sent(pages: Flask, carrel: Carrel) -> None:
    def answer(_environ: Any, start_response: "StartResponse") -> Iterable[bytes]:
        start_response("200 OK", [("X-Name", "caf\xe9\tx")])
        return ()

    assert (
        ask(
            UncaughtExceptionMiddleware(answer, pages, carrel.settings), environ_of("GET", "/")
        ).status
        == 200
    )


def test_file_wrapper_is_passed_to_the_server_unchanged(
    pages: Flask, carrel: Carrel, tmp_path: Any
) -> None:
    (tmp_path / "film").write_bytes(b"film")
    with (tmp_path / "film").open("rb") as file:
        wrapped = FileWrapper(file)
        made = answering(pages, carrel, wrapped)
        assert made(environ_of("GET", "/"), lambda *_: lambda _data: None) is wrapped


def test_middleware_catches_failures_of_all_other_middleware(pages: Flask, carrel: Carrel) -> None:
    broken = replace(carrel, settings=replace(carrel.settings, trusted_proxies=(None,)))  # type: ignore[arg-type]
    answer = ask(front(pages, broken), environ_of("GET", "/"))
    assert answer.status == 500
    assert "<main" in answer.text
