"""The payment page: an order for the person who pays, opened by its link, without an account."""

from typing import Final

from flask import Blueprint, Response, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.buying import payment_pages
from lms.buying.payment_pages import PageLine, PaymentPage
from lms.core import clock
from lms.core.dates_and_time_zones import on_wall_clock, say_calendar_date, say_datetime
from lms.documents import payment_links
from lms.documents.lookup import payment_of_receipt
from lms.documents.mails import NAMES, file_name
from lms.documents.printed import printed_document
from lms.documents.snapshots import unpack
from lms.documents.stored_pdfs import ensure_pdf
from lms.models.documents import Document, DocumentKind
from lms.models.payments import Payment
from lms.pricing.price_list import say_money
from lms.sales.read_models import Standing
from lms.web.buying.card import is_test, pay_page, takes_cards
from lms.web.buying.payment_page_forms import PayQuoteForm
from lms.web.core import rate_limits
from lms.web.core.current_user import viewer
from lms.web.core.private_page_headers_and_mail_links import keeps_its_address, mail_context
from lms.web.core.request_context import carrel, read_session, render, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.core.stored_file_responses import send_stored
from lms.web.sales.order_texts import (
    STANDING_BADGES,
    STANDING_WORDS,
    promise_text,
    returned_text,
    reversal_of,
)
from lms.web.seller.agreements import agreements

blueprint = Blueprint("payment_page", __name__, url_prefix="/pay")

PDF: Final = "application/pdf"
TAKES_NO_ORDER: Final = (
    Standing.CANCELED,
    Standing.QUOTED,
    Standing.EXPIRED,
    Standing.RETURNED,
)


@blueprint.get("/<token>")
@open_to(Audience.EVERYONE)
@keeps_its_address
def show(token: str) -> ResponseReturnValue:
    """Show the order to anyone with its link, and note that it was opened."""
    now, page, person = clock.now(), read_by_link(token), viewer()
    # Visits by our own team don't count.
    if person is None or person.seller_role is None:
        with transaction() as session:
            payment_links.note_opening(session, token, now=now)
    values = page_values(page, token)
    shown = render("buying/payment_page.html", token=token, **values)
    return pay_page(shown) if values["card_url"] else shown


@blueprint.get("/<token>/documents/<document_id>")
@open_to(Audience.EVERYONE)
@keeps_its_address
def document(token: str, document_id: str) -> ResponseReturnValue:
    """Show a document of the order."""
    found = _document(token, document_id)
    with read_session() as session:
        payment = payment_of_receipt(session, found)
    return render(
        "buying/payment_document.html",
        reversal=reversal_of(payment, mail_context().zone),
        document=printed_document(unpack(found.snapshot)),
        pdf_url=url_for(".pdf", token=token, document_id=document_id),
        back_url=url_for(".show", token=token),
    )


@blueprint.get("/<token>/documents/<document_id>.pdf")
@open_to(Audience.EVERYONE)
@keeps_its_address
def pdf(token: str, document_id: str) -> ResponseReturnValue:
    """Send the stored PDF of a document of the order."""
    found = _document(token, document_id)
    return send_stored(ensure_pdf(carrel(), document_id), PDF, download_name=file_name(found))


@blueprint.get("/<token>/vendor-documents/<document_id>.pdf")
@open_to(Audience.EVERYONE)
@keeps_its_address
def vendor_document(token: str, document_id: str) -> Response:
    """Send a vendor document that is public or included with every order."""
    today = on_wall_clock(clock.now(), mail_context().zone).date()
    with rate_limits.wrong_links_counted(), read_session() as session:
        found = payment_pages.find_vendor_document(session, token, document_id, on=today)
    return send_stored(found.file_key, PDF, download_name=found.file_name)


@blueprint.after_request
def hide_from_search_engines(response: Response) -> Response:
    """Keep search engines from indexing pages and files of payment links."""
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def read_by_link(token: str) -> PaymentPage:
    """Return the order of a link; raises NotFound, Gone for a replaced link, and TooMany."""
    zone = mail_context().zone
    with rate_limits.wrong_links_counted(), read_session() as session:
        return payment_pages.read_page(session, token, zone=zone, now=clock.now())


def spend_try() -> None:
    """Count a request that does something by a link, from this network; raises TooMany."""
    rate_limits.spend(rate_limits.LINKS_FROM, rate_limits.network())


