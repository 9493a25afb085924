"""Paying by card: returning from the card page, lost webhooks, and form targets."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
import requests
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.checkouts.opening import OTHER_TOTAL
from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.documents.snapshots import BillTo
from lms.models.catalog import Webinar, WebinarState
from lms.models.orders import Order
from lms.models.organizations import Membership, Organization, Role
from lms.models.payments import Checkout, Payment
from lms.models.seller import PolicyKind
from lms.models.tax import Supply
from lms.people import erased_orders
from lms.pricing.price_list import set_prices
from lms.sales import billing
from lms.sales.billing import Billing
from lms.sales.orders import find_order
from lms.seller.policies import publish_policy, save_draft
from lms.tax.rule_list import NewTaxRule, add_rule
from lms.web.buying.payment_page_card import NOTHING_OWED
from lms.web.seller.agreements import NOT_AGREED
from tests.buying.buying_fixtures import PRICES, ROSA, open_for_business
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.mailbox import link_in, newest
from tests.page_texts import is_empty, shows
from tests.sales.order_fixtures import GROUP, SEAT, paid, placed, read
from tests.servers.stripe import KEY, SECRET, Delivery, FakeStripe
from tests.servers.stripe_objects import PAYS
from tests.visitor import Visitor
from tests.web.buying.shopping import check_out, confirm, fill, order
from tests.web.buying.test_payment_page import link, quoted

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

pytestmark = pytest.mark.usefixtures("cast", "_open")
CARD = {"payer": "myself", "payment": "card"}
TEST_MODE = 'data-testid="test-mode"'
DECLINED = "4000000000000002"


@pytest.fixture
def environ(environ: Mapping[str, str], fake_stripe: FakeStripe) -> Mapping[str, str]:
    return {
        **environ,
        "CARREL_STRIPE_SECRET_KEY": KEY,
        "CARREL_STRIPE_WEBHOOK_SECRET": SECRET,
        "CARREL_STRIPE_API_BASE": fake_stripe.url,
    }


@pytest.fixture
def _open(database: Database) -> None:
    open_for_business(database)


def to_card_page(client: Visitor) -> str:
    """Check out by card, and return the address of the provider's page."""
    fill(client)
    answer = check_out(client, **CARD)
    assert answer.status_code == 303
    return str(answer.location)


def back(url: str, card: str = PAYS) -> str:
    """Pay on the provider's page; return the path of its redirect, "" for a declined card."""
    answer = requests.post(url, {"card": card}, allow_redirects=False, timeout=60)
    return answer.headers.get("Location", "").removeprefix("http://localhost")


def placed_orders(session: Session) -> Sequence[int]:
    return session.scalars(select(Order.id).where(Order.placed_at.is_not(None))).all()


def newest_order(database: Database) -> str:
    with database.read_session() as session:
        return session.scalars(select(Order.public_id).order_by(Order.id.desc()).limit(1)).one()


def test_return_from_the_card_page_works_only_in_its_browser(client: Visitor, app: Flask) -> None:
    path = back(to_card_page(client))
    other = app.test_client()
    assert other.get(path).status_code == 404
    assert client.get(path).location == path.removesuffix("/paid")


def test_card_payment_gives_access_without_a_webhook(
    client: Visitor, database: Database, cast: Cast
) -> None:
    path = back(to_card_page(client))
    page = client.get(path, follow_redirects=True)
    assert "Watch now" in page.text
    assert client.get(f"/webinars/{cast.slug}/watch").status_code == 200
    for _again in range(2):
        client.get(path)
    with database.read_session() as session:
        assert session.scalars(select(Payment.amount_minor)).all() == [9900]
    assert is_empty(client.get("/cart").text)


def test_unpaid_order_waits_and_gives_no_access(
    client: Visitor, database: Database, cast: Cast
) -> None:
    url = to_card_page(client)
    assert back(url, DECLINED) == ""
    order_id = newest_order(database)
    waiting = client.get(f"/orders/{order_id}/paid")
    assert waiting.status_code == 202
    assert waiting.headers["Refresh"] == "3"
    assert TEST_MODE in waiting.text
    assert client.get(f"/orders/{order_id}").status_code == 404
    assert client.get(f"/webinars/{cast.slug}/watch").status_code in (302, 303)


def test_checking_out_a_paid_cart_again_leads_to_its_order(
    client: Visitor, database: Database
) -> None:
    """The browser didn't return from the card page, and the card isn't charged twice."""
    path = back(to_card_page(client))
    again = check_out(client, **CARD)
    assert again.location == path
    assert "Watch now" in client.get(path, follow_redirects=True).text
    with database.read_session() as session:
        assert session.scalars(select(Payment.amount_minor)).all() == [9900]
        assert len(session.scalars(select(Checkout.id)).all()) == 1


@pytest.mark.parametrize("payment", ["card", "invoice"])
def test_cart_ordered_again_in_another_tab_is_paid_once(
    client: Visitor, database: Database, payment: str
) -> None:
    first = to_card_page(client)
    again = check_out(client, payer="myself", payment=payment)
    assert again.status_code == 303
    assert back(first) == ""
    if payment == "card":
        client.get(back(again.location))
    with database.read_session() as session:
        paid = session.scalars(select(Payment.amount_minor)).all()
        assert paid == ([9900] if payment == "card" else [])
        assert len(placed_orders(session)) == 1


