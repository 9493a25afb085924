"""The purchasing page, quote requests, and vendor forms: public, and revealing nothing."""

import io
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from lms.core.attached_files import KeptFile
from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.models.catalog import Webinar
from lms.models.documents import Document
from lms.models.grants import Grant
from lms.models.mail import Mail
from lms.models.orders import Order
from lms.models.organizations import Organization
from lms.models.requests import DeskRequest, RequestKind
from lms.models.seller import VendorDocumentAudience, VendorDocumentKind
from lms.pricing.price_list import set_prices
from lms.requests.read_models import KIND_WORDS
from lms.seller.settings import SellerSettings, edit_seller
from lms.seller.vendor_documents import VendorDocumentDetails, add_vendor_document
from lms.web.buying import quote_request
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.mailbox import letters, link_in, newest
from tests.page_texts import shows
from tests.sales.order_fixtures import PRICES
from tests.seller.seller_settings import COMPLETE
from tests.visitor import Visitor
from tests.web.buying.test_send_to_purchasing import replace_links
from tests.web.requests.test_customer_request import PDF

ASKED = {
    "kind": "single",
    "webinar": "Reading rooms",
    "people": "5",
    "covers": "everything",
    "name": "Pat Doe",
    "email": "pat@oak.example",
    "organization_name": "Oak Library",
    "billing_street": "12 Oak St",
    "billing_city": "Albany",
    "billing_state": "NY",
    "billing_postal_code": "12207",
    "billing_country": "US",
}


@pytest.fixture(autouse=True)
def _prices(database: Database, cast: Cast, clock: Clock) -> None:
    with database.transaction() as session:
        set_prices(session, PRICES, actor=None, now=NOW - timedelta(days=400))


@pytest.fixture
def asked(database: Database, cast: Cast) -> dict[str, str]:
    """Return the form data of a quote request for an existing webinar."""
    with database.read_session() as session:
        title = session.scalars(select(Webinar.title).where(Webinar.slug == "reading-rooms")).one()
    return {**ASKED, "webinar": title}


def _count(database: Database, table: Any) -> int:
    with database.read_session() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_purchasing_pages_are_public(client: Visitor, cast: Cast) -> None:
    assert client.get("/purchasing").status_code == 200
    assert client.get("/purchasing/security").status_code == 200
    assert 'href="/purchasing"' in client.get("/").text


def test_email_address_wraps_between_its_parts(client: Visitor, database: Database) -> None:
    with database.transaction() as session:
        edit_seller(session, COMPLETE, actor=None, now=NOW)
    page = client.get("/purchasing").get_data(as_text=True)
    assert ">billing<wbr>@lantern.example</a>" in page
    assert 'href="mailto:billing@lantern.example"' in page


def test_ein_is_shown_only_with_a_public_w9(client: Visitor, database: Database) -> None:
    def add(audience: VendorDocumentAudience) -> None:
        with database.transaction() as session:
            add_vendor_document(
                session,
                VendorDocumentDetails(VendorDocumentKind.W9, "", audience, None),
                KeptFile("vendor-documents/x/w9.pdf", "w9.pdf"),
                actor=None,
                now=NOW,
            )

    with database.transaction() as session:
        wanted = SellerSettings(legal_name="Lantern LLC", ein="12-3456789")
        edit_seller(session, wanted, actor=None, now=NOW)
    add(VendorDocumentAudience.ON_REQUEST)
    text = client.get("/purchasing").text
    assert "Lantern LLC" in text
    assert "12-3456789" not in text
    add(VendorDocumentAudience.PUBLIC)
    assert "12-3456789" in client.get("/purchasing").text


def test_no_quote_is_issued_before_the_address_is_confirmed(
    client: Visitor, database: Database, asked: dict[str, str]
) -> None:
    assert client.post("/purchasing/quote", data=asked).status_code == 303
    link = link_in(newest(database, "pat@oak.example", "quote_requested"))
    assert client.get(link).status_code == 200  # mail scanners open links
    assert _count(database, Order) == _count(database, Document) == 0


def test_confirmed_link_issues_one_numbered_quote(
    client: Visitor, database: Database, carrel: Carrel, asked: dict[str, str]
) -> None:
    client.post("/purchasing/quote", data=asked)
    link = link_in(newest(database, "pat@oak.example", "quote_requested"))
    first, second = client.post(link), client.post(link)
    assert first.status_code == 303
    assert first.location == second.location
    assert first.location.startswith("/pay/")
    page = client.get(first.location).text
    for text in ("Oak Library", "$325.00", "12 Oak St", "Q-2026-0001"):
        assert text in page, text
    with database.read_session() as session:
        [order], [quote] = session.scalars(select(Order)), session.scalars(select(Document))
        assert (order.contact_email, order.placed_at) == ("pat@oak.example", None)
        assert quote.total_minor == 32_500
        assert quote.snapshot["bill_to"]["name"] == "Oak Library"
        assert not session.scalars(
            select(Organization).where(Organization.name == "Oak Library")
        ).all()


