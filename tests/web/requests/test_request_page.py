"""The page of a request: who sees what, the confirmation email, the address, and the answer."""

import re

import pytest
from flask import Flask

from lms.core.database import Database
from lms.requests import requests
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.mailbox import letters, newest
from tests.requests.test_requests import OFFICE
from tests.visitor import Visitor
from tests.web.requests.test_customer_request import filled, kept


@pytest.fixture(autouse=True)
def _now(clock: Clock) -> None:
    """Freeze the clock at NOW."""


def test_unknown_request_is_not_found(client: Visitor) -> None:
    assert client.get(f"/requests/{'0' * 26}").status_code == 404
    assert client.post(f"/requests/{'0' * 26}/resend").status_code == 404
    assert client.post(f"/requests/{'0' * 26}/address").status_code == 404


@pytest.fixture
def asked(client: Visitor, cast: Cast, database: Database) -> str:
    client.post("/ask", data=filled(message="My own words"))
    return kept(database)[0].public_id


def test_page_after_sending_names_recipient_sender_and_due_time(
    client: Visitor, asked: str
) -> None:
    page = client.get(f"/requests/{asked}").text
    assert "dan@example.org" in page
    assert "noreply@" in page or "@localhost" in page or "carrel@" in page
    assert 'id="receipt-title"' in page
    assert "5:00\u00a0PM\u00a0ET" in page
    assert f"{asked[:4]}-{asked[4:8]}".upper() in page


def test_another_browser_sees_the_status_but_not_the_address(
    app: Flask, client: Visitor, asked: str
) -> None:
    page = app.test_client().get(f"/requests/{asked}")
    assert page.status_code == 200
    assert "Received" in page.text
    assert "dan@example.org" not in page.text
    assert "d…@example.org" in page.text
    assert "My own words" not in page.text
    assert page.headers["Referrer-Policy"] == "strict-origin"


def test_confirmation_email_can_be_resent(client: Visitor, asked: str, database: Database) -> None:
    assert client.post(f"/requests/{asked}/resend").status_code == 303
    assert len(letters(database, "dan@example.org")) == 2


def test_browser_that_sent_the_request_can_correct_the_address(
    client: Visitor, asked: str, database: Database
) -> None:
    answer = client.post(f"/requests/{asked}/address", data={"email": "d.pellerin@example.org"})
    assert answer.status_code == 303
    assert kept(database)[0].email == "d.pellerin@example.org"
    assert newest(database, "d.pellerin@example.org").kind == "request_received"


def test_invalid_address_is_refused(client: Visitor, asked: str, database: Database) -> None:
    answer = client.post(f"/requests/{asked}/address", data={"email": "d.pellerin"})
    assert answer.status_code == 400
    assert kept(database)[0].email == "dan@example.org"


def test_another_browser_cannot_correct_the_address(
    app: Flask, client: Visitor, asked: str, database: Database
) -> None:
    other = app.test_client()
    answer = other.post(f"/requests/{asked}/address", data={"email": "eve@example.org"})
    assert answer.status_code == 404
    assert kept(database)[0].email == "dan@example.org"


def test_answer_is_shown_on_the_page(client: Visitor, asked: str, database: Database) -> None:
    with database.transaction() as session:
        requests.decline(
            session, asked, answer="It is <sold> out", links=OFFICE.links, actor=None, now=NOW
        )
    page = client.get(f"/requests/{asked}").text
    assert "It is &lt;sold&gt; out" in page
    assert "Declined" in page
    assert "Resend email" not in page


def test_response_does_not_reveal_known_organizations_or_addresses(app: Flask, cast: Cast) -> None:
    answers = set()
    for name, email in (
        ("Elm County Library", "mia@example.org"),
        ("Oak County Library", "oak@example.org"),
    ):
        stranger = Visitor(app)
        sent = stranger.post("/ask", data=filled(organization_name=name, email=email))
        page = stranger.get(sent.location).text
        number = sent.location.rsplit("/", 1)[-1]
        said = re.sub(rf"(?i){number}|{number[:4]}-{number[4:8]}|{name}|{email}", "", page)
        answers.add(re.sub(r'name="csrf_token"[^>]*>', "", said))
    assert len(answers) == 1
