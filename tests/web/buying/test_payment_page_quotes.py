"""Quotes on the payment page: accepted by a name or a purchase order, expired, and replaced."""

import io
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.models.documents import Document, DocumentKind
from lms.models.orders import Quote, Terms
from lms.models.organizations import Membership
from lms.models.payments import Payment
from lms.models.seller import (
    PolicyKind,
)
from lms.organizations import memberships
from lms.organizations.organizations import find_organization
from lms.pricing.price_list import set_prices
from lms.sales import quotes
from lms.sales.new_orders import NewOrder
from lms.sales.order_access import WEBINAR_OFF
from lms.sales.order_history import Happening
from lms.sales.read_models import Standing
from lms.seller.policies import publish_policy, save_draft
from lms.web.sales.order_texts import HAPPENED
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.page_texts import shows
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import GROUP, PRICES, SEAT, locked, paid, placed, read, take_off
from tests.visitor import Visitor
from tests.web.buying.test_payment_page import link, quoted
from tests.web.requests.test_customer_request import PDF


def test_quote_is_accepted_with_a_typed_name_and_put_on_hold(
    client: Visitor, database: Database, carrel: Carrel, cast: Cast, clock: Clock
) -> None:
    facts = quoted(database)
    path = link(carrel, facts)
    assert f"{path}/accept-quote" in client.get(path).text
    assert client.post(f"{path}/accept-quote", data={"name": ""}).status_code == 400
    assert read(database, facts).placed_at is None
    sent = {"name": "Pat Doe", "po_number": "PO 5"}
    assert client.post(f"{path}/accept-quote", data=sent).status_code == 303
    now = read(database, facts)
    assert (now.placed_at, now.held_at, now.po_number) == (NOW, NOW, "PO 5")
    with database.read_session() as session:
        assert session.scalars(select(Quote.accepted_name)).one() == "Pat Doe"
    assert client.post(f"{path}/accept-quote", data=sent).status_code == 409
    client.sign_in(cast.ada.id)
    history = client.get(f"/staff/orders/{facts.public_id}").text.split("History")[1]
    assert shows(history, str(HAPPENED[Happening.ACCEPTED]) % {"name": "Pat Doe"})


def test_purchase_order_can_be_added_only_by_accepting_the_quote(
    client: Visitor, database: Database, carrel: Carrel, cast: Cast, clock: Clock
) -> None:
    path = link(carrel, quoted(database))
    assert f"{path}/purchase-order" not in client.get(path).text
    answer = client.post(f"{path}/purchase-order", data={"po_number": "PO 5"})
    assert (answer.status_code, answer.location) == (303, f"{path}/accept-quote")
    client.post(f"{path}/accept-quote", data={"name": "Pat Doe", "po_number": "PO 5"})
    assert f"{path}/purchase-order" in client.get(path).text


def test_purchase_order_file_requires_a_number(
    client: Visitor, database: Database, carrel: Carrel, cast: Cast, clock: Clock
) -> None:
    facts = quoted(database)
    sent = {"name": "Pat", "file": (io.BytesIO(PDF), "PO.pdf")}
    answer = client.post(f"{link(carrel, facts)}/accept-quote", data=sent)
    assert answer.status_code == 400
    assert 'id="po_number-error"' in answer.text
    assert list(carrel.storage.list("purchase-orders/")) == []


def test_form_with_an_error_asks_to_choose_the_file_again(
    client: Visitor, database: Database, carrel: Carrel, cast: Cast, clock: Clock
) -> None:
    path = f"{link(carrel, quoted(database))}/accept-quote"
    asks = 'id="file-error"'
    answer = client.post(
        path, data={"name": "", "po_number": "5", "file": (io.BytesIO(PDF), "PO.pdf")}
    )
    assert answer.status_code == 400
    assert asks in answer.text
    assert 'href="#file"' in answer.text
    assert asks not in client.post(path, data={"name": "", "po_number": "5"}).text


def test_published_policies_must_be_agreed_to(
    client: Visitor, database: Database, carrel: Carrel, cast: Cast, clock: Clock
) -> None:
    with database.transaction() as session:
        save_draft(session, PolicyKind.TERMS, "Pay in 30 days.", actor=None, now=NOW)
        publish_policy(session, PolicyKind.TERMS, actor=None, now=NOW)
    facts = quoted(database)
    path = f"{link(carrel, facts)}/accept-quote"
    assert 'href="/terms"' in client.get(path).text
    assert 'name="has_agreed"' in client.get(path).text
    answer = client.post(path, data={"name": "Pat"})
    assert (answer.status_code, 'id="has_agreed-error"' in answer.text) == (400, True)
    assert client.post(path, data={"name": "Pat", "has_agreed": "y"}).status_code == 303
    assert read(database, facts).placed_at == NOW


