"""Non-UTF-8 cookies, which other software on the same host can set: every page still works."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pytest

from lms.app import create_app
from lms.core.runtime import Carrel
from lms.web.wsgi_middleware_stack import front
from tests.cast import Cast
from tests.clock import Clock
from tests.player import AGENT, open_playback
from tests.visitor import Visitor
from tests.web.core.raw_requests import FRENCH, ask, environ_of
from wsgi import COMPONENTS

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def house(carrel: Carrel) -> "WSGIApplication":
    return front(create_app(carrel, COMPONENTS), carrel)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/webinars", 200),
        ("GET", "/sign-in", 200),
        ("GET", "/healthz", 200),
        ("GET", "/no-such-page", 404),
        ("GET", "/library", 303),
        ("GET", "/static/css/core/base.css", 200),
        ("GET", "/media/no-token/a.mp4", 404),
        ("POST", "/playback/no-token/beat", 404),
        ("GET", "/lti/login?iss=https://elsewhere.example", 400),
        ("POST", "/lti/login", 400),
        ("POST", "/lti/launch", 401),
        ("GET", "/lti/s/no-secret/", 404),
    ],
)
def test_cookie_that_is_not_utf8_changes_no_response(
    house: "WSGIApplication", cast: Cast, method: str, path: str, status: int
) -> None:
    asked = {"body": b"state=x&id_token=y", "CONTENT_TYPE": FORM} if method == "POST" else {}
    assert ask(house, environ_of(method, path, HTTP_COOKIE=FRENCH, **asked)).status == status


def test_person_stays_signed_in_with_a_cookie_that_is_not_utf8(
    house: "WSGIApplication", client: Visitor, cast: Cast, clock: Clock
) -> None:
    client.sign_in(cast.alice.id)
    for cookies in (f"{FRENCH}; {_signed_in(client)}", f"{_signed_in(client)}; {FRENCH}"):
        assert ask(house, environ_of("GET", "/library", HTTP_COOKIE=cookies)).status == 200


def test_player_works_with_a_cookie_that_is_not_utf8(
    house: "WSGIApplication", client: Visitor, cast: Cast
) -> None:
    client.sign_in(cast.alice.id)
    player = open_playback(client, cast.slug)
    more: Mapping[str, str] = {
        "HTTP_COOKIE": f"{FRENCH}; {_signed_in(client)}",
        "HTTP_USER_AGENT": AGENT,
    }
    beat = b'{"position": 1.0, "rate": 1.0, "spans": []}'
    path = player.addresses["beat"]
    assert ask(house, environ_of("POST", path, body=beat, **more)).status == 200
    # the ticket is accepted, and this file doesn't exist
    assert ask(house, environ_of("GET", f"/media/{player.token}/x.vtt", **more)).status == 404


def _signed_in(client: Visitor) -> str:
    cookie = client.get_cookie("carrel")
    assert cookie is not None
    return f"carrel={cookie.value}"