def test_card_payment_for_a_cart_ordered_again_is_refunded(
    client: Visitor, database: Database, fake_stripe: FakeStripe
) -> None:
    """The provider couldn't be reached to end the card page of the first tab."""
    first = to_card_page(client)
    fake_stripe.faults = [Delivery.BROKEN] * 9
    assert check_out(client, payer="myself", payment="invoice").status_code == 303
    fake_stripe.faults = []
    assert client.get(back(first)).status_code == 202
    with database.read_session() as session:
        payment = session.scalars(select(Payment)).one()
        assert payment.open_minor == 9900
        assert payment.returns_on is not None
        assert len(placed_orders(session)) == 1


def test_cart_paid_in_another_tab_is_not_ordered_again(client: Visitor, database: Database) -> None:
    """The other tab didn't return from the card page, and the cart was changed."""
    first = to_card_page(client)
    fill(client, choice="team", seats="3")
    path = back(first)
    again = check_out(client, **CARD, organization_name="Pine County Library")
    assert again.location == path
    with database.read_session() as session:
        assert session.scalars(select(Payment.amount_minor)).all() == [9900]
        assert len(placed_orders(session)) == 1


def test_unavailable_provider_keeps_the_form_and_the_cart(
    client: Visitor, fake_stripe: FakeStripe
) -> None:
    fill(client)
    fake_stripe.faults = [Delivery.BROKEN] * 9
    answer = check_out(client, **CARD)
    assert answer.status_code == 503
    assert 'value="Rosa Delgado"' in answer.text
    fake_stripe.faults = []
    assert check_out(client, **CARD).status_code == 303


def test_csp_allows_the_provider_only_on_the_checkout(
    client: Visitor, database: Database, fake_stripe: FakeStripe, cast: Cast
) -> None:
    fill(client)
    allowed = {
        path: fake_stripe.url in client.get(path).headers["Content-Security-Policy"]
        for path in ("/checkout", "/cart", f"/webinars/{cast.slug}", "/purchasing", "/")
    }
    assert [path for path, is_wide in allowed.items() if is_wide] == ["/checkout"]
    refused = check_out(client, name="", **CARD)
    assert fake_stripe.url in refused.headers["Content-Security-Policy"]
    path = order(client, payment="invoice")
    assert fake_stripe.url not in client.get(path).headers["Content-Security-Policy"]


def test_every_page_of_the_checkout_shows_test_mode(client: Visitor, database: Database) -> None:
    fill(client)
    assert TEST_MODE in client.get("/cart").text
    assert TEST_MODE in client.get("/checkout").text
    path = order(client, payment="invoice")
    assert TEST_MODE in client.get(path).text
    assert TEST_MODE in client.get(link_in(newest(database, ROSA, "confirm_order"))).text
    confirm(client, database)
    assert TEST_MODE in client.get(path).text


def test_payment_page_shows_test_mode_until_it_is_paid(
    client: Visitor, carrel: Carrel, database: Database, clock: Clock
) -> None:
    owed = placed(database, GROUP)
    page = link(carrel, owed)
    assert TEST_MODE in client.get(page).text
    paid(database, owed)
    assert TEST_MODE not in client.get(page).text


def test_purchasing_page_lists_cards_as_a_way_to_pay(client: Visitor) -> None:
    assert "Card, invoice, purchase order, check" in client.get("/purchasing").text


def test_checkout_keeps_what_the_buyer_entered_before_the_card_page(client: Visitor) -> None:
    to_card_page(client)
    page = client.get("/checkout").text
    assert 'value="Rosa Delgado"' in page


def test_card_page_charges_its_own_price_after_a_price_change(
    client: Visitor, database: Database, cast: Cast
) -> None:
    url = to_card_page(client)
    dearer = tuple(replace(one, price_minor=one.price_minor + 100) for one in PRICES)
    with database.transaction() as session:
        set_prices(session, dearer, actor=None, now=NOW)
    for form in (CARD, {"payer": "myself", "payment": "invoice"}):
        answer = check_out(client, **form, seen="9900")
        assert answer.status_code == 400
        assert shows(answer.text, OTHER_TOTAL)
        assert "$100.00" in answer.text
    client.get(back(url))
    with database.read_session() as session:
        assert session.scalars(select(Payment.amount_minor)).all() == [9900]


def test_withdrawn_webinar_cannot_be_ordered_after_a_card_page(
    client: Visitor, database: Database, cast: Cast
) -> None:
    to_card_page(client)
    with database.transaction() as session:
        session.get_one(Webinar, cast.webinar_id).state = WebinarState.WITHDRAWN
    answer = check_out(client, payer="myself", payment="invoice", seen="9900")
    assert (answer.status_code, answer.location) == (303, "/cart")


