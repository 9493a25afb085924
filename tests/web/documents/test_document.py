"""The page and the PDF of a document, and who can open them."""

from dataclasses import replace

import pytest

from lms.core.database import Database
from lms.models.documents import DocumentKind
from lms.models.orders import Terms
from lms.models.organizations import Organization, Role
from lms.sales.read_models import OrderFacts
from tests.cast import Cast
from tests.factories import make_login, make_membership, make_organization
from tests.mailbox import newest
from tests.sales.order_fixtures import GROUP, SEAT, paid, placed
from tests.visitor import Visitor
from tests.web.sales.order_pages import documents, send

CONTACT = replace(GROUP, email="pat@example.org", name="Pat")


@pytest.fixture
def order(cast: Cast, database: Database) -> OrderFacts:
    """An order of Elm County, whose contact is Pat."""
    return placed(database, CONTACT)


def test_signed_out_visitor_is_asked_to_sign_in(client: Visitor, order: OrderFacts) -> None:
    assert client.get(f"/documents/{order.invoice_id}").status_code == 303


@pytest.mark.parametrize("role", ["member", "supervisor", "lms_admin", "other organization", ""])
def test_document_is_not_found_for_people_without_access(
    client: Visitor, cast: Cast, database: Database, order: OrderFacts, role: str
) -> None:
    with database.transaction() as session:
        login = make_login(session, "kim@example.org", name="Kim")
        elm = session.get_one(Organization, cast.organization_id)
        if role == "other organization":
            make_membership(session, make_organization(session, "oak"), login, role=Role.OWNER)
        elif role in set(Role):
            make_membership(session, elm, login, role=Role(role))
    client.sign_in(login.id)
    never = client.get("/documents/00000000000000000000000000")
    for suffix in ("", ".pdf"):
        found = client.get(f"/documents/{order.invoice_id}{suffix}")
        assert found.status_code == never.status_code == 404


@pytest.mark.parametrize("who", ["ada", "mia", "contact", "owner", "billing"])
def test_people_with_access_can_open_the_page_and_the_pdf(
    client: Visitor, cast: Cast, database: Database, order: OrderFacts, who: str
) -> None:
    if who in ("ada", "mia"):
        login_id = getattr(cast, who).id
    elif who == "contact":
        login_id = order.contact_id
    else:
        with database.transaction() as session:
            login = make_login(session, "olga@example.org", name="Olga")
            elm = session.get_one(Organization, cast.organization_id)
            make_membership(session, elm, login, role=Role(who))
            login_id = login.id
    client.sign_in(login_id)
    page = client.get(f"/documents/{order.invoice_id}")
    assert page.status_code == 200
    assert "Elm County Library" in page.text
    assert "Download PDF" in page.text
    pdf = client.get(f"/documents/{order.invoice_id}.pdf")
    assert pdf.data.startswith(b"%PDF-")
    assert "Invoice 2026-0001.pdf" in pdf.headers["Content-Disposition"]


def test_person_can_open_their_own_invoice(client: Visitor, cast: Cast, database: Database) -> None:
    own = placed(database, replace(SEAT, terms=Terms.INVOICE))
    client.sign_in(cast.dan.id)
    assert client.get(f"/documents/{own.invoice_id}").status_code == 200


def test_invoice_page_shows_the_current_balance(
    client: Visitor, cast: Cast, database: Database, order: OrderFacts
) -> None:
    client.sign_in(cast.mia.id)
    path = f"/documents/{order.invoice_id}"
    assert "Balance due: $325.00" in client.get(path).text
    paid(database, order, 20_000)
    assert "Balance due: $125.00" in client.get(path).text
    paid(database, order, check_number="1043")
    assert "No balance due" in client.get(path).text
    [receipt, _] = documents(database, DocumentKind.RECEIPT)
    assert "No balance due" not in client.get(f"/documents/{receipt.public_id}").text


def test_quote_is_shown_only_to_the_account_with_its_address(
    client: Visitor, staff: Visitor, cast: Cast, database: Database
) -> None:
    sent = {"payer": "person", "email": "Dan@example.org", "lines-0-webinar": "reading-rooms"}
    answer = send(staff, "/staff/orders/new", **sent, **{"lines-0-price": "99"}, do="quote")
    send(staff, answer.location)
    (quote,) = documents(database, DocumentKind.QUOTE)
    for login_id, status in ((cast.dan.id, 200), (cast.bob.id, 404)):
        client.sign_in(login_id)
        assert client.get(f"/documents/{quote.public_id}").status_code == status


def test_only_staff_can_send_a_document_again(
    client: Visitor, staff: Visitor, cast: Cast, database: Database, order: OrderFacts
) -> None:
    path = f"/staff/documents/{order.invoice_id}/send"
    assert "pat@example.org" in staff.get(path).text
    assert send(staff, path, email="nobody").status_code == 400
    assert send(staff, path, email="ap@elm.example").status_code == 303
    mail = newest(database, "ap@elm.example")
    assert mail.kind == "document"
    client.sign_in(cast.mia.id)
    assert client.get(path).status_code == 404
    assert client.post(path, data={"email": "mia@example.org"}).status_code == 404
