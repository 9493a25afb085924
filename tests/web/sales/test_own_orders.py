"""Orders of a person and an organization: who can see them, and what the payer can change."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.core.dates_and_time_zones import say_calendar_date
from lms.models.orders import PurchaseOrder, Terms
from lms.models.organizations import Organization
from lms.models.payments import Payment
from lms.models.requests import DeskRequest
from lms.own_orders.own_orders import INVOICED, TOO_LATE
from lms.sales import cancellations, disputes, invoices
from lms.sales.read_models import OrderFacts
from lms.seller.settings import SellerSettings, edit_seller
from tests.cast import Cast, Roles
from tests.clock import NOW, Clock
from tests.page_texts import is_empty, shows
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import (
    FIVE_SEATS,
    GROUP,
    ONE_SEAT,
    SEAT,
    credited,
    locked,
    paid,
    placed,
)
from tests.visitor import Visitor

LATER = replace(GROUP, bill_on=date(2026, 7, 1))


def path_of(database: Database, facts: OrderFacts) -> str:
    if facts.organization_id is None:
        return f"/account/orders/{facts.public_id}"
    with database.read_session() as session:
        elm = session.get_one(Organization, facts.organization_id).public_id
    return f"/organization/{elm}/orders/{facts.public_id}"


@pytest.fixture
def own(database: Database, cast: Cast) -> OrderFacts:
    return placed(database, SEAT)


def test_only_the_payer_can_open_an_order(
    client: Visitor, cast: Cast, roles: Roles, database: Database, own: OrderFacts
) -> None:
    theirs = placed(database, GROUP)
    path = path_of(database, own)
    assert client.get(path).status_code in (302, 303)
    for who in (cast.alice, cast.mia, cast.ada):
        client.sign_in(who.id)
        assert client.get(path).status_code == 404
        assert client.post(path, data={"act": "refund"}).status_code == 404
    for who in (roles.sue, roles.lee, roles.max, cast.dan):
        client.sign_in(who.id)
        assert client.get(path_of(database, theirs)).status_code == 404
    client.sign_in(cast.dan.id)
    assert client.get(f"/account/orders/{theirs.public_id}").status_code == 404
    client.sign_in(cast.mia.id)
    foreign = path_of(database, theirs).replace(theirs.public_id, own.public_id)
    assert client.get(foreign).status_code == 404


def test_managers_see_a_link_from_their_orders_to_their_organizations(
    client: Visitor, cast: Cast
) -> None:
    said = 'data-testid="to-the-organization"'
    client.sign_in(cast.mia.id)
    assert said in client.get("/account/orders").text
    client.sign_in(cast.dan.id)
    assert said not in client.get("/account/orders").text


def test_person_sees_their_orders_with_documents(
    client: Visitor, cast: Cast, database: Database, own: OrderFacts
) -> None:
    client.sign_in(cast.dan.id)
    assert "/account/orders" in client.get("/account").text
    page = client.get("/account/orders").text
    assert own.number in page
    page = client.get(path_of(database, own)).text
    assert f"Invoice {own.invoice_number}" in page
    assert "R-2026-0001" in page
    assert page.count(".pdf") == 2
    client.sign_in(cast.alice.id)
    assert is_empty(client.get("/account/orders").text)


def test_purchase_order_number_can_be_added_and_reuse_is_questioned(
    client: Visitor, cast: Cast, roles: Roles, database: Database
) -> None:
    placed(database, replace(GROUP, po_number="88123"))
    path = path_of(database, placed(database, GROUP))
    client.sign_in(roles.bill.id)
    assert 'value="po"' in client.get(path).text
    answer = client.post(path, data={"act": "po", "po_number": "88123"})
    assert answer.status_code == 400
    assert 'name="reuse_po"' in answer.text
    assert client.post(path, data={"act": "po", "po_number": ""}).status_code == 400
    assert client.post(path, data={"act": "po", "po_number": "90001"}).status_code == 303
    assert 'value="90001"' in client.get(path).text
    with database.read_session() as session:
        numbers = session.scalars(select(PurchaseOrder.number).order_by(PurchaseOrder.id)).all()
    assert numbers == ["88123", "90001"]


def test_paid_order_has_the_purchase_order_form_collapsed(
    client: Visitor, cast: Cast, database: Database, own: OrderFacts
) -> None:
    unpaid = placed(database, replace(SEAT, terms=Terms.INVOICE))
    client.sign_in(cast.dan.id)
    for facts, is_folded in ((own, True), (unpaid, False)):
        page = client.get(path_of(database, facts)).text
        assert ('data-testid="folded-po"' in page) is is_folded
    answer = client.post(path_of(database, own), data={"act": "po", "po_number": ""})
    assert 'data-testid="folded-po"' not in answer.text


def test_list_says_how_many_more_lines_an_order_has(
    client: Visitor, cast: Cast, database: Database
) -> None:
    placed(database, replace(GROUP, lines=(FIVE_SEATS, FIVE_SEATS, ONE_SEAT)))
    client.sign_in(cast.mia.id)
    with database.read_session() as session:
        elm = session.scalars(select(Organization)).first()
        assert elm is not None
        path = f"/organization/{elm.public_id}/orders"
    assert "Reading rooms and 2 more" in client.get(path).text
    client.sign_in(cast.ada.id)
    assert "Reading rooms and 2 more" in client.get("/staff/orders").text


def test_billed_party_can_change_until_the_invoice_is_issued(
    client: Visitor, cast: Cast, database: Database
) -> None:
    facts = placed(database, LATER)
    path = path_of(database, facts)
    client.sign_in(cast.mia.id)
    data = {"act": "bill", "bill_name": "Friends of Elm", "address": "1 Main St\nElm, IL 60001"}
    assert client.post(path, data=data).status_code == 303
    assert client.post(path, data={**data, "bill_name": ""}).status_code == 400
    with database.transaction() as session:
        invoice = invoices.bill_now(
            session, locked(session, facts), mail_context=OFFICE, actor=None, now=NOW
        )
        assert invoice is not None
        assert invoice.snapshot["bill_to"]["name"] == "Friends of Elm"
    answer = client.post(path, data=data)
    assert answer.status_code == 409
    assert shows(answer.text, INVOICED)


def test_refund_can_be_requested_once_and_only_for_a_paid_order(
    client: Visitor, cast: Cast, database: Database, own: OrderFacts
) -> None:
    unpaid = placed(database, replace(SEAT, terms=Terms.INVOICE))
    client.sign_in(cast.dan.id)
    assert client.post(path_of(database, unpaid), data={"act": "refund"}).status_code == 409
    path = path_of(database, own)
    for _ in range(2):
        data = {"act": "refund", "message": "I bought it twice."}
        assert client.post(path, data=data).status_code == 303
    with database.read_session() as session:
        (asked,) = session.scalars(select(DeskRequest)).all()
        assert (asked.order_id, asked.refusal, asked.message) == (
            own.id,
            "MONEY_BACK",
            "I bought it twice.",
        )
    assert 'value="refund"' not in client.get(path).text
    client.sign_in(cast.ada.id)
    assert own.public_id in client.get(f"/staff/requests/{asked.public_id}").text


def test_ended_order_does_not_accept_a_purchase_order_number(
    client: Visitor, cast: Cast, database: Database
) -> None:
    back = placed(database, GROUP)
    paid(database, back)
    credited(database, back)
    canceled = placed(database, replace(GROUP, is_held=True, bill_on=date(2026, 12, 1)))
    with database.transaction() as session:
        cancellations.cancel(session, locked(session, canceled), actor=None, now=NOW)
    client.sign_in(cast.mia.id)
    for facts in (back, canceled):
        assert 'value="po"' not in client.get(path_of(database, facts)).text
    rows = client.get(path_of(database, canceled).rpartition("/")[0]).text
    assert "Canceled" in rows
    assert "badge-locked" not in rows


def test_refund_is_not_offered_while_the_payment_is_disputed(
    client: Visitor, cast: Cast, database: Database, own: OrderFacts
) -> None:
    client.sign_in(cast.dan.id)
    assert 'value="refund"' in client.get(path_of(database, own)).text
    with database.transaction() as session:
        payment = session.scalars(select(Payment.public_id)).one()
        disputes.open_dispute(session, payment, mail_context=OFFICE, actor=None, now=NOW)
    page = client.get(path_of(database, own)).text
    assert "Disputed" in page
    assert 'value="refund"' not in page


def test_refund_can_be_requested_through_the_last_day_of_the_policy(
    client: Visitor, cast: Cast, database: Database, own: OrderFacts, clock: Clock
) -> None:
    with database.transaction() as session:
        edit_seller(session, SellerSettings(refund_days=30), actor=None, now=NOW)
    path = path_of(database, own)
    client.sign_in(cast.dan.id)
    assert say_calendar_date(date(2026, 4, 1)) in client.get(path).text
    clock.set(NOW + timedelta(days=31))
    client.sign_in(cast.dan.id)
    assert 'value="refund"' not in client.get(path).text
    answer = client.post(path, data={"act": "refund"})
    assert answer.status_code == 409
    assert shows(answer.text, TOO_LATE)
    clock.set(NOW + timedelta(days=30))
    client.sign_in(cast.dan.id)
    assert client.post(path, data={"act": "refund"}).status_code == 303


def test_manager_can_request_a_refund_but_bookkeeper_cannot(
    client: Visitor, cast: Cast, roles: Roles, database: Database
) -> None:
    facts = placed(database, GROUP)
    paid(database, facts)
    path = path_of(database, facts)
    client.sign_in(cast.mia.id)
    assert path in client.get(path.rpartition("/")[0]).text
    page = client.get(path).text
    assert 'value="refund"' in page
    assert "Quantity: 5" in page
    client.sign_in(roles.beth.id)
    assert 'value="refund"' not in client.get(path).text
    assert client.post(path, data={"act": "refund"}).status_code == 404
