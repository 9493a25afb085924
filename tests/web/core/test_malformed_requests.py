"""Responses to requests that HTTP doesn't allow, and to queries in raw bytes."""

import json
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from lms.app import create_app
from lms.core.runtime import Carrel
from lms.web.core.error_pages import NOT_UNDERSTOOD
from lms.web.wsgi_middleware_stack import front
from tests.cast import Cast
from tests.page_texts import shows
from tests.web.core.raw_requests import ask, environ_of
from wsgi import COMPONENTS

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

EVERYWHERE = (
    "/webinars",
    "/lti/login",
    "/lti/launch",
    "/playback/x/beat",
    "/media/x/y.mp4",
    "/healthz",
)


@pytest.fixture
def house(carrel: Carrel) -> "WSGIApplication":
    return front(create_app(carrel, COMPONENTS), carrel)


@pytest.mark.parametrize("query", ["q=fran\xe7ais", "\xff=\xfe", "q=\xed\xa0\x80", "page=\xb2"])
def test_query_that_is_not_utf8_changes_no_response(
    house: "WSGIApplication", cast: Cast, query: str
) -> None:
    for path, status in {
        "/webinars": 200,
        "/sign-in": 200,
        "/no-page": 404,
        "/healthz": 200,
    }.items():
        assert ask(house, environ_of("GET", f"{path}?{query}")).status == status


def test_raw_byte_query_equals_its_percent_encoded_form(
    house: "WSGIApplication", cast: Cast
) -> None:
    in_bytes = ask(house, environ_of("GET", "/webinars?q=caf\xc3\xa9+%26&page=1"))
    in_percent = ask(house, environ_of("GET", "/webinars?q=caf%C3%A9+%26&page=1"))
    assert 'value="café &amp;"' in in_bytes.text
    assert in_bytes.text == in_percent.text


@pytest.mark.parametrize(
    "length", ["9" * 5000, "9" * 19, "-1", "+5", "abc", "0x10", "\xb2", "5, 5"]
)
def test_invalid_content_length_is_refused(house: "WSGIApplication", length: str) -> None:
    for path in EVERYWHERE:
        answer = ask(house, environ_of("POST", path, CONTENT_LENGTH=length))
        assert answer.status == 400
        assert shows(answer.text, NOT_UNDERSTOOD)


@pytest.mark.parametrize(
    "host", ["x" * 64, "a..b", "a b", "\xff", "[::1", "localhost:abc", "a@b", "a/b"]
)
def test_invalid_host_is_refused(house: "WSGIApplication", host: str) -> None:
    for path in EVERYWHERE:
        answer = ask(house, environ_of("GET", path, HTTP_HOST=host))
        assert answer.status == 400
        assert "<main" in answer.text


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost:8000", "a.b-c.example.", "[::1]:80", "my_host", "127.0.0.1", ""],
)
def test_valid_host_is_accepted(house: "WSGIApplication", cast: Cast, host: str) -> None:
    assert ask(house, environ_of("GET", "/webinars", HTTP_HOST=host)).status == 200


def test_malformed_request_gets_json_and_is_logged_as_info(
    house: "WSGIApplication",
) -> None:
    asked = environ_of("GET", "/webinars", HTTP_HOST="a..b", HTTP_ACCEPT="application/json")
    with capture_logs() as lines:
        told = json.loads(ask(house, asked).body)
    (line,) = lines
    assert (told["code"], told["reference"]) == ("bad_request", line["reference"])
    assert (line["event"], line["log_level"]) == ("request_malformed", "info")