def test_order_paid_after_confirmation_belongs_to_the_buyer(
    client: Visitor, app: Flask, database: Database, cast: Cast
) -> None:
    order(client, payment="invoice")
    fill(client, choice="team", seats="5")
    url = check_out(client, payment="card", organization_name="Pine Branch").location
    phone = app.test_client()
    confirm(phone, database)
    path = back(url)
    page = path.removesuffix("/paid")
    for _again in range(2):
        answer = client.get(path)
        assert answer.status_code == 303
        assert answer.location == f"/sign-in?next={page}"
    assert client.get(page).status_code == 404
    assert phone.get(page).status_code == 200
    with database.read_session() as session:
        branch = select(Organization.id).where(Organization.name == "Pine Branch")
        query = select(Membership.role).where(Membership.organization_id.in_(branch))
        assert session.scalars(query).all() == [Role.OWNER]


def test_payment_is_recorded_after_the_person_was_deleted(
    client: Visitor, database: Database
) -> None:
    url = to_card_page(client)
    with database.transaction() as session:
        erased_orders.forget(session, [], [ROSA], now=NOW)
    assert client.get(back(url)).status_code == 303
    with database.read_session() as session:
        assert session.scalars(select(Payment.amount_minor)).all() == [9900]


def test_person_can_pay_a_quote_by_its_link(
    client: Visitor, carrel: Carrel, database: Database, clock: Clock
) -> None:
    with database.transaction() as session:
        save_draft(session, PolicyKind.TERMS, "You buy. We deliver.", actor=None, now=NOW)
        publish_policy(session, PolicyKind.TERMS, actor=None, now=NOW)
    facts = quoted(database, SEAT)
    path = link(carrel, facts)
    assert f'action="{path}/card"' in client.get(path).text
    assert "$99.00" in client.get(path).text
    assert client.post(f"{path}/card").location == path
    assert shows(client.get(path).text, NOT_AGREED)
    sent = {"has_agreed": "y", "seen": "9900"}
    url = client.post(f"{path}/card", data=sent).location or ""
    assert read(database, facts).placed_at is None
    client.get(back(url))
    now = read(database, facts)
    assert (now.open_minor, now.held_at, now.review_due_at) == (0, None, None)
    with database.read_session() as session:
        assert session.scalars(select(Payment.amount_minor)).all() == [9900]
        assert find_order(session, facts.public_id).policies
    assert "by card" not in client.get(path).text


def test_quote_charges_only_the_total_with_tax_that_was_shown(
    client: Visitor, carrel: Carrel, database: Database, clock: Clock
) -> None:
    facts = quoted(database, SEAT)
    path = link(carrel, facts)
    to = BillTo("Dan", "", (), "dan@example.org", "")
    with database.transaction() as session:
        find_order(session, facts.public_id, lock=True).bill_to = billing.pack(Billing(to, "IL"))
    before = client.get(path).text
    assert "$99.00" in before
    assert "$106.92" not in before
    with database.transaction() as session:
        new = NewTaxRule("IL", "Illinois sales tax", Supply.BOTH, Decimal(8), date(2026, 1, 1))
        add_rule(session, new, actor=None, now=NOW)
    for sent in ({"seen": seen(before)}, {}):
        assert client.post(f"{path}/card", data=sent).location == path
        page = client.get(path).text
        assert shows(page, OTHER_TOTAL)
    assert "$106.92" in page
    assert "$7.92" in page
    client.get(back(client.post(f"{path}/card", data={"seen": seen(page)}).location or ""))
    with database.read_session() as session:
        assert session.scalars(select(Payment.amount_minor)).all() == [10_692]
        assert session.scalars(select(Checkout.amount_minor)).all() == [10_692]


@pytest.mark.parametrize("place", ["checkout", "payment page"])
def test_card_page_leads_back_to_our_address_for_any_host_header(
    app: Flask,
    client: Visitor,
    carrel: Carrel,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
) -> None:
    """A forged Host header must not choose where a person returns after paying."""
    path, ours = link(carrel, quoted(database, SEAT)), app.wsgi_app
    fill(client)

    def elsewhere(environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        return ours({**environ, "HTTP_HOST": "evil.example"}, start)

    monkeypatch.setattr(app, "wsgi_app", elsewhere)
    if place == "checkout":
        url = check_out(client, **CARD).location
    else:
        url = client.post(f"{path}/card", data={"has_agreed": "y", "seen": "9900"}).location
    assert url
    assert "evil.example" not in requests.get(url, timeout=60).text  # the link back without paying
    assert back(url).startswith("/orders/" if place == "checkout" else f"{path}/paid")


def seen(page: str) -> str:
    """Return the total that a page posts as the one that it showed."""
    found = re.search(r'name="seen"[^>]*value="(\d+)"', page)
    return found[1] if found else ""


def test_unaccepted_or_expired_group_quote_cannot_be_paid_by_card(
    client: Visitor, carrel: Carrel, clock: Clock
) -> None:
    facts = quoted(carrel.database)
    path = link(carrel, facts)
    for at in (NOW, NOW + timedelta(days=90)):
        clock.set(at)
        assert client.post(f"{path}/card").location == path
        assert shows(client.get(path).text, NOTHING_OWED)
    with carrel.database.read_session() as session:
        assert session.scalars(select(Checkout.id)).all() == []
