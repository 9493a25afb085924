"""The staff list of orders: who can see it, search and filters, and totals."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from lms.core.database import Database
from lms.models.orders import Terms
from lms.organizations.organization_lists import UNKNOWN
from lms.web.sales.order_notices import ON_HOLD
from tests.cast import Cast
from tests.clock import NOW
from tests.page_texts import is_empty, shows
from tests.sales.order_fixtures import GROUP, SEAT, credited, placed
from tests.visitor import Visitor
from tests.web.sales.order_pages import send

LATER = date(2026, 12, 1)


@pytest.mark.parametrize("person", ["alice", "mia"])
def test_only_staff_can_see_and_change_orders(
    client: Visitor, cast: Cast, database: Database, person: str
) -> None:
    facts = placed(database, GROUP)
    client.sign_in(getattr(cast, person).id)
    order = f"/staff/orders/{facts.public_id}"
    read = ("", "/quote", "/accept", "/purchase-order", "/credit", "/correct", "/payer", "/edit")
    for path in (*(order + each for each in read), "/staff/orders", "/staff/orders/new"):
        assert client.get(path).status_code == 404
    for path in ("/staff/orders/price?kind=single", "/staff/orders/organizations?q=e"):
        assert client.get(path).status_code == 404
    for act in (*read[1:], "/hold", "/release", "/cancel", "/resend", "/note", "/ask-release"):
        assert client.post(order + act).status_code == 404


def test_empty_list_says_so(staff: Visitor) -> None:
    assert is_empty(staff.get("/staff/orders").text)


def test_orders_are_found_by_words_numbers_amounts_and_filters(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    group = placed(database, replace(GROUP, po_number="PO-88123"), at=NOW - timedelta(days=60))
    placed(database, replace(SEAT, terms=Terms.INVOICE))
    send(staff, f"/staff/orders/{group.public_id}/payment", amount="25", check_number="10442")
    found = ("q=elm", "q=88123", "q=10442", "q=325.00", f"q={group.number}", "payer=elm-county")
    found += (f"q={group.invoice_number}", "standing=past_due", "payer=Elm+County+Library")
    for query in found:
        page = staff.get(f"/staff/orders?{query}").text
        assert group.public_id in page, query
        assert ">Dan<" not in page, query
    for query in ("q=nothing", "standing=paid", "terms=card"):
        assert is_empty(staff.get(f"/staff/orders?{query}").text), query
    assert shows(staff.get("/staff/orders?payer=birch").text, UNKNOWN)


def test_ended_order_is_not_on_hold(staff: Visitor, database: Database) -> None:
    held = replace(GROUP, is_held=True)
    canceled, returned = placed(database, replace(held, bill_on=LATER)), placed(database, held)
    order = f"/staff/orders/{canceled.public_id}"
    assert shows(staff.get(order).text, ON_HOLD)
    assert "On hold" in staff.get("/staff/orders").text
    staff.post(f"{order}/cancel")
    credited(database, returned)
    for facts in (canceled, returned):
        page = staff.get(f"/staff/orders/{facts.public_id}").text
        assert "on hold" not in page.lower()
        assert f'action="/staff/orders/{facts.public_id}/release"' not in page
    listed = staff.get("/staff/orders").text
    assert "Returned" in listed
    assert "On hold</" not in listed


def test_totals_include_only_placed_orders(staff: Visitor, database: Database) -> None:
    placed(database, GROUP)
    placed(database, replace(SEAT, terms=Terms.INVOICE))
    send(
        staff,
        "/staff/orders/new",
        payer="person",
        email="kim@example.org",
        **{"lines-0-webinar": "reading-rooms", "lines-0-price": "50.00"},
        do="quote",
    )
    page = staff.get("/staff/orders").text
    assert "$424.00" in page
    assert "$474.00" not in page
    assert "$50.00" in staff.get("/staff/orders?standing=draft").text


def test_staff_home_links_to_past_due_invoices(
    staff: Visitor, cast: Cast, database: Database
) -> None:
    placed(database, GROUP, at=NOW - timedelta(days=31))
    page = staff.get("/staff").text
    assert "past due" in page
    assert "/staff/orders?standing=past_due" in page
