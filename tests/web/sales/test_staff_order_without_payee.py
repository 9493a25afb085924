"""Seller settings without a payee: what staff see, and what is refused until one is set."""

from dataclasses import replace
from datetime import date

import pytest

from lms.core.database import Database
from lms.models.orders import Terms
from lms.sales import orders, quotes
from lms.sales.invoices import NO_PAYEE
from lms.sales.read_models import OrderFacts, find_order_facts
from lms.seller.settings import SellerSettings, edit_seller
from lms.web.sales.order_notices import NO_INVOICE_YET as TITLE
from tests.cast import Cast, Roles
from tests.clock import NOW
from tests.page_texts import shows
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import GROUP, documents, placed, read, with_line
from tests.seller.seller_settings import COMPLETE
from tests.visitor import Visitor
from tests.web.sales.order_pages import send

LATER = replace(GROUP, bill_on=date(2026, 7, 1))
SETTINGS = 'href="/staff/seller"'
NEW = "/staff/orders/new"
TO_ELM = {
    "payer": "organization",
    "organization": "elm-county",
    "name": "Mia",
    "email": "mia@example.org",
    "terms": "invoice",
    "lines-0-kind": "group_seats",
    "lines-0-webinar": "reading-rooms",
    "lines-0-quantity": "5",
    "lines-0-price": "325.00",
}


@pytest.fixture
def unpayable(staff: Visitor, database: Database) -> Visitor:
    """Return staff of a seller without an address for mailed checks."""
    with database.transaction() as session:
        edit_seller(session, SellerSettings(), actor=None, now=NOW)
    return staff


def quoted(database: Database) -> OrderFacts:
    with database.transaction() as session:
        order = orders.draft(session, GROUP, actor=None, now=NOW)
        quotes.issue_quote(session, order, mail_context=OFFICE, actor=None, now=NOW)
        return find_order_facts(session, order.public_id)


def test_customers_cannot_open_either_page(client: Visitor, cast: Cast, database: Database) -> None:
    facts = placed(database, LATER)
    client.sign_in(cast.mia.id)
    assert client.get(NEW).status_code == 404
    assert client.get(f"/staff/orders/{facts.public_id}").status_code == 404


def test_order_on_invoice_cannot_be_placed(
    unpayable: Visitor, cast: Cast, database: Database
) -> None:
    page = unpayable.get(NEW).text
    assert TITLE in page
    assert SETTINGS not in page  # only an owner can open the settings
    answer = send(unpayable, NEW, **TO_ELM, do="place")
    assert answer.status_code == 400
    assert shows(answer.text, NO_PAYEE)
    assert 'value="325.00"' in answer.text
    with database.transaction() as session:
        edit_seller(session, COMPLETE, actor=None, now=NOW)
    assert TITLE not in unpayable.get(NEW).text
    assert send(unpayable, NEW, **TO_ELM, do="place").status_code == 303


def test_owner_sees_a_link_to_the_settings(
    unpayable: Visitor, roles: Roles, database: Database
) -> None:
    unpayable.sign_in(roles.owen.id)
    assert SETTINGS in unpayable.get(NEW).text


def test_order_can_be_quoted_but_the_quote_cannot_be_accepted(
    unpayable: Visitor, cast: Cast, database: Database
) -> None:
    assert send(unpayable, NEW, **TO_ELM, do="quote").status_code == 303
    facts = quoted(database)
    path = f"/staff/orders/{facts.public_id}"
    assert TITLE in unpayable.get(path).text
    answer = send(unpayable, f"{path}/accept", name="Mia")
    assert answer.status_code == 409
    assert shows(answer.text, NO_PAYEE)
    assert read(database, facts).placed_at is None


def test_quote_that_leads_to_an_invoice_is_not_issued(
    unpayable: Visitor, cast: Cast, database: Database
) -> None:
    with database.transaction() as session:
        order_id = orders.draft(session, GROUP, actor=None, now=NOW).public_id
    answer = send(unpayable, f"/staff/orders/{order_id}/quote")
    assert answer.status_code == 409
    assert shows(answer.text, NO_PAYEE)
    with database.transaction() as session:
        assert quotes.newest(session, orders.find_order(session, order_id).id) is None
        edit_seller(session, COMPLETE, actor=None, now=NOW)
    assert send(unpayable, f"/staff/orders/{order_id}/quote").status_code == 303


def test_scheduled_invoice_cannot_be_issued_early(
    unpayable: Visitor, cast: Cast, database: Database
) -> None:
    facts = placed(database, LATER)
    path = f"/staff/orders/{facts.public_id}"
    answer = unpayable.post(f"{path}/bill")
    assert answer.status_code == 409
    assert shows(answer.text, NO_PAYEE)
    assert documents(database, facts) == []


def test_invoice_cannot_be_reissued(unpayable: Visitor, cast: Cast, database: Database) -> None:
    facts = placed(database, GROUP)
    typed = {"organization": "elm-county", "email": "mia@example.org", "name": "Mia"}
    answer = send(unpayable, f"/staff/orders/{facts.public_id}/payer", **typed)
    assert answer.status_code == 409
    assert shows(answer.text, NO_PAYEE)
    assert 'value="elm-county"' in answer.text
    assert len(documents(database, facts)) == 1


@pytest.mark.parametrize("terms", [Terms.CARD, Terms.COMPLIMENTARY])
def test_orders_without_an_invoice_need_no_payee(
    unpayable: Visitor, cast: Cast, database: Database, terms: Terms
) -> None:
    price = "0" if terms is Terms.COMPLIMENTARY else "325.00"
    typed = {**TO_ELM, "terms": terms.value, "lines-0-price": price}
    assert send(unpayable, NEW, **typed, do="place").status_code == 303
    facts = placed(database, with_line(replace(LATER, terms=Terms.INVOICE), price_minor=0))
    assert TITLE not in unpayable.get(f"/staff/orders/{facts.public_id}").text
