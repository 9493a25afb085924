"""Sales tax on the checkout page: asked about where it is collected, and shown before the order."""

import re
from datetime import date
from decimal import Decimal

import pytest

from lms.core.database import Database
from lms.models.tax import Supply
from lms.tax.rule_list import NewTaxRule, add_rule
from tests.buying.buying_fixtures import open_for_business
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.visitor import Visitor

ENTERED = {
    "name": "Rosa Delgado",
    "email": "rosa@pinecounty.example",
    "payer": "new",
    "organization_name": "Pine County Library",
    "billing_street": "1 Main Street",
    "billing_city": "Pine",
    "billing_state": "IL",
    "billing_postal_code": "62701",
    "billing_country": "US",
    "payment": "invoice",
    "exempt_as": "",
}


@pytest.fixture(autouse=True)
def _shop(client: Visitor, database: Database, cast: Cast, clock: Clock) -> None:
    open_for_business(database)
    client.post("/cart", data={"covers": "webinar:reading-rooms", "choice": "team", "seats": "5"})


def collect_tax(database: Database) -> None:
    with database.transaction() as session:
        new = NewTaxRule("IL", "Illinois sales tax", Supply.BOTH, Decimal(8), date(2026, 1, 1))
        add_rule(session, new, actor=None, now=NOW)


def test_nothing_is_asked_where_no_tax_is_collected(client: Visitor) -> None:
    page = client.get("/checkout").text
    assert "$325.00" in page
    assert "Exempt from sales tax?" not in page
    assert client.post("/checkout", data=ENTERED).status_code == 303


def test_total_with_tax_is_shown_before_it_is_ordered(client: Visitor, database: Database) -> None:
    collect_tax(database)
    assert "depends on your state" in client.get("/checkout").text
    shown = client.post("/checkout", data={**ENTERED, "seen": "32500"})
    assert shown.status_code == 400
    for words in ("Sales tax (estimate)", "$26.00", "$351.00", "Rosa Delgado"):
        assert words in shown.text
    assert client.post("/checkout", data={**ENTERED, "seen": "35100"}).status_code == 303


def test_who_is_exempt_orders_at_once(client: Visitor, database: Database) -> None:
    collect_tax(database)
    sent = {**ENTERED, "seen": "32500", "exempt_as": "government"}
    assert client.post("/checkout", data=sent).status_code == 303


def test_cart_says_what_tax_is_added_and_when(client: Visitor, database: Database) -> None:
    assert "We add no sales tax." in client.get("/cart").text
    collect_tax(database)
    page = client.get("/cart").text
    assert "We add sales tax in Illinois." in page
    assert "once you enter your address at checkout" in page


@pytest.mark.parametrize(("state", "tax"), [("IL", "$26.00"), ("NY", "")])
def test_tax_is_in_the_total_as_soon_as_the_address_is_known(
    client: Visitor, database: Database, state: str, tax: str
) -> None:
    collect_tax(database)
    total = "35100" if tax else "32500"
    asked = {"payment": "purchasing", "purchasing_email": "ap@pinecounty.example"}
    sent = {**ENTERED, **asked, "billing_state": state, "seen": total}
    assert client.post("/checkout", data=sent).status_code == 303
    for path in ("/cart", "/checkout"):
        page = client.get(path).text
        assert ("Sales tax (estimate)" in page) is bool(tax)
        assert ("$351.00" if tax else "$325.00") in page
    assert "once you enter your address" not in client.get("/cart").text


def test_who_said_they_are_exempt_is_not_asked_again(client: Visitor, database: Database) -> None:
    collect_tax(database)
    asked = {"payment": "purchasing", "purchasing_email": "ap@pinecounty.example"}
    sent = {**ENTERED, **asked, "exempt_as": "government", "seen": "32500"}
    assert client.post("/checkout", data=sent).status_code == 303
    page = client.get("/checkout").text
    assert re.search(r'<input checked[^>]*value="government"', page)
    assert "Sales tax (estimate)" not in client.get("/cart").text


def test_staff_read_that_no_paper_came_yet(client: Visitor, database: Database, cast: Cast) -> None:
    collect_tax(database)
    sent = {**ENTERED, "exempt_as": "government"}
    order = client.post("/checkout", data=sent).headers["Location"].rpartition("/")[2]
    client.sign_in(cast.ada.id)
    assert "no paper yet" in client.get(f"/staff/orders/{order}").text
