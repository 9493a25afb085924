"""Unsubscribing from invitations and reminders: by link, in a mail program, in the account."""

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
from flask import Flask
from limits import RateLimitItemPerHour

from lms.core.clock import now
from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.mail.opt_outs import opt_out_links, opted_out
from lms.mail.outbox import post
from lms.web.core import rate_limits
from tests.cast import Cast
from tests.visitor import Visitor

TO = "alice@example.org"


@pytest.fixture
def path(cast: Cast, carrel: Carrel) -> str:
    with carrel.database.transaction() as session:
        mail = post(
            session,
            kind="delivery_test",
            to=TO,
            login_id=cast.alice.id,
            subject="Hello",
            values={},
            now=now(),
        )
        return urlsplit(opt_out_links(carrel.settings).page(mail.public_id)).path


def is_out(database: Database) -> bool:
    with database.read_session() as session:
        return bool(opted_out(session, [TO]))


def test_altered_link_does_not_unsubscribe(client: Visitor, path: str, database: Database) -> None:
    for wrong in (f"{path[:-1]}{'A' if path[-1] != 'A' else 'B'}", f"/unsubscribe/{'0' * 26}/x"):
        assert client.get(wrong).status_code == 404
        assert client.post(wrong).status_code == 404
    assert not is_out(database)


def test_opening_the_link_asks_before_unsubscribing(
    client: Visitor, path: str, database: Database
) -> None:
    page = client.get(path)
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
    assert TO in page.text
    assert not is_out(database)
    assert client.post(path, data={"choice": "unsubscribe"}).location == path
    assert "re unsubscribed" in client.get(path).text
    assert is_out(database)
    client.post(path, data={"choice": "subscribe"})
    assert not is_out(database)


def test_mail_program_unsubscribes_with_one_request_without_cookies(
    app: Flask, path: str, database: Database
) -> None:
    for _again in range(2):
        answer = app.test_client().post(path, data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
        assert is_out(database)


def test_invalid_links_are_rate_limited_and_valid_ones_are_not(
    app: Flask, path: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = rate_limits.Limit("links_from", (RateLimitItemPerHour(1),))
    monkeypatch.setattr(rate_limits, "LINKS_FROM", few)
    for _scan in range(3):
        assert app.test_client().get(path).status_code == 200
    assert app.test_client().post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert is_out(database)
    tries = [app.test_client().get("/unsubscribe/x/x").status_code for _try in range(2)]
    assert tries == [404, 429]


def test_concurrent_unsubscribe_requests_all_succeed(
    app: Flask, path: str, database: Database
) -> None:
    def post(_number: int) -> int:
        return app.test_client().post(path, data={"List-Unsubscribe": "One-Click"}).status_code

    with ThreadPoolExecutor(8) as crowd:
        assert list(crowd.map(post, range(8))) == [200] * 8
    assert is_out(database)


def test_choice_can_be_changed_in_the_account(
    client: Visitor, cast: Cast, path: str, database: Database
) -> None:
    assert client.get("/account/emails").status_code == 303  # to sign in
    client.sign_in(cast.alice.id)
    client.post(path)
    assert "Subscribe again" in client.get("/account/emails").text
    client.post("/account/emails", data={"choice": "subscribe"})
    assert not is_out(database)
    client.post("/account/emails", data={"choice": "unsubscribe"})
    assert is_out(database)