def page_values(page: PaymentPage, token: str) -> dict[str, object]:
    """Return the contents of a payment page, in words."""
    facts = page.facts
    standing = facts.standing(clock.now())
    tax = page.total_minor - facts.net_minor
    return {
        "number": facts.number,
        "payer": page.payer,
        "state": _(STANDING_WORDS[standing]),
        "badge_kind": STANDING_BADGES[standing],
        "is_test_order": not facts.livemode,
        "is_held": facts.is_on_hold(clock.now()),
        "review_due": say_datetime(facts.review_due_at, mail_context().zone)
        if facts.review_due_at
        else "",
        "is_canceled": standing is Standing.CANCELED,
        "is_paid": standing is Standing.PAID and facts.total_minor > 0,
        "is_owed": page.is_owed,
        "total": say_money(page.total_minor, facts.currency),
        "tax": say_money(tax, facts.currency) if page.quote and tax else "",
        "open": say_money(facts.open_minor, facts.currency) if facts.invoice_id else "",
        "due": _last_day(page) if page.is_owed else "",
        "invoice_number": facts.invoice_number or "",
        "lines": [_line(line, facts.currency) for line in page.lines],
        "documents": [_row(one, page.payments[one.id], token) for one in reversed(page.documents)],
        "quote": page.quote.label if page.quote else "",
        "quote_until": _quote_until(page),
        "expired": _expired(page) if standing is Standing.EXPIRED else "",
        "hindrance": _(page.hindrance) if page.hindrance else "",
        "is_preparing": standing is Standing.DRAFT,
        "po_numbers": ", ".join(page.purchase_orders),
        "promise": promise_text(page.promise, facts.currency)
        if page.promise and page.is_owed
        else "",
        # a payer who reported something since knows it
        "returned": returned_text(page.returned, mail_context().zone)
        if page.returned and page.is_owed and not page.promise
        else "",
        "seller": page.seller,
        "has_ways": bool(page.seller.remit_to or page.seller.bank or page.seller.email),
        "vendor_documents": [
            (one.title, url_for(".vendor_document", token=token, document_id=one.id))
            for one in page.vendor_documents
        ],
        "takes_papers": page.has_payer and standing not in (Standing.CANCELED, Standing.RETURNED),
        # an open quote takes its purchase order when it is accepted
        "takes_orders": standing not in TAKES_NO_ORDER
        and not (standing is Standing.PAID and page.purchase_orders),
        "card_url": url_for("payment_page_card.pay", token=token)
        if (page.is_owed or page.is_quote_to_pay) and takes_cards()
        else "",
        "is_test": is_test(),
        "agreements": agreements() if page.is_quote_to_pay else (),
        "pay_form": PayQuoteForm(data={"seen": page.total_minor}),
    }


def _document(token: str, document_id: str) -> Document:
    with rate_limits.wrong_links_counted(), read_session() as session:
        return payment_pages.find_document(session, token, document_id)


def _last_day(page: PaymentPage) -> str:
    printed = next((one for one in page.documents if one.public_id == page.facts.invoice_id), None)
    due = unpack(printed.snapshot).due_on if printed else None
    return say_calendar_date(due) if due else ""


def _quote_until(page: PaymentPage) -> str:
    until = unpack(page.quote.snapshot).expires_on if page.quote else None
    return say_calendar_date(until) if until else ""


def _line(line: PageLine, currency: str) -> dict[str, str]:
    return {
        "title": line.title,
        "quantity": _("Unlimited") if line.quantity is None else str(line.quantity),
        "net": say_money(line.net_minor, currency),
    }


def _row(one: Document, payment: Payment | None, token: str) -> dict[str, object]:
    is_open = one.kind is DocumentKind.INVOICE and one.open_minor
    return {
        "name": f"{_(NAMES[one.kind])} {one.label}",
        "issued": say_calendar_date(on_wall_clock(one.issued_at, mail_context().zone).date()),
        "total": say_money(one.total_minor, one.currency),
        "open": say_money(one.open_minor, one.currency) if is_open else "",
        "is_replaced": one.replaced_at is not None,
        "reversal": reversal_of(payment, mail_context().zone),
        "url": url_for(".document", token=token, document_id=one.public_id),
        "pdf_url": url_for(".pdf", token=token, document_id=one.public_id),
    }


def _expired(page: PaymentPage) -> str:
    """Return the current price of an expired quote (MONEY.md, M15)."""
    if page.price_today is None:
        return _("You have a negotiated price.")
    return _(
        "At today's prices, this order costs %(amount)s before tax.",
        amount=say_money(page.price_today, page.facts.currency),
    )
