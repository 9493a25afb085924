"""The payment page: it opens only by its link, and shows only one order."""

import io
from dataclasses import replace
from datetime import timedelta

import pytest
from limits import RateLimitItemPerHour
from sqlalchemy import select

from lms.app import create_app
from lms.branding import BrandingTexts, edit_branding
from lms.buying.payment_page_acts import PO_RECEIVED, USED_BEFORE
from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.core.stripe_settings import StripeSettings
from lms.documents import payment_links
from lms.documents.stored_pdfs import finish
from lms.models.orders import OrderLink, PurchaseOrder, Terms
from lms.models.payments import PauseKind, ReminderPause
from lms.models.seller import (
    VendorDocument,
    VendorDocumentAudience,
    VendorDocumentKind,
    VendorDocumentVersion,
)
from lms.models.tax import Exemption
from lms.pricing.price_list import set_prices
from lms.sales import cancellations, orders, quotes
from lms.sales.new_orders import NewOrder
from lms.sales.read_models import OrderFacts, find_order_facts
from lms.web.core import rate_limits
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.mailbox import newest
from tests.page_texts import shows
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import GROUP, PRICES, SEAT, locked, paid, placed
from tests.visitor import Visitor
from tests.web.requests.test_customer_request import PDF
from wsgi import COMPONENTS

TODAY = NOW.astimezone(OFFICE.zone).date()


def link(carrel: Carrel, facts: OrderFacts) -> str:
    """Return the path of an order's payment page."""
    with carrel.database.transaction() as session:
        order = orders.find_order(session, facts.public_id)
        where = payment_links.payment_links(carrel.settings)
        url = payment_links.link_of(session, order, where=where, now=NOW)
    return url.removeprefix(carrel.settings.base_url)


def quoted(database: Database, new: NewOrder = GROUP) -> OrderFacts:
    """Issue a quote, by default of five seats for Elm County."""
    with database.transaction() as session:
        set_prices(session, PRICES, actor=None, now=NOW - timedelta(days=400))
        draft = orders.draft(session, new, actor=None, now=NOW)
        quotes.issue_quote(session, draft, mail_context=OFFICE, actor=None, now=NOW)
        return find_order_facts(session, draft.public_id)


@pytest.fixture
def order(database: Database, cast: Cast, clock: Clock) -> OrderFacts:
    """Return an unpaid order of Elm County."""
    return placed(database, GROUP)


@pytest.fixture
def page(carrel: Carrel, order: OrderFacts) -> str:
    return link(carrel, order)


def pauses(database: Database) -> list[ReminderPause]:
    with database.read_session() as session:
        return list(session.scalars(select(ReminderPause).order_by(ReminderPause.id)))


def test_paid_order_thanks_its_payer_and_accepts_one_purchase_order(
    client: Visitor, database: Database, order: OrderFacts, page: str
) -> None:
    thanks, button = "notice-done", f'href="{page}/purchase-order"'
    shown = client.get(page).text
    assert thanks not in shown
    assert button in shown
    paid(database, order)
    shown = client.get(page).text
    assert thanks in shown
    assert button in shown
    assert client.post(f"{page}/purchase-order", data={"po_number": "88123"}).status_code == 303
    assert button not in client.get(page).text


def test_guessed_addresses_are_not_found(client: Visitor, order: OrderFacts, page: str) -> None:
    for path in (
        f"/pay/{order.public_id}",
        f"/pay/{'A' * 43}",
        page[:-1],
        page.lower() + "x",
        f"/pay/{'A' * 43}/documents/{order.invoice_id}",
        f"/pay/{'A' * 43}/documents/{order.invoice_id}.pdf",
        f"/pay/{'A' * 43}/check-sent",
    ):
        assert client.get(path).status_code == 404, path


