"""Error pages and JSON errors for refusals and failures."""

from html import unescape

import pytest
from flask import Flask, abort
from gunicorn.http.body import Body, ChunkedReader
from gunicorn.http.unreader import IterUnreader
from sqlalchemy.exc import IntegrityError

from lms.app import create_app
from lms.core.database import AT_ONCE
from lms.core.errors import (
    Conflict,
    Forbidden,
    Gone,
    Invalid,
    NotFound,
    Refused,
    TooMany,
    Unavailable,
)
from lms.core.runtime import Carrel
from lms.registry import LIBRARY
from lms.web.core.error_pages import NOT_UNDERSTOOD
from lms.web.core.route_guard import Audience, open_to
from tests.components import made_up_component
from tests.page_texts import shows
from tests.visitor import Visitor

REFUSALS = {
    400: Invalid("Say when."),
    403: Forbidden("Not with this log-in."),
    404: NotFound(),
    409: Conflict("That name is taken."),
    410: Gone("This link was used."),
    429: TooMany("Wait a minute.", retry_after_s=60),
    503: Unavailable("The storage cannot be reached."),
}


class Clash(Exception):
    """The error that PostgreSQL's driver raises for a violated constraint."""

    def __init__(self, sqlstate: str) -> None:
        super().__init__("duplicate key value")
        self.sqlstate = sqlstate


def add_faults(app: Flask) -> None:
    @app.get("/refused/<int:status>")
    @open_to(Audience.EVERYONE)
    def refused(status: int) -> str:
        raise REFUSALS[status]

    @app.get("/broken")
    @open_to(Audience.EVERYONE)
    def broken() -> str:
        raise ZeroDivisionError("a secret in a message")

    @app.get("/clashed/<state>")
    @open_to(Audience.EVERYONE)
    def clashed(state: str) -> str:
        raise IntegrityError("INSERT", {}, Clash(state))

    @app.get("/aborted/<int:status>")
    @open_to(Audience.EVERYONE)
    def aborted(status: int) -> str:
        abort(status)


@pytest.fixture
def visitor(carrel: Carrel) -> Visitor:
    app = create_app(carrel, (LIBRARY, made_up_component("faults", init_app=add_faults)))
    app.test_client_class = Visitor
    visitor = app.test_client()
    assert isinstance(visitor, Visitor)
    return visitor


@pytest.mark.parametrize("status", REFUSALS)
def test_refusal_has_its_status_and_message(visitor: Visitor, status: int) -> None:
    page = visitor.get(f"/refused/{status}")
    assert page.status_code == status
    sentence = REFUSALS[status].message.replace("'", "\u2019")
    if status != 429:  # its page says when to try again
        assert sentence in unescape(page.text)
    told = visitor.get(f"/refused/{status}", headers={"Accept": "application/json"})
    assert told.json is not None
    assert (told.status_code, told.json["message"]) == (status, sentence)
    assert told.json["code"] == REFUSALS[status].code


def test_wait_is_sent_in_seconds(visitor: Visitor) -> None:
    assert visitor.get("/refused/429").headers["Retry-After"] == "60"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (1, "Try again in 1 minute."),
        (61, "Try again in 2 minutes."),
        (119 * 60, "Try again in 119 minutes."),
        (86_400, "Try again in 24 hours."),
    ],
)
def test_page_says_how_long_to_wait_only_once(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch, seconds: int, words: str
) -> None:
    refusal = TooMany("Too many attempts. Wait a few minutes.", retry_after_s=seconds)
    monkeypatch.setitem(REFUSALS, 429, refusal)
    page = visitor.get("/refused/429").text
    assert words in page
    assert "Wait a" not in page


def test_page_without_a_known_wait_says_to_try_again(visitor: Visitor) -> None:
    page = visitor.get("/aborted/429").text
    assert page.count("try again") == 1


def test_failure_hides_its_cause_and_gives_a_reference(
    visitor: Visitor, capsys: pytest.CaptureFixture[str]
) -> None:
    page = visitor.get("/broken")
    assert page.status_code == 500
    assert "a secret" not in page.get_data(as_text=True)
    told = visitor.get("/broken", headers={"Accept": "application/json"}).json
    assert told is not None
    assert len(told["reference"]) == 8
    assert told["reference"] in "".join(capsys.readouterr())


def test_duplicate_key_from_concurrent_requests_is_a_conflict(visitor: Visitor) -> None:
    page = visitor.get("/clashed/23505")
    assert page.status_code == 409
    assert shows(page.text, AT_ONCE)
    assert visitor.get("/clashed/23514").status_code == 500  # a CHECK constraint, which is a bug


@pytest.mark.parametrize("status", [400, 401, 405, 413, 415, 418, 502, 504])
def test_other_errors_have_the_page_layout(visitor: Visitor, status: int) -> None:
    page = visitor.get(f"/aborted/{status}")
    assert page.status_code == status
    assert "<main" in page.get_data(as_text=True)


@pytest.mark.parametrize("sent", [b"zz\r\n", b"3\r\na=bc\r\n0\r\n\r\n", b"ff\r\na"])
def test_malformed_chunked_body_is_a_bad_request(visitor: Visitor, sent: bytes) -> None:
    body = Body(ChunkedReader(None, IterUnreader([sent])))
    answer = visitor.post(
        "/sign-in",
        content_type="application/x-www-form-urlencoded",
        headers={"Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input": body, "wsgi.input_terminated": True},
    )
    assert answer.status_code == 400
    assert shows(answer.text, NOT_UNDERSTOOD)


def test_custom_error_code_replaces_the_default() -> None:
    assert Refused("No.", code="recording_failed").code == "recording_failed"
    assert Refused("No.").code == "refused"
