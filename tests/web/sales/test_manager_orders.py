"""An organization's orders: who sees them, quotes to accept, and the seller's bookkeeper."""

import io
import re
from dataclasses import replace

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.core.dates_and_time_zones import say_calendar_date
from lms.core.runtime import Carrel
from lms.documents.snapshots import unpack
from lms.models.accounts import Login
from lms.models.documents import Document
from lms.models.orders import Order, Terms
from lms.models.organizations import Organization
from lms.organizations.billing_details import BillingContact, edit_billing
from lms.sales import cancellations, orders, quotes
from lms.sales.order_access import WEBINAR_OFF
from lms.sales.order_search import WantedOrders, list_orders
from lms.web.sales.order_notices import DIFFERS, NO_PURCHASE_ORDER
from tests.cast import Cast, Roles
from tests.clock import NOW, Clock
from tests.page_texts import is_empty, shows
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import GROUP, SEAT, placed, take_off
from tests.visitor import Visitor
from tests.web.requests.test_customer_request import PDF
from tests.web.sales.order_pages import published_terms, the_order

NOT_FOUND = 404


@pytest.fixture
def area(database: Database, cast: Cast, clock: Clock) -> str:
    """Return the address of Elm County's area."""
    with database.read_session() as session:
        return f"/organization/{session.get_one(Organization, cast.organization_id).public_id}"


@pytest.fixture
def quote(database: Database, cast: Cast, clock: Clock) -> str:
    """Quote Elm County five seats; return the document's public ID."""
    with database.transaction() as session:
        draft = orders.draft(session, GROUP, actor=None, now=NOW)
        issued = quotes.issue_quote(session, draft, mail_context=OFFICE, actor=None, now=NOW)
        return session.get_one(Document, issued.document_id).public_id


def test_people_without_a_billing_role_cannot_see_orders(
    client: Visitor, cast: Cast, roles: Roles, area: str
) -> None:
    for person in (cast.dan, roles.rita, roles.sue, roles.lee, roles.max):
        client.sign_in(person.id)
        assert client.get(f"{area}/orders").status_code == NOT_FOUND


def test_managers_billing_and_the_seller_see_the_organizations_orders(
    client: Visitor, cast: Cast, roles: Roles, database: Database, area: str
) -> None:
    own, other = placed(database, GROUP), placed(database, SEAT)
    for person in (cast.mia, roles.olive, roles.bill, roles.beth, cast.ada):
        client.sign_in(person.id)
        page = client.get(f"{area}/orders").text
        assert own.number in page
        assert other.number not in page


def test_billing_can_accept_a_quote_with_a_purchase_order(
    client: Visitor, roles: Roles, database: Database, area: str, quote: str
) -> None:
    client.sign_in(roles.bill.id)
    assert f"/quotes/{quote}/accept" in client.get(f"{area}/orders").text
    marked = rf'href="{area}/orders"\s+aria-current="true"'  # the menu entry that leads here
    assert re.search(marked, client.get(f"{area}/quotes/{quote}/accept").text)
    sent = {"name": "Bill", "po_number": "PO-7781"}
    assert client.post(f"{area}/quotes/{quote}/accept", data=sent).status_code == 303
    with database.read_session() as session:
        [order] = list_orders(session, WantedOrders(), now=NOW, offset=0, limit=9).items
    assert (order.po_number, order.terms) == ("PO-7781", Terms.PURCHASE_ORDER)
    assert order.placed_at == NOW


def test_purchase_order_of_another_amount_is_accepted_and_flagged(
    client: Visitor, cast: Cast, roles: Roles, database: Database, area: str, quote: str
) -> None:
    client.sign_in(roles.bill.id)
    sent = {"name": "Bill", "po_number": "PO-7781", "po_amount": "$300"}
    assert client.post(f"{area}/quotes/{quote}/accept", data=sent).status_code == 303
    order = the_order(database)
    assert order.po_number == "PO-7781"
    client.sign_in(cast.ada.id)
    page = client.get(f"/staff/orders/{order.public_id}").text
    assert shows(page, DIFFERS)


