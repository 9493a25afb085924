"""Stricter rules when the site is served over HTTPS."""

from dataclasses import replace

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from lms.app import create_app
from lms.core.database import Database
from lms.core.runtime import Carrel
from tests.cast import Cast
from tests.mailbox import PASSWORD, give_password, newest
from tests.visitor import TOKEN_HEADER, Visitor
from wsgi import COMPONENTS

HOUSE = "https://library.example"
pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def app(carrel: Carrel) -> Flask:
    """The web app of a site that is served over HTTPS."""
    made = create_app(
        replace(carrel, settings=replace(carrel.settings, base_url=HOUSE)), COMPONENTS
    )
    made.testing = True
    made.test_client_class = Visitor
    return made


def _post(client: Visitor, path: str, data: dict[str, str], referer: str) -> TestResponse:
    shown = client.get("/forgotten-password", base_url=HOUSE).text
    token = shown.partition('name="csrf_token" value="')[2].partition('"')[0]
    headers = {"Referer": referer, TOKEN_HEADER: token}
    return client.post(path, data=data, base_url=HOUSE, headers=headers)


def test_form_from_another_site_is_refused(client: Visitor, cast: Cast) -> None:
    answer = _post(client, "/sign-up", {"email": "a@example.org"}, "https://evil.example/")
    assert answer.status_code == 400


def test_cookie_is_bound_to_this_host(client: Visitor, database: Database, cast: Cast) -> None:
    give_password(database, cast.alice.id)
    data = {"email": cast.alice.email, "password": PASSWORD}
    answer = _post(client, "/sign-in", data, f"{HOUSE}/sign-in")
    cookie = next(
        one for one in answer.headers.getlist("Set-Cookie") if one.startswith("__Host-carrel=")
    )
    assert set(cookie.split("; ")[1:]) == {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"}
    assert client.get("/account", base_url=HOUSE).status_code == 200


def test_signing_out_deletes_the_host_bound_cookie(
    client: Visitor, database: Database, cast: Cast
) -> None:
    give_password(database, cast.alice.id)
    data = {"email": cast.alice.email, "password": PASSWORD}
    _post(client, "/sign-in", data, f"{HOUSE}/sign-in")
    answer = _post(client, "/sign-out", {}, f"{HOUSE}/account")
    (cookie,) = [
        one for one in answer.headers.getlist("Set-Cookie") if one.startswith("__Host-carrel=;")
    ]
    assert "Secure" in cookie
    assert "Path=/" in cookie


def test_form_on_a_page_with_a_secret_url_can_be_sent(
    client: Visitor, database: Database, cast: Cast
) -> None:
    _post(client, "/forgotten-password", {"email": cast.alice.email}, f"{HOUSE}/")
    text = newest(database, cast.alice.email).text
    path = "/reset-password/" + text.partition(f"{HOUSE}/reset-password/")[2].split()[0]
    shown = client.get(path, base_url=HOUSE)
    assert shown.headers["Referrer-Policy"] == "strict-origin"
    answer = _post(client, path, {"password": "seven lamps by the window"}, f"{HOUSE}/")
    assert answer.status_code == 303
