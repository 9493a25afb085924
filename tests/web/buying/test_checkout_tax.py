"""Sales tax at checkout: questions where it is collected, and the total before the order."""

import re
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.models.orders import Order
from lms.models.tax import Supply
from lms.tax.rule_list import NewTaxRule, add_rule
from lms.web.buying.checkout import TAX_CHANGED_TOTAL
from lms.web.sales.order_notices import NO_PAPER
from tests.buying.buying_fixtures import open_for_business
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.page_texts import shows
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


def test_no_tax_questions_where_no_tax_is_collected(client: Visitor) -> None:
    page = client.get("/checkout").text
    assert "$325.00" in page
    assert 'name="exempt_as"' not in page
    assert client.post("/checkout", data=ENTERED).status_code == 303


def test_total_with_tax_must_be_shown_before_the_order(client: Visitor, database: Database) -> None:
    collect_tax(database)
    assert 'data-testid="tax-later"' in client.get("/checkout").text
    shown = client.post("/checkout", data={**ENTERED, "seen": "32500"})
    assert shown.status_code == 400
    for words in ('data-testid="tax"', "$26.00", "$351.00", "Rosa Delgado"):
        assert words in shown.text
    assert client.post("/checkout", data={**ENTERED, "seen": "35100"}).status_code == 303


def test_total_is_updated_before_anything_else_is_entered(
    client: Visitor, database: Database
) -> None:
    collect_tax(database)
    client.get("/checkout")
    asked = {"act": "total", "payer": "new", "billing_state": "il", "payment": "card"}
    page = client.post("/checkout", data=asked)
    assert page.status_code == 200
    for words in ('data-testid="tax"', "$26.00", "$351.00", 'name="seen" value="35100"'):
        assert words in page.text
    assert "data-error-summary" not in page.text
    for other in ({"billing_state": "NY"}, {"exempt_as": "government"}):
        page = client.post("/checkout", data={**asked, **other}).text
        assert 'data-testid="no-tax"' in page
        assert 'name="seen" value="32500"' in page
    page = client.post("/checkout", data={**asked, "billing_state": "I"}).text
    assert 'data-testid="tax-later"' in page
    with database.read_session() as session:
        assert session.scalars(select(Order.bill_to)).all() == [None]


def test_home_state_of_a_person_sets_the_tax(client: Visitor, database: Database) -> None:
    collect_tax(database)
    seats = re.search(r'action="(/cart/\w+)"', client.get("/cart").text)
    assert seats
    client.post(seats[1], data={"act": "remove"})
    client.post("/cart", data={"covers": "webinar:reading-rooms", "choice": "me"})
    entered = {
        "name": "Sam",
        "email": "sam@example.org",
        "payer": "myself",
        "home_state": "IL",
        "home_postal_code": "62701",
        "payment": "invoice",
    }
    page = client.post("/checkout", data={**entered, "act": "total"}).text
    assert "$106.92" in page
    assert 'value="62701"' in page
    assert client.post("/checkout", data={**entered, "seen": "9900"}).status_code == 400
    assert client.post("/checkout", data={**entered, "seen": "10692"}).status_code == 303


def test_total_keeps_its_tax_after_an_error(client: Visitor, database: Database) -> None:
    collect_tax(database)
    page = client.post("/checkout", data={**ENTERED, "seen": "35100", "email": "rosa"})
    assert page.status_code == 400
    assert "$351.00" in page.text
    assert not shows(page.text, TAX_CHANGED_TOTAL)


def test_total_is_hidden_from_people_outside_the_organization(
    client: Visitor, database: Database, cast: Cast
) -> None:
    collect_tax(database)
    client.sign_in(cast.dan.id)
    asked = {"act": "total", "payer": str(cast.organization_id)}
    page = client.post("/checkout", data=asked)
    assert page.status_code == 200
    assert 'data-testid="tax-later"' in page.text


def test_exempt_buyer_can_order_right_away(client: Visitor, database: Database) -> None:
    collect_tax(database)
    sent = {**ENTERED, "seen": "32500", "exempt_as": "government"}
    assert client.post("/checkout", data=sent).status_code == 303


def test_cart_says_that_tax_is_added_later(client: Visitor, database: Database) -> None:
    assert 'data-testid="no-tax"' in client.get("/cart").text
    collect_tax(database)
    page = client.get("/cart").text
    assert 'data-testid="tax-later"' in page
    assert "Illinois" in page


@pytest.mark.parametrize(("state", "tax"), [("IL", "$26.00"), ("NY", "")])
def test_cart_and_checkout_include_tax_once_the_address_is_known(
    client: Visitor, database: Database, state: str, tax: str
) -> None:
    collect_tax(database)
    total = "35100" if tax else "32500"
    asked = {"payment": "purchasing", "purchasing_email": "ap@pinecounty.example"}
    sent = {**ENTERED, **asked, "billing_state": state, "seen": total}
    assert client.post("/checkout", data=sent).status_code == 303
    for path in ("/cart", "/checkout"):
        page = client.get(path).text
        assert ('data-testid="tax"' in page) is bool(tax)
        assert ("$351.00" if tax else "$325.00") in page
    assert 'data-testid="tax-later"' not in client.get("/cart").text


def test_exemption_is_remembered_at_the_next_checkout(client: Visitor, database: Database) -> None:
    collect_tax(database)
    asked = {"payment": "purchasing", "purchasing_email": "ap@pinecounty.example"}
    sent = {**ENTERED, **asked, "exempt_as": "government", "seen": "32500"}
    assert client.post("/checkout", data=sent).status_code == 303
    page = client.get("/checkout").text
    assert re.search(r'<input checked[^>]*value="government"', page)
    assert 'data-testid="tax"' not in client.get("/cart").text


def test_staff_see_that_the_exemption_certificate_is_missing(
    client: Visitor, database: Database, cast: Cast
) -> None:
    collect_tax(database)
    sent = {**ENTERED, "exempt_as": "government"}
    order = client.post("/checkout", data=sent).headers["Location"].rpartition("/")[2]
    client.sign_in(cast.ada.id)
    assert shows(client.get(f"/staff/orders/{order}").text, NO_PAPER)