@pytest.mark.parametrize("new", [GROUP, SEAT], ids=["organization", "person"])
def test_accepting_a_quote_does_not_pay_it(
    client: Visitor,
    database: Database,
    carrel: Carrel,
    cast: Cast,
    clock: Clock,
    new: NewOrder,
) -> None:
    facts = quoted(database, replace(new, terms=Terms.CARD))
    path = f"{link(carrel, facts)}/accept-quote"
    assert client.post(path, data={"name": "Pat"}).status_code == 303
    now = read(database, facts)
    assert now.open_minor == now.total_minor > 0
    assert now.held_at == NOW
    with database.read_session() as session:
        assert session.scalars(select(Payment)).all() == []


def test_customer_who_paid_before_has_access_immediately(
    client: Visitor, database: Database, carrel: Carrel, cast: Cast, clock: Clock
) -> None:
    paid(database, placed(database, GROUP))
    facts = quoted(database)
    client.post(f"{link(carrel, facts)}/accept-quote", data={"name": "Pat"})
    assert read(database, facts).held_at is None


def test_expired_quote_shows_the_current_price(
    client: Visitor, database: Database, carrel: Carrel, cast: Cast, clock: Clock
) -> None:
    facts = quoted(database)
    path = link(carrel, facts)
    later = NOW + timedelta(days=61)
    dearer = tuple(replace(one, price_minor=one.price_minor + 1_000) for one in PRICES)
    with database.transaction() as session:
        set_prices(session, dearer, actor=None, now=NOW + timedelta(days=30))
    clock.set(later)
    text = client.get(path).text
    assert "$375.00" in text
    assert "/accept-quote" not in text
    assert "/purchase-order" not in text
    assert client.post(f"{path}/accept-quote", data={"name": "Pat"}).status_code == 409
    assert read(database, facts).standing(later) is Standing.EXPIRED


@pytest.mark.parametrize("new", [GROUP, SEAT], ids=["organization", "person"])
def test_quote_for_a_canceled_webinar_says_so(
    client: Visitor, database: Database, carrel: Carrel, cast: Cast, clock: Clock, new: NewOrder
) -> None:
    facts = quoted(database, new)
    path = link(carrel, facts)
    take_off(database)
    text = client.get(path).text
    assert shows(text, WEBINAR_OFF)
    assert "/accept-quote" not in text
    assert f"{path}/card" not in text
    answer = client.post(f"{path}/accept-quote", data={"name": "Pat"})
    assert (answer.status_code, shows(answer.text, WEBINAR_OFF)) == (409, True)
    assert read(database, facts).placed_at is None


def test_replaced_version_of_a_quote_is_not_shown(
    client: Visitor, database: Database, carrel: Carrel, cast: Cast, clock: Clock
) -> None:
    facts = quoted(database)
    with database.transaction() as session:
        order = locked(session, facts)
        quotes.issue_quote(session, order, mail_context=OFFICE, actor=None, now=NOW)
    with database.read_session() as session:
        first, second = session.scalars(
            select(Document.public_id)
            .where(Document.kind == DocumentKind.QUOTE)
            .order_by(Document.id)
        )
    path = link(carrel, facts)
    assert client.get(f"{path}/documents/{first}").status_code == 404
    assert client.get(f"{path}/documents/{second}").status_code == 200


def test_quote_replaced_since_the_page_was_shown_is_not_accepted(
    client: Visitor, database: Database, carrel: Carrel, cast: Cast, clock: Clock
) -> None:
    facts = quoted(database)
    path = f"{link(carrel, facts)}/accept-quote"
    sent = {"name": "Pat", "quote": hidden(client.get(path).text)}
    with database.transaction() as session:
        order = locked(session, facts)
        quotes.issue_quote(session, order, mail_context=OFFICE, actor=None, now=NOW)
    answer = client.post(path, data=sent)
    assert answer.status_code == 409
    assert read(database, facts).placed_at is None
    sent["quote"] = hidden(answer.text)
    assert client.post(path, data=sent).status_code == 303


def test_accepting_a_quote_does_not_restore_a_removed_manager(
    client: Visitor, database: Database, carrel: Carrel, cast: Cast, clock: Clock
) -> None:
    facts = quoted(database)
    with database.transaction() as session:
        elm = find_organization(session, "elm-county")
        memberships.end_membership(session, elm, cast.mia.public_id, actor=None, now=NOW)
    answer = client.post(f"{link(carrel, facts)}/accept-quote", data={"name": "Mia"})
    assert answer.status_code == 303
    with database.read_session() as session:
        mine = select(Membership.role).where(Membership.login_id == cast.mia.id)
        assert session.scalars(mine).all() == []


def hidden(page: str) -> str:
    found = re.search(r'name="quote"[^>]*value="(\w+)"', page)
    assert found
    return found[1]