def test_replaced_link_is_refused(
    client: Visitor, carrel: Carrel, order: OrderFacts, page: str
) -> None:
    with carrel.database.transaction() as session:
        payment_links.replace_link(
            session,
            locked(session, order),
            where=payment_links.payment_links(carrel.settings),
            actor=None,
            now=NOW,
        )
    paths = ("", "/check-sent", "/purchase-order", f"/documents/{order.invoice_id}.pdf")
    for path in paths:
        answer = client.get(page + path)
        assert answer.status_code == 410, path
        assert order.number not in answer.text
    assert client.post(page + "/check-sent", data={"check_number": "7"}).status_code == 410
    assert client.get(link(carrel, order)).status_code == 200


def test_trying_too_many_links_is_rate_limited(client: Visitor, cast: Cast) -> None:
    for _number in range(240):
        client.get("/pay/nothing")
    assert client.get("/pay/nothing").status_code == 429


def test_opening_a_valid_link_is_not_rate_limited(
    client: Visitor, order: OrderFacts, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = rate_limits.Limit("links_from", (RateLimitItemPerHour(1),))
    monkeypatch.setattr(rate_limits, "LINKS_FROM", few)
    paths = ("", "", f"/documents/{order.invoice_id}", "/check-sent", "/check-sent")
    assert {client.get(page + path).status_code for path in paths} == {200}
    posts = [client.post(f"{page}/check-sent").status_code for _post in range(2)]
    assert posts == [400, 429]  # submitting forms is limited even with a valid link


def test_page_shows_the_order_its_documents_and_where_to_pay(
    client: Visitor, order: OrderFacts, page: str
) -> None:
    answer = client.get(page)
    assert answer.status_code == 200
    for text in (order.number, "Elm County Library", "$325.00", order.invoice_number):
        assert str(text) in answer.text
    assert "$325.00" in client.get(f"{page}/documents/{order.invoice_id}").text
    pdf = client.get(f"{page}/documents/{order.invoice_id}.pdf")
    assert pdf.data.startswith(b"%PDF-")


def test_page_is_not_indexed_cached_or_sent_as_referer(
    client: Visitor, order: OrderFacts, page: str
) -> None:
    for path in (page, f"{page}/documents/{order.invoice_id}.pdf", f"{page}/check-sent"):
        headers = client.get(path).headers
        assert headers["X-Robots-Tag"] == "noindex"
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "strict-origin"


def test_other_orders_and_people_with_seats_are_never_shown(
    client: Visitor, database: Database, cast: Cast, order: OrderFacts, page: str
) -> None:
    own, others = placed(database, GROUP), placed(database, SEAT)
    both = paid(database, own)
    text = client.get(page).text
    for hidden in (own.number, own.invoice_number, others.number, "dan@example.org", both):
        assert str(hidden) not in text
    for other in (own, others):
        for path in (f"/documents/{other.invoice_id}", f"/documents/{other.invoice_id}.pdf"):
            assert client.get(page + path).status_code == 404


def test_opening_is_recorded_except_by_our_team(
    client: Visitor, database: Database, cast: Cast, page: str
) -> None:
    def opened() -> object:
        with database.read_session() as session:
            return session.scalars(select(OrderLink.last_opened_at)).one()

    client.sign_in(cast.ada.id)
    client.get(page)
    assert opened() is None
    client.delete_cookie("carrel_session")
    client.sign_in(cast.dan.id)
    client.get(page)
    assert opened() == NOW


def test_check_sent_pauses_reminders_until_a_newer_pause(
    client: Visitor, database: Database, page: str
) -> None:
    sent = {"check_number": "1042", "sent_on": TODAY.isoformat(), "amount": "325.00"}
    assert client.post(f"{page}/check-sent", data=sent).status_code == 303
    assert "1042" in client.get(page).text
    until = TODAY + timedelta(days=30)
    later = {"until": until.isoformat(), "note": "Board meets on the 12th"}
    assert client.post(f"{page}/in-approval", data=later).status_code == 303
    text = client.get(page).text
    assert "Board meets on the 12th" in text
    assert "1042" not in text
    first, second = pauses(database)
    assert (first.kind, first.check_number, first.amount_minor) == (
        PauseKind.CHECK_SENT,
        "1042",
        32_500,
    )
    assert first.ended_at == NOW
    assert (second.kind, second.ended_at) == (PauseKind.IN_APPROVAL, None)
    assert second.until is not None
    assert second.until.astimezone(OFFICE.zone).date() == until + timedelta(days=1)


@pytest.mark.parametrize(
    ("path", "sent", "kept"),
    [
        ("check-sent", {"check_number": "", "sent_on": TODAY.isoformat(), "amount": "12"}, "12"),
        ("check-sent", {"check_number": "77", "sent_on": "2031-01-01"}, "77"),
        ("check-sent", {"check_number": "77", "sent_on": TODAY.isoformat(), "amount": "x"}, "77"),
        ("in-approval", {"until": "2031-01-01", "note": "Soon"}, "Soon"),
        ("in-approval", {"until": "", "note": "Soon"}, "Soon"),
        ("purchase-order", {"po_number": "", "po_amount": "325"}, "325"),
        ("purchase-order", {"po_number": "7", "po_amount": "-325"}, "-325"),
        ("purchase-order", {"po_number": "7", "po_amount": "1e999999"}, "1e999999"),
        ("purchase-order", {"po_number": "7", "po_amount": "99999999999"}, "99999999999"),
        ("tax-exemption", {"basis": "government", "number": "E-99"}, "E-99"),
    ],
)
def test_form_with_an_error_keeps_its_input(
    client: Visitor, database: Database, page: str, path: str, sent: dict[str, str], kept: str
) -> None:
    answer = client.post(f"{page}/{path}", data=sent)
    assert answer.status_code == 400
    assert kept in answer.text
    assert "data-error-summary" in answer.text
    assert pauses(database) == []


def test_paid_or_canceled_order_accepts_no_payment_notices(
    client: Visitor, database: Database, carrel: Carrel, cast: Cast, order: OrderFacts, page: str
) -> None:
    paid(database, order)
    text = client.get(page).text
    assert "/check-sent" not in text
    sent = {"check_number": "7", "sent_on": TODAY.isoformat()}
    assert client.post(f"{page}/check-sent", data=sent).status_code == 409
    draft = quoted(database)
    with database.transaction() as session:
        cancellations.cancel(session, locked(session, draft), actor=None, now=NOW)
    canceled = link(carrel, draft)
    assert "canceled" in client.get(canceled).text
    assert client.post(f"{canceled}/purchase-order", data={"po_number": "1"}).status_code == 409
    assert pauses(database) == []


def test_purchase_order_is_recorded_with_its_file(
    client: Visitor, database: Database, order: OrderFacts, page: str
) -> None:
    sent = {"po_number": "PO 88123", "po_amount": "325", "file": (io.BytesIO(PDF), "PO.pdf")}
    assert client.post(f"{page}/purchase-order", data=sent).status_code == 303
    with database.read_session() as session:
        [po] = session.scalars(select(PurchaseOrder))
    assert (po.number, po.amount_minor, po.file_name) == ("PO 88123", 32_500, "PO.pdf")
    assert "PO 88123" in client.get(page).text


def test_reused_purchase_order_number_must_be_confirmed(
    client: Visitor, database: Database, order: OrderFacts, page: str
) -> None:
    other = placed(database, replace(GROUP, po_number="PO 1", terms=Terms.PURCHASE_ORDER))
    answer = client.post(f"{page}/purchase-order", data={"po_number": "PO 1"})
    assert answer.status_code == 400
    assert shows(answer.text, USED_BEFORE)
    assert other.number not in answer.text
    again = {"po_number": "PO 1", "reuse_po": "y"}
    assert client.post(f"{page}/purchase-order", data=again).status_code == 303


def test_file_of_a_refused_purchase_order_is_not_stored(
    client: Visitor, carrel: Carrel, database: Database, page: str
) -> None:
    placed(database, replace(GROUP, po_number="PO 1", terms=Terms.PURCHASE_ORDER))
    sent = {"po_number": "PO 1", "file": (io.BytesIO(PDF), "PO.pdf")}
    assert client.post(f"{page}/purchase-order", data=sent).status_code == 400
    assert list(carrel.storage.list("purchase-orders/")) == []


def test_exemption_certificate_is_saved_for_the_payer(
    client: Visitor, database: Database, cast: Cast, page: str
) -> None:
    sent = {"basis": "government", "states": "NY", "file": (io.BytesIO(PDF), "exempt.pdf")}
    assert client.post(f"{page}/tax-exemption", data=sent).status_code == 303
    with database.read_session() as session:
        [paper] = session.scalars(select(Exemption))
    assert (paper.organization_id, paper.states, paper.file_name) == (
        cast.organization_id,
        "NY",
        "exempt.pdf",
    )
    assert "exempt.pdf" not in client.get(page).text


def test_card_button_is_shown_only_for_an_unpaid_order_with_stripe(
    client: Visitor, carrel: Carrel, order: OrderFacts, page: str
) -> None:
    assert f'action="{page}/card"' not in client.get(page).text
    settings = replace(carrel.settings, stripe=StripeSettings("sk_test_1", ("whsec_1",)))
    browser = create_app(replace(carrel, settings=settings), COMPONENTS).test_client()
    answer = browser.get(page)
    assert f'action="{page}/card"' in answer.text
    assert "$325.00" in answer.text
    assert "form-action 'self' https" in answer.headers["Content-Security-Policy"]
    paid(carrel.database, order)
    answer = browser.get(page)
    assert "by card" not in answer.text
    assert "form-action 'self' https" not in answer.headers["Content-Security-Policy"]


def test_vendor_documents_on_request_are_not_available(
    client: Visitor, database: Database, carrel: Carrel, page: str
) -> None:
    carrel.storage.put_bytes("vendor-documents/x/w9.pdf", PDF, "application/pdf")
    made = {}
    with database.transaction() as session:
        for audience in VendorDocumentAudience:
            row = VendorDocument(
                kind=VendorDocumentKind.OTHER, title=audience, audience=audience, created_at=NOW
            )
            session.add(row)
            session.flush()
            session.add(
                VendorDocumentVersion(
                    document_id=row.id,
                    number=1,
                    file_key="vendor-documents/x/w9.pdf",
                    file_name="w9.pdf",
                    created_at=NOW,
                )
            )
            made[audience] = row.public_id
    text = client.get(page).text
    for audience, status in (("public", 200), ("packet", 200), ("on_request", 404)):
        path = f"{page}/vendor-documents/{made[VendorDocumentAudience(audience)]}.pdf"
        assert client.get(path).status_code == status, audience
        assert (path in text) is (status == 200)


def test_link_is_in_the_email_of_an_invoice(
    database: Database, carrel: Carrel, order: OrderFacts, page: str
) -> None:
    assert order.invoice_id is not None
    finish(carrel, order.invoice_id, is_mailed=True, now=NOW)
    mail = newest(database, "mia@example.org", "document")
    assert carrel.settings.base_url + page in mail.text
    assert page in mail.html


def test_team_is_emailed_about_a_purchase_order(
    client: Visitor, database: Database, order: OrderFacts, page: str
) -> None:
    words = BrandingTexts("Lantern", "#17407A", "desk@lantern.example", "", "")
    with database.transaction() as session:
        edit_branding(session, words, actor=None, now=NOW)
    client.get("/language/es-US")
    client.post(f"{page}/purchase-order", data={"po_number": "PO 9"})
    mail = newest(database, "desk@lantern.example", "payment_page_used")
    assert PO_RECEIVED in mail.subject
    assert "PO 9" in mail.text
    assert f"/staff/orders/{order.public_id}" in mail.text
