"""Emails of documents: each has the PDF attached and goes to those who pay (MONEY.md, M9)."""

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from lms.accounts import login_lookup
from lms.branding import read_branding
from lms.core.dates_and_time_zones import say_calendar_date
from lms.core.errors import N_
from lms.documents.payment_links import PaymentLinks, link_of
from lms.documents.snapshots import Snapshot, unpack
from lms.mail import outbox as mail_outbox
from lms.mail.attachments import Attachment
from lms.models.accounts import Login
from lms.models.documents import Document, DocumentKind
from lms.models.orders import Order
from lms.models.organizations import InvoiceDelivery
from lms.organizations.billing_details import read_billing
from lms.organizations.manager_emails import Recipient, emailed_managers
from lms.organizations.order_contacts import contact_or_managers
from lms.pricing.price_list import say_money

PDF: Final = "application/pdf"
NAMES: Final = {
    DocumentKind.QUOTE: N_("Quote"),
    DocumentKind.INVOICE: N_("Invoice"),
    DocumentKind.CREDIT_NOTE: N_("Credit note"),
    DocumentKind.RECEIPT: N_("Receipt"),
    DocumentKind.STATEMENT: N_("Statement"),
}


def send_issued(
    session: Session, document: Document, *, where: PaymentLinks, now: datetime
) -> None:
    """Email an issued document, once to each recipient."""
    for to in recipients(session, document):
        _send(session, document, to, where=where, now=now, key=f"document:{document.public_id}")


def send_again(
    session: Session, document: Document, to: str, *, where: PaymentLinks, now: datetime
) -> None:
    """Email a document again, to an address of the sender's choice; raises Invalid."""
    _send(session, document, to, where=where, now=now, key=None)


def recipients(session: Session, document: Document) -> tuple[str, ...]:
    """Return the recipients of a document: accounts payable, or else the contact.

    None if the customer wants it in a portal or by mail. A quote goes to the contact. If the contact is no
    longer emailed, the organization's managers are.
    """
    contact = tuple(one.email for one in _contacts(session, document))
    if document.organization_id is None or document.kind is DocumentKind.QUOTE:
        return contact
    billed = read_billing(session, document.organization_id).contact
    if billed.delivery is not InvoiceDelivery.EMAIL:
        return ()
    return billed.payables or contact


def _contacts(session: Session, document: Document) -> tuple[Recipient, ...]:
    if document.order_id is not None:
        return contact_or_managers(session, document.order_id, document.organization_id)
    if document.organization_id is not None:
        return emailed_managers(session, document.organization_id)
    login = session.get_one(Login, login_lookup.kept_login(session, document.login_id or 0))
    return (Recipient(login.id, login.email, login.name),) if login.email else ()


def _send(
    session: Session,
    document: Document,
    to: str,
    *,
    where: PaymentLinks,
    now: datetime,
    key: str | None,
) -> None:
    assert document.pdf_key is not None  # noqa: S101  (the email is sent after the PDF was stored)
    snapshot = unpack(document.snapshot)
    # Accounts payable get only the PDF; the page needs the contact's account.
    login_id = next((one.login_id for one in _contacts(session, document) if one.email == to), None)
    page = where.links.page(f"/documents/{document.public_id}")
    mail_outbox.post(
        session,
        kind="document",
        to=to,
        login_id=login_id,
        subject=_subject(session, document, snapshot),
        values={
            **_values(document, snapshot),
            "action_url": page if login_id else "",
            "pay_url": _pay_url(session, document, where=where, now=now),
            "purchasing_url": where.links.page("/purchasing"),
        },
        now=now,
        unique_key=None if key is None else f"{key}:{to}"[:120],
        attachments=(Attachment(document.pdf_key, file_name(document), PDF),),
    )


def _pay_url(session: Session, document: Document, *, where: PaymentLinks, now: datetime) -> str:
    """Return the payment page's link for emails of documents that it shows and people act on, or else "".

    It doesn't show receipts for several orders.
    """
    is_receipt = document.kind is DocumentKind.RECEIPT and document.refers_to_id is not None
    if not is_receipt and document.kind not in (DocumentKind.QUOTE, DocumentKind.INVOICE):
        return ""
    return link_of(session, session.get_one(Order, document.order_id), where=where, now=now)


def file_name(document: Document) -> str:
    """Return a document's file name, such as `Invoice 2026-0412.pdf`."""
    return f"{NAMES[document.kind]} {document.label}.pdf"


def _subject(session: Session, document: Document, snapshot: Snapshot) -> str:
    """Return the subject, such as "Invoice 2026-0412, PO 88123, Elm Street Training"."""
    seller = read_branding(session, contact="").name
    parts = [f"{NAMES[document.kind]} {document.label}"]
    if snapshot.po_number:
        parts.append(f"PO {snapshot.po_number}")
    if snapshot.refers_to:
        parts.append(N_("Invoice %(number)s") % {"number": snapshot.refers_to})
    return ", ".join([*parts, seller])


def _values(document: Document, snapshot: Snapshot) -> dict[str, object]:
    is_receipt = document.kind is DocumentKind.RECEIPT
    open_minor = (snapshot.open_minor or 0) if is_receipt else document.open_minor
    return {
        "kind": document.kind.value,
        "title": f"{NAMES[document.kind]} {document.label}",
        "bill_to": snapshot.bill_to.name,
        "total": say_money(document.total_minor, document.currency),
        "due_on": say_calendar_date(snapshot.due_on) if snapshot.due_on else "",
        "expires_on": say_calendar_date(snapshot.expires_on) if snapshot.expires_on else "",
        "po_number": snapshot.po_number,
        "refers_to": snapshot.refers_to,
        "is_open": open_minor > 0,
        "open": say_money(open_minor, document.currency),
    }