def test_purchase_order_number_is_reused_only_when_confirmed(
    client: Visitor, roles: Roles, database: Database, area: str, quote: str
) -> None:
    placed(database, replace(GROUP, po_number="PO-7781"))
    client.sign_in(roles.bill.id)
    sent = {"name": "Bill", "po_number": "PO-7781"}
    answer = client.post(f"{area}/quotes/{quote}/accept", data=sent)
    assert answer.status_code == 400
    assert 'name="reuse_po"' in answer.text
    sent["reuse_po"] = "y"
    assert client.post(f"{area}/quotes/{quote}/accept", data=sent).status_code == 303


def test_purchase_order_file_without_a_number_is_refused_and_not_stored(
    client: Visitor, roles: Roles, carrel: Carrel, database: Database, area: str, quote: str
) -> None:
    client.sign_in(roles.bill.id)
    sent = {"name": "Bill", "file": (io.BytesIO(PDF), "PO.pdf")}
    answer = client.post(f"{area}/quotes/{quote}/accept", data=sent)
    assert answer.status_code == 400
    assert 'id="po_number-error"' in answer.text
    assert the_order(database).placed_at is None
    assert list(carrel.storage.list("purchase-orders/")) == []


def test_purchase_order_is_required_by_the_billing_details(
    client: Visitor, cast: Cast, roles: Roles, database: Database, area: str, quote: str
) -> None:
    with database.transaction() as session:
        contact = BillingContact(po_required=True)
        edit_billing(session, cast.organization_id, contact, actor=None, now=NOW)
    client.sign_in(cast.ada.id)
    path = f"/staff/orders/{the_order(database).public_id}"
    assert shows(client.get(path).text, NO_PURCHASE_ORDER)
    client.sign_in(roles.bill.id)
    accept = f"{area}/quotes/{quote}/accept"
    assert client.post(accept, data={"name": "Bill"}).status_code == 400
    assert client.post(accept, data={"name": "Bill", "po_number": "7"}).status_code == 303
    client.sign_in(cast.ada.id)
    assert not shows(client.get(path).text, NO_PURCHASE_ORDER)


def test_paid_order_no_longer_needs_a_purchase_order(
    client: Visitor, cast: Cast, clock: Clock, database: Database
) -> None:
    line = replace(GROUP.lines[0], price_minor=0)
    placed(database, replace(GROUP, lines=(line,), terms=Terms.COMPLIMENTARY))
    with database.transaction() as session:
        contact = BillingContact(po_required=True)
        edit_billing(session, cast.organization_id, contact, actor=None, now=NOW)
    client.sign_in(cast.ada.id)
    page = client.get(f"/staff/orders/{the_order(database).public_id}").text
    assert "Paid" in page
    assert not shows(page, NO_PURCHASE_ORDER)


def test_invalid_amount_is_refused_at_its_field(
    client: Visitor, roles: Roles, area: str, quote: str
) -> None:
    client.sign_in(roles.bill.id)
    sent = {"name": "Bill", "po_number": "PO-7781", "po_amount": "about 300"}
    answer = client.post(f"{area}/quotes/{quote}/accept", data=sent)
    assert answer.status_code == 400
    assert 'id="po_amount-error"' in answer.text
    assert "about 300" in answer.text


def test_accepting_a_quote_does_not_count_as_payment(
    client: Visitor, roles: Roles, database: Database, area: str
) -> None:
    with database.transaction() as session:
        draft = orders.draft(session, replace(GROUP, terms=Terms.CARD), actor=None, now=NOW)
        issued = quotes.issue_quote(session, draft, mail_context=OFFICE, actor=None, now=NOW)
        quote = session.get_one(Document, issued.document_id).public_id
    client.sign_in(roles.bill.id)
    answer = client.post(f"{area}/quotes/{quote}/accept", data={"name": "Bill"})
    assert answer.status_code == 303
    with database.read_session() as session:
        [order] = list_orders(session, WantedOrders(), now=NOW, offset=0, limit=9).items
    assert order.open_minor == order.total_minor > 0


def test_quote_of_a_canceled_draft_is_not_offered(
    client: Visitor, roles: Roles, database: Database, area: str, quote: str
) -> None:
    with database.transaction() as session:
        order = orders.find_order(session, the_order(database).public_id, lock=True)
        cancellations.cancel(session, order, actor=None, now=NOW)
    client.sign_in(roles.bill.id)
    path = f"{area}/quotes/{quote}/accept"
    assert path not in client.get(f"{area}/orders").text
    assert is_empty(client.get(path).text)