def test_quote_is_valid_through_the_chosen_date(
    client: Visitor, database: Database, asked: dict[str, str]
) -> None:
    client.post("/purchasing/quote", data={**asked, "valid_until": "2026-06-30"})
    client.post(link_in(newest(database, "pat@oak.example", "quote_requested")))
    with database.read_session() as session:
        assert session.scalars(select(Document)).one().snapshot["expires_on"] == "2026-06-30"


@pytest.mark.parametrize("day", ["2026-03-01", "2026-08-30", "June"])
def test_invalid_expiration_date_is_refused(
    client: Visitor, database: Database, asked: dict[str, str], day: str
) -> None:
    answer = client.post("/purchasing/quote", data={**asked, "valid_until": day})
    assert answer.status_code == 400
    assert f'value="{day}"' in answer.text
    assert letters(database, "pat@oak.example") == []


def test_simultaneous_confirmations_issue_one_quote(
    client: Visitor, database: Database, asked: dict[str, str]
) -> None:
    client.post("/purchasing/quote", data=asked)
    link = link_in(newest(database, "pat@oak.example", "quote_requested"))
    with ThreadPoolExecutor(4) as pool:
        pressed = [
            pool.submit(lambda: client.application.test_client().post(link)) for _number in range(4)
        ]
        answers = {(one.result().status_code, one.result().location) for one in pressed}
    assert len(answers) == 1
    assert _count(database, Order) == _count(database, Document) == 1


def test_emailed_link_ends_when_its_payment_link_is_replaced(
    client: Visitor, database: Database, carrel: Carrel, asked: dict[str, str]
) -> None:
    client.post("/purchasing/quote", data=asked)
    link = link_in(newest(database, "pat@oak.example", "quote_requested"))
    client.post(link)
    replace_links(carrel)
    assert client.get(link).status_code == client.post(link).status_code == 410


def test_accepted_quote_of_a_new_customer_gives_an_invoice_but_no_access(
    client: Visitor, database: Database, asked: dict[str, str]
) -> None:
    client.post("/purchasing/quote", data=asked)
    place = client.post(link_in(newest(database, "pat@oak.example", "quote_requested"))).location
    sent = {"name": "Pat Doe", "po_number": "PO 123"}
    assert client.post(f"{place}/accept-quote", data=sent).status_code == 303
    page = client.get(place).text
    assert "Invoice 2026-0001" in page
    with database.read_session() as session:
        [order] = session.scalars(select(Order))
        assert order.held_at == NOW
        grants = session.scalars(select(Grant).where(Grant.order_line_id.is_not(None))).all()
        assert all(one.awaits_payment_since is not None for one in grants)


@pytest.mark.parametrize(
    ("email", "organization"),
    [
        ("new@oak.example", "Oak Library"),
        ("alice@example.org", "Oak Library"),
        ("new@oak.example", "Elm County Library"),
        ("mia@example.org", "Elm County Library"),
    ],
)
def test_response_is_the_same_for_known_and_unknown_names(
    client: Visitor, database: Database, asked: dict[str, str], email: str, organization: str
) -> None:
    sent = {**asked, "email": email, "organization_name": organization}
    answer = client.post("/purchasing/quote", data=sent)
    assert (answer.status_code, answer.location) == (303, "/purchasing/quote/sent")
    page = client.get(answer.location)
    assert email not in page.text
    [mail] = letters(database, email)
    assert (mail.kind, mail.login_id) == ("quote_requested", None)
    place = client.post(link_in(mail)).location
    with database.read_session() as session:
        [order] = session.scalars(select(Order))
    assert (order.organization_id, order.organization_name) == (None, organization)
    assert organization in client.get(place).text


def test_manager_gets_a_quote_for_their_own_organization(
    client: Visitor, database: Database, cast: Cast, asked: dict[str, str]
) -> None:
    with database.read_session() as session:
        name = session.get_one(Organization, cast.organization_id).name
    client.sign_in(cast.mia.id)
    sent = {**asked, "email": "mia@example.org", "organization_name": name}
    client.post("/purchasing/quote", data=sent)
    client.post(link_in(newest(database, "mia@example.org", "quote_requested")))
    with database.read_session() as session:
        assert session.scalars(select(Order.organization_id)).one() == cast.organization_id


