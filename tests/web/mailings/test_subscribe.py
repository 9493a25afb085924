"""Subscribing to new webinars: the form, the confirmation link, and ending subscriptions."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from flask import Flask

from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.mail.opt_outs import subscription_links
from lms.mailings import subscriptions
from lms.mailings.mails import CONFIRM
from lms.mailings.subscriptions import EXPIRED, confirm_links
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.mailbox import letters, link_in, newest, without_form_token
from tests.mailings.mailing_fixtures import PRESENTER, add, start, subscribe, work
from tests.mailings.test_mailings import SUBSCRIBERS
from tests.mailings.test_subscriptions import topics
from tests.page_texts import shows
from tests.visitor import Visitor

SAM = "sam@example.org"
TOO_MANY = 429


def wrong(path: str) -> str:
    return f"{path[:-1]}{'A' if path[-1] != 'A' else 'B'}"


@pytest.mark.usefixtures("topical")
def test_subscription_is_confirmed_only_by_the_button_on_the_linked_page(
    client: Visitor, database: Database
) -> None:
    page = client.get("/presenters/pat-doe").text
    assert "/subscribe?presenter=pat-doe" in page
    assert "with Pat Doe" in client.get("/subscribe?presenter=pat-doe").text
    answer = client.post("/subscribe", data={"email": SAM, "presenter": "pat-doe"})
    assert answer.status_code == 303
    page = client.get(answer.location).text
    assert SAM in page
    assert '"/subscribe?presenter=pat-doe"' in page  # to try again
    path = link_in(newest(database, SAM, CONFIRM))
    page = client.get(path)
    assert page.headers["Cache-Control"] == "no-store"
    assert 'data-testid="unconfirmed"' in page.text
    assert topics(database) == []
    assert client.post(path).location == path
    assert topics(database) == ["Pat Doe"]
    assert 'data-testid="subscribed"' in client.get(path).text
    client.post(path, data={"choice": "end"})
    assert topics(database) == []
    assert client.get(path).status_code == 404


@pytest.mark.usefixtures("topical")
def test_webinar_series_presenter_and_catalog_pages_link_to_the_form(client: Visitor) -> None:
    for page, link, said in (
        ("/webinars/reading-rooms", "/subscribe?presenter=pat-doe", "with Pat Doe"),
        ("/series/calm-desks", "/subscribe?series=calm-desks", "Calm desks"),
        ("/presenters/sam-roe", "/subscribe?presenter=sam-roe", "with Sam Roe"),
        ("/webinars", "/subscribe", 'name="email"'),
    ):
        assert link in client.get(page).text, page
        assert said in client.get(link).text, link
    for link in ("/subscribe?presenter=nobody", "/subscribe?series=nothing"):
        assert client.get(link).status_code == 404
    assert client.post("/subscribe", data={"email": SAM, "series": "x"}).status_code == 404


def test_response_is_the_same_for_known_and_unknown_addresses(
    app: Flask, carrel: Carrel, cast: Cast, database: Database
) -> None:
    subscribe(carrel, SAM)
    answers = []
    for email in (SAM, "new@example.org", cast.alice.email):
        visitor = app.test_client()
        answer = visitor.post("/subscribe", data={"email": email})
        page = without_form_token(visitor.get(answer.location).text).replace(email, "")
        answers.append((answer.status_code, answer.location, page))
        assert len(letters(database, email)) >= 1
    assert len(set(answers)) == 1


def test_form_requires_an_address_and_limits_emails_to_one_address(client: Visitor) -> None:
    assert client.post("/subscribe", data={"email": "no address"}).status_code == 400
    statuses = [client.post("/subscribe", data={"email": SAM}).status_code for _ in range(6)]
    assert statuses[0] == 303
    assert statuses[-1] == TOO_MANY


def test_form_is_filled_with_the_signed_in_persons_address(client: Visitor, cast: Cast) -> None:
    client.sign_in(cast.alice.id)
    assert 'value="alice@example.org"' in client.get("/subscribe").text


def test_confirmation_link_is_signed_and_expires(
    client: Visitor, carrel: Carrel, database: Database, clock: Clock
) -> None:
    made = subscribe(carrel, SAM, is_confirmed=False)
    path = urlsplit(confirm_links(carrel.settings).page(made)).path
    for other in (wrong(path), f"/subscribe/{'0' * 26}/x"):
        assert client.get(other).status_code == 404
        assert client.post(other).status_code == 404
    clock.set(NOW + timedelta(days=8))
    for answer in (client.get(path), client.post(path)):
        assert answer.status_code == 410
        assert shows(answer.text, EXPIRED)
    assert topics(database) == []


def test_link_in_each_email_shows_and_ends_subscriptions(
    app: Flask,
    client: Visitor,
    carrel: Carrel,
    database: Database,
    topical: Cast,
    clock: Clock,
) -> None:
    assert clock.moment == NOW
    subscribe(carrel, SAM)
    subscribe(carrel, SAM, PRESENTER)
    mailing_id = add(database, topical, SUBSCRIBERS)
    start(database, mailing_id)
    work(carrel, mailing_id)
    mail = newest(database, SAM, "new_webinar")
    path = urlsplit(subscription_links(carrel.settings).page(mail.public_id)).path
    assert client.get(wrong(path)).status_code == client.post(wrong(path)).status_code == 404
    page = client.get(path).text
    assert all(said in page for said in (SAM, "Pat Doe", 'data-testid="end-all"'))
    assert len(topics(database)) == 2
    with database.read_session() as session:
        [_all, one] = subscriptions.subscriptions_of(session, SAM)
    assert client.post(path, data={"only": one.public_id}).location == path
    assert topics(database) == [""]
    for _again in range(2):  # as a mail program does, without cookies
        answer = app.test_client().post(path, data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
    assert topics(database) == []
    assert 'href="/subscribe"' in client.get(path).text
