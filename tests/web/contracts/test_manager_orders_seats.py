"""Managers renew contracts and add seats: permissions, prices, and no duplicates (C5, P4)."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from lms.core.database import Database
from lms.core.model_base import new_public_id
from lms.models.orders import Order, Terms
from lms.models.organizations import Organization
from lms.pricing.price_list import set_prices
from lms.sales.contract_lines import HOW_MANY
from lms.sales.read_models import OrderFacts, find_order_facts
from lms.seat_orders.seat_orders import (
    CHANGED,
    NO_NUMBER,
    NOT_ON_INVOICE,
    ONLY_BY_PO,
    OTHER_NUMBER,
    USED,
)
from lms.seller.settings import edit_seller
from tests.cast import Cast, Roles
from tests.clock import NOW, Clock
from tests.page_texts import shows
from tests.sales.order_fixtures import GROUP, PRICES, grants, paid, placed
from tests.sales.test_orders import CONTRACT
from tests.seller.seller_settings import COMPLETE
from tests.visitor import Visitor
from tests.web.sales.order_pages import published_terms

EXTRA = replace(CONTRACT, lines=(replace(CONTRACT.lines[0], quantity=10, price_minor=120_000),))

OPTIONAL_NUMBER = r'for="po_number">[^<]*<span class="optional">'


@pytest.fixture(autouse=True)
def _now(clock: Clock, database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        set_prices(session, PRICES, actor=None, now=NOW - timedelta(days=400))
    take(database)


def take(database: Database, *, invoice: bool = True, purchase_order: bool = True) -> None:
    """Set whether the seller takes orders on invoice and by purchase order."""
    with database.transaction() as session:
        wanted = replace(COMPLETE, takes_invoice=invoice, takes_purchase_order=purchase_order)
        edit_seller(session, wanted, actor=None, now=NOW)


def page_of(database: Database, cast: Cast, facts: OrderFacts, act: str) -> str:
    (grant,) = grants(database, facts)
    with database.read_session() as session:
        elm = session.get_one(Organization, cast.organization_id).public_id
    return f"/organization/{elm}/pools/{grant.pool_public_id}/{act}"


def hidden(page: str) -> dict[str, str]:
    """Return the hidden fields of the order form."""
    return dict(re.findall(r'name="(order_id|seen)" value="([^"]*)"', page))


def newest(database: Database) -> OrderFacts:
    with database.read_session() as session:
        found = select(Order.public_id).order_by(Order.id.desc()).limit(1)
        return find_order_facts(session, session.scalars(found).one())


def count(database: Database) -> int:
    with database.read_session() as session:
        return session.scalar(select(func.count(Order.id))) or 0


def test_only_managers_can_order(
    client: Visitor, cast: Cast, roles: Roles, database: Database
) -> None:
    path = page_of(database, cast, placed(database, EXTRA), "renew")
    for who in (roles.bill, roles.sue, roles.max, roles.beth, cast.dan):
        client.sign_in(who.id)
        assert client.get(path).status_code == 404
        assert client.post(path, data={"act": "order"}).status_code == 404
    client.sign_in(cast.ada.id)
    page = client.get(path).text
    assert 'value="order"' not in page
    data = {"act": "order", "order_id": "0" * 26, "seen": ""}
    assert client.post(path, data=data).status_code in (404, 409)
    assert count(database) == 1


def test_manager_renews_once_at_the_price_on_the_button(
    client: Visitor, cast: Cast, database: Database
) -> None:
    first = placed(database, EXTRA)
    paid(database, first)
    path = page_of(database, cast, first, "renew")
    client.sign_in(cast.mia.id)
    page = client.get(path).text
    assert "Renew for $1,200.00" in page
    assert "March 3, 2027 to March 2, 2028" in page
    data = {"act": "order", "po_number": "88123", **hidden(page)}
    assert client.post(path, data=data).status_code == 303
    made = newest(database)
    assert (made.terms, made.po_number, made.open_minor) == (
        Terms.PURCHASE_ORDER,
        "88123",
        120_000,
    )
    assert made.held_at is None
    (old,), (new,) = grants(database, first), grants(database, made)
    assert (new.starts_at, new.seats, new.pool_id) == (old.ends_at, 10, old.pool_id)
    assert client.post(path, data=data).status_code == 409
    assert count(database) == 2


def test_renewed_contract_shows_its_renewal_before_offering_another(
    client: Visitor, cast: Cast, database: Database
) -> None:
    first = placed(database, EXTRA)
    paid(database, first)
    path = page_of(database, cast, first, "renew")
    client.sign_in(cast.mia.id)
    opened_before = hidden(client.get(path).text)
    client.post(path, data={"act": "order", **opened_before})
    made = newest(database)
    page = client.get(path).text
    assert "March 2, 2028" in page
    assert f"Order {made.number}, $1,200.00 open" in page
    assert f'/orders/{made.public_id}"' in page
    assert 'value="order"' not in page
    late = client.post(path, data={"act": "order", **opened_before, "order_id": new_public_id()})
    assert late.status_code == 409
    assert made.number in late.text
    assert count(database) == 2
    again = f"{path}?again=1"
    assert f'href="{again}"' in page
    data = {"act": "order", **hidden(client.get(again).text)}
    assert client.post(again, data=data).status_code == 303
    assert count(database) == 3


def test_renewal_without_an_earlier_payment_is_on_hold(
    client: Visitor, cast: Cast, database: Database
) -> None:
    path = page_of(database, cast, placed(database, EXTRA), "renew")
    client.sign_in(cast.mia.id)
    client.post(path, data={"act": "order", **hidden(client.get(path).text)})
    assert newest(database).held_at is not None


def test_more_seats_of_a_webinar_cost_the_difference(
    client: Visitor, cast: Cast, database: Database
) -> None:
    first = placed(database, GROUP)
    path = page_of(database, cast, first, "more-seats")
    client.sign_in(cast.mia.id)
    page = client.get(path).text
    assert re.search(r'name="quantity"[^>]*value="1"', page)
    assert "Add 1 seat for $65.00" in page
    page = client.post(path, data={"act": "price", "quantity": "2"}).text
    assert "Add 2 seats for $130.00" in page
    data = {"act": "order", "quantity": "2", **hidden(page)}
    assert client.post(path, data=data).status_code == 303
    made = newest(database)
    assert (made.net_minor, made.kind, made.quantity) == (13_000, GROUP.lines[0].kind, 2)
    (grant,) = grants(database, made)
    assert grant.pool_id == grants(database, first)[0].pool_id


def test_quantity_or_price_changed_since_the_page_orders_nothing(
    client: Visitor, cast: Cast, database: Database
) -> None:
    path = page_of(database, cast, placed(database, GROUP), "more-seats")
    client.sign_in(cast.mia.id)
    page = client.post(path, data={"act": "price", "quantity": "2"}).text
    answer = client.post(path, data={"act": "order", "quantity": "4", **hidden(page)})
    assert answer.status_code == 409
    assert "Add 4 seats for $260.00" in answer.text
    assert shows(answer.text, OTHER_NUMBER)
    assert not shows(answer.text, CHANGED)
    data = {"act": "order", "quantity": "2", **hidden(page)}
    data["seen"] = data["seen"].replace("13000", "12000")
    assert shows(client.post(path, data=data).text, CHANGED)
    assert count(database) == 1


def test_invalid_number_of_seats_shows_one_message(
    client: Visitor, cast: Cast, database: Database
) -> None:
    path = page_of(database, cast, placed(database, GROUP), "more-seats")
    client.sign_in(cast.mia.id)
    for typed in ("2.5", "0"):
        answer = client.post(path, data={"act": "price", "quantity": typed})
        assert answer.status_code == 400
        assert shows(answer.text, HOW_MANY)
        assert "integer" not in answer.text


def test_purchase_order_number_can_be_required_and_reuse_confirmed(
    client: Visitor, cast: Cast, database: Database
) -> None:
    first = placed(database, replace(EXTRA, po_number="88123"))
    path = page_of(database, cast, first, "renew")
    client.sign_in(cast.mia.id)
    assert re.search(OPTIONAL_NUMBER, client.get(path).text)
    with database.transaction() as session:
        session.execute(update(Organization).values(po_required=True))
    page = client.get(path).text
    assert not re.search(OPTIONAL_NUMBER, page)
    data = {"act": "order", **hidden(page)}
    answer = client.post(path, data=data)
    assert shows(answer.text, NO_NUMBER)
    assert 'name="reuse_po"' not in answer.text
    answer = client.post(path, data={**data, "po_number": "88123"})
    assert shows(answer.text, USED % {"number": first.number})
    assert 'name="reuse_po"' in answer.text
    assert count(database) == 1
    answer = client.post(path, data={**data, "po_number": "88123", "reuse_po": "y"})
    assert answer.status_code == 303


def test_renewal_at_a_negotiated_price_cannot_be_ordered_online(
    client: Visitor, cast: Cast, database: Database
) -> None:
    free = replace(CONTRACT, lines=(replace(CONTRACT.lines[0], price_minor=0),))
    path = page_of(database, cast, placed(database, free), "renew")
    client.sign_in(cast.mia.id)
    assert 'value="order"' not in client.get(path).text


@pytest.mark.parametrize("act", ["renew", "more-seats"])
def test_published_policies_must_be_agreed_to(
    client: Visitor, cast: Cast, database: Database, act: str
) -> None:
    version = published_terms(database)
    path = page_of(database, cast, placed(database, EXTRA if act == "renew" else GROUP), act)
    client.sign_in(cast.mia.id)
    page = client.get(path).text
    assert 'href="/terms/1"' in page
    data = {"act": "order", "quantity": "1", "po_number": "88123", **hidden(page)}
    answer = client.post(path, data=data)
    assert answer.status_code == 400
    assert 'id="has_agreed-error"' in answer.text
    assert 'value="88123"' in answer.text
    assert count(database) == 1
    assert client.post(path, data={**data, "has_agreed": "y"}).status_code == 303
    with database.read_session() as session:
        made = session.get_one(Order, newest(database).id)
        assert made.policies == [version]
    asked = client.post(path, data={"quantity": "1", "message": "A quote, please"})
    assert asked.status_code == 303


@pytest.mark.parametrize("act", ["renew", "more-seats"])
def test_seller_without_invoices_and_purchase_orders_takes_no_orders(
    client: Visitor, cast: Cast, database: Database, act: str
) -> None:
    path = page_of(database, cast, placed(database, EXTRA), act)
    client.sign_in(cast.mia.id)
    page = client.get(path).text
    assert 'name="po_number"' in page
    seen = hidden(page)
    take(database, invoice=False, purchase_order=False)
    page = client.get(path).text
    assert 'value="order"' not in page
    assert 'name="po_number"' not in page
    data = {"act": "order", "quantity": "1", **seen}
    for po_number in ("", "88123"):
        answer = client.post(path, data={**data, "po_number": po_number})
        assert answer.status_code == 409
        assert shows(answer.text, NOT_ON_INVOICE)
    assert count(database) == 1


def test_purchase_order_is_accepted_only_if_the_seller_takes_them(
    client: Visitor, cast: Cast, database: Database
) -> None:
    path = page_of(database, cast, placed(database, EXTRA), "renew")
    client.sign_in(cast.mia.id)
    take(database, purchase_order=False)
    page = client.get(path).text
    assert 'name="po_number"' not in page
    data = {"act": "order", **hidden(page)}
    assert client.post(path, data={**data, "po_number": "88123"}).status_code == 409
    take(database, invoice=False)
    answer = client.post(path, data=data)
    assert answer.status_code == 400
    assert shows(answer.text, ONLY_BY_PO)
    assert count(database) == 1
    assert client.post(path, data={**data, "po_number": "88123"}).status_code == 303
    assert newest(database).terms is Terms.PURCHASE_ORDER