def test_quote_for_a_canceled_webinar_cannot_be_accepted(
    client: Visitor, roles: Roles, database: Database, area: str, quote: str
) -> None:
    client.sign_in(roles.bill.id)
    take_off(database)
    path = f"{area}/quotes/{quote}/accept"
    for answer in (client.get(path), client.post(path, data={"name": "Bill"})):
        assert is_empty(answer.text)
        assert shows(answer.text, WEBINAR_OFF)
    assert the_order(database).placed_at is None


def test_bookkeeper_can_see_but_not_accept_a_quote(
    client: Visitor, roles: Roles, area: str, quote: str
) -> None:
    client.sign_in(roles.beth.id)
    page = client.get(f"{area}/orders").text
    assert f"/documents/{quote}" in page
    assert "/accept" not in page
    assert client.get(f"{area}/quotes/{quote}/accept").status_code == NOT_FOUND


def test_bookkeeper_sees_orders_but_no_actions(
    client: Visitor, cast: Cast, roles: Roles, database: Database, area: str
) -> None:
    order = placed(database, GROUP)
    client.sign_in(roles.beth.id)
    assert 'href="/staff/orders?standing=unpaid"' in client.get("/staff").text
    assert order.invoice_id is not None
    paths = ("/staff", "/staff/orders", f"/staff/orders/{order.public_id}", "/staff/balances")
    for path in (*paths, "/staff/balances/organization:elm-county", "/staff/prices"):
        answer = client.get(path)
        assert answer.status_code == 200, path
        main = answer.text.partition("<main")[2].partition("</main>")[0]
        assert 'method="post"' not in main, path
        assert "/staff/people" not in answer.text
        assert "/staff/reports/" not in answer.text
    assert client.get(f"/documents/{order.invoice_id}").status_code == 200


def test_file_of_a_refused_acceptance_is_not_stored(
    client: Visitor, roles: Roles, carrel: Carrel, area: str
) -> None:
    client.sign_in(roles.bill.id)
    sent = {"name": "Bill", "file": (io.BytesIO(PDF), "PO.pdf")}
    answer = client.post(f"{area}/quotes/{'0' * 26}/accept", data=sent)
    assert answer.status_code == NOT_FOUND
    assert list(carrel.storage.list("purchase-orders/")) == []


def test_published_policies_must_be_agreed_to(
    client: Visitor, roles: Roles, database: Database, area: str, quote: str
) -> None:
    version = published_terms(database)
    client.sign_in(roles.bill.id)
    accept = f"{area}/quotes/{quote}/accept"
    assert 'href="/terms/1"' in client.get(accept).text
    answer = client.post(accept, data={"name": "Bill", "po_number": "PO-7781"})
    assert answer.status_code == 400
    assert 'id="has_agreed-error"' in answer.text
    assert 'value="PO-7781"' in answer.text
    assert client.post(accept, data={"name": "Bill", "has_agreed": "y"}).status_code == 303
    with database.read_session() as session:
        assert session.get_one(Order, the_order(database).id).policies == [version]


@pytest.mark.parametrize("zone", ["Pacific/Honolulu", "America/New_York", "Pacific/Guam"])
def test_dates_match_the_quote_and_the_invoice_in_every_time_zone(
    client: Visitor, cast: Cast, database: Database, area: str, quote: str, zone: str
) -> None:
    facts = placed(database, GROUP)
    with database.transaction() as session:
        session.scalars(select(Organization)).one().zone = zone
        session.get_one(Login, cast.ada.id).zone = zone
        ids = (quote, facts.invoice_id)
        rows = session.scalars(select(Document).where(Document.public_id.in_(ids))).all()
        (expires_on,) = {unpack(row.snapshot).expires_on for row in rows} - {None}
        (due_on,) = {unpack(row.snapshot).due_on for row in rows} - {None}
    client.sign_in(cast.mia.id)
    page = client.get(f"{area}/orders").text
    assert f"valid until {say_calendar_date(expires_on)}" in page
    assert f"due {say_calendar_date(due_on)}" in page
    client.sign_in(cast.ada.id)
    page = client.get("/staff/organizations/elm-county").text
    assert f"due {say_calendar_date(due_on)}" in page
    assert f"Due {say_calendar_date(due_on)}" in page