def test_forged_or_expired_link_is_refused(
    client: Visitor, database: Database, clock: Clock, asked: dict[str, str]
) -> None:
    client.post("/purchasing/quote", data=asked)
    link = link_in(newest(database, "pat@oak.example", "quote_requested"))
    for wrong in (link[:-9] + "AAAAAAAA=", "/purchasing/quote/none"):
        assert client.get(wrong).status_code == client.post(wrong).status_code == 410
    clock.advance(timedelta(days=8))
    assert client.post(link).status_code == 410
    assert _count(database, Order) == 0


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"webinar": "No such webinar"}, "webinar"),
        ({"people": "0"}, "people"),
        ({"email": "pat"}, "email"),
        ({"organization_name": " "}, "organization_name"),
        ({"billing_postal_code": "1"}, "billing_postal_code"),
        ({"kind": "institutional"}, "kind"),
    ],
)
def test_error_is_shown_at_its_field_and_input_is_kept(
    client: Visitor,
    database: Database,
    asked: dict[str, str],
    changed: dict[str, str],
    field: str,
) -> None:
    answer = client.post("/purchasing/quote", data={**asked, **changed})
    assert answer.status_code == 400
    assert f'id="{field}-error"' in answer.text
    assert "12 Oak St" in answer.text
    assert _count(database, Mail) == 0


def test_all_errors_are_shown_at_once(client: Visitor, database: Database) -> None:
    page = client.post("/purchasing/quote", data={"billing_country": "US"}).text
    for field in ("webinar", "name", "email", "organization_name", "people"):
        assert f'id="{field}-error"' in page, field
    for field in ("street", "city", "state", "postal_code"):
        assert f'id="billing_{field}-error"' in page, field
    assert _count(database, Mail) == 0


def test_price_can_be_shown_before_the_request(
    client: Visitor, database: Database, asked: dict[str, str]
) -> None:
    answer = client.post("/purchasing/quote", data={**asked, "email": "", "act": "price"})
    assert answer.status_code == 200
    assert "$325.00" in answer.text
    assert _count(database, Mail) == 0


def test_quote_requests_from_one_network_are_limited(
    client: Visitor, asked: dict[str, str]
) -> None:
    limit = quote_request.QUOTES_FROM.windows[0].amount
    for number in range(limit):
        client.post("/purchasing/quote", data={**asked, "email": f"pat{number}@oak.example"})
    assert client.post("/purchasing/quote", data=asked).status_code == 429


def test_vendor_form_becomes_a_request_answered_with_a_file(
    client: Visitor, database: Database, cast: Cast
) -> None:
    sent = {
        "name": "Pat Doe",
        "email": "pat@oak.example",
        "organization_name": "Oak Library",
        "due_on": "2026-12-31",
        "message": "Page 2 only",
        "file": (io.BytesIO(PDF), "New vendor.pdf"),
    }
    answer = client.post("/purchasing/vendor-form", data=sent)
    assert answer.status_code == 303
    with database.read_session() as session:
        [row] = session.scalars(select(DeskRequest))
    assert (row.kind, row.file_name) == (RequestKind.VENDOR_FORM, "New vendor.pdf")
    assert row.due_at.date().isoformat() == "2026-12-31"
    client.sign_in(cast.ada.id)
    path = f"/staff/requests/{row.public_id}"
    assert shows(client.get(path).text, KIND_WORDS[RequestKind.VENDOR_FORM])
    done = {"answer": "", "file": (io.BytesIO(PDF), "Filled in.pdf")}
    assert client.post(f"{path}/answer/finish", data=done).status_code == 303
    mail = newest(database, "pat@oak.example", "request_answered")
    assert "Filled in.pdf" in str(mail.attachments)
    assert "Filled in.pdf" in client.get(path).text


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"file": None}, "file"),
        ({"due_on": "2020-01-01"}, "due_on"),
        ({"due_on": ""}, "due_on"),
        ({"due_on": "9999-12-31"}, "due_on"),
    ],
)
def test_vendor_form_without_a_file_or_valid_date_is_refused(
    client: Visitor, database: Database, changed: dict[str, Any], field: str
) -> None:
    sent: dict[str, Any] = {
        "name": "Pat Doe",
        "email": "pat@oak.example",
        "organization_name": "Oak Library",
        "due_on": "2026-12-31",
        "message": "Page 2 only",
        "file": (io.BytesIO(PDF), "New vendor.pdf"),
        **changed,
    }
    sent = {name: value for name, value in sent.items() if value is not None}
    answer = client.post("/purchasing/vendor-form", data=sent)
    assert answer.status_code == 400
    assert f'id="{field}-error"' in answer.text
    assert "Page 2 only" in answer.text
    assert _count(database, DeskRequest) == 0


def test_error_after_a_question_mark_has_no_colon(client: Visitor) -> None:
    page = client.post("/purchasing/quote", data={}).text
    faults = re.findall(r'<a href="#[^"]+">([^<]*)</a>', page.partition("data-error-summary")[2])
    assert any("? " in fault for fault in faults)
    assert any(": " in fault for fault in faults)
    assert not any("?:" in fault for fault in faults)


def test_ways_to_pay_are_listed_in_one_line(client: Visitor, database: Database) -> None:
    with database.transaction() as session:
        edit_seller(session, COMPLETE, actor=None, now=NOW)
    page = " ".join(client.get("/purchasing").text.split())
    assert "Invoice, purchase order, check, bank transfer (ACH)" in page
