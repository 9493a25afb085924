"""The email that reminds a payer of unpaid invoices, to accounts payable or else to the contact.

An organization's managers get it if the contact isn't emailed anymore.
"""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.core.dates_and_time_zones import last_moment, say_long_date
from lms.core.errors import N_
from lms.documents.mails import PDF, file_name
from lms.documents.payment_links import PaymentLinks, link_of
from lms.mail import outbox as mail_outbox
from lms.mail.attachments import MOST_FILES, Attachment
from lms.mail.links import MailContext
from lms.models.documents import Document
from lms.models.orders import Order
from lms.organizations.manager_emails import Recipient
from lms.organizations.order_contacts import emailed_payers
from lms.pricing.price_list import say_money
from lms.receivables.open_invoices import Receivable

DUE_SOON = N_("Invoice %(number)s is due %(day)s")
PAST_DUE = N_("Invoice %(number)s was due %(day)s")
SEVERAL = N_("You have %(count)s open invoices")


def send_reminder(
    session: Session,
    named: Sequence[Receivable],
    *,
    mail_context: MailContext,
    pay: PaymentLinks,
    now: datetime,
) -> frozenset[int]:
    """Email a payer about their open invoices, and return those that anyone was emailed about.

    Each contact gets the invoices that they ordered.
    """
    documents = session.scalars(
        select(Document)
        .where(Document.id.in_([one.id for one in named]))
        .order_by(Document.due_at, Document.id)
    ).all()
    readers: dict[Recipient, list[Document]] = {}
    for document in documents:
        order_id = document.order_id or 0
        for reader in emailed_payers(session, order_id, document.organization_id):
            readers.setdefault(reader, []).append(document)
    for reader, theirs in readers.items():
        _send(session, reader, theirs, mail_context=mail_context, pay=pay, now=now)
    return frozenset(one.id for theirs in readers.values() for one in theirs)


def _send(
    session: Session,
    reader: Recipient,
    documents: Sequence[Document],
    *,
    mail_context: MailContext,
    pay: PaymentLinks,
    now: datetime,
) -> None:
    zone = mail_context.zone
    invoices = [_invoice(session, one, zone, pay, now) for one in documents]
    mail_outbox.post(
        session,
        kind="payment_reminder",
        to=reader.email,
        login_id=reader.login_id,
        subject=_subject(documents, zone, now),
        values={
            "name": reader.name,
            "invoices": invoices,
            "is_late": any(_is_late(one, now) for one in documents),
            "is_held": any(one["is_held"] for one in invoices),
            "action_url": invoices[0]["url"] if len(invoices) == 1 else "",
        },
        now=now,
        attachments=[
            Attachment(one.pdf_key, file_name(one), PDF)
            for one in documents[:MOST_FILES]
            if one.pdf_key
        ],
    )


def _subject(documents: Sequence[Document], zone: ZoneInfo, now: datetime) -> str:
    if len(documents) > 1:
        return SEVERAL % {"count": len(documents)}
    (one,) = documents
    sentence = PAST_DUE if _is_late(one, now) else DUE_SOON
    return sentence % {"number": one.label, "day": _due(one, zone)}


def _invoice(
    session: Session, one: Document, zone: ZoneInfo, pay: PaymentLinks, now: datetime
) -> dict[str, object]:
    order = session.get_one(Order, one.order_id)
    return {
        "url": link_of(session, order, where=pay, now=now),
        "number": one.label,
        "po_number": one.po_number,
        "due": _due(one, zone),
        "is_late": _is_late(one, now),
        "is_held": order.held_at is not None,
        "open": say_money(one.open_minor, one.currency),
        "total": say_money(one.total_minor, one.currency),
        "is_part": one.open_minor < one.total_minor,
    }


def _due(one: Document, zone: ZoneInfo) -> str:
    return say_long_date(last_moment(one.due_at), zone) if one.due_at else ""


def _is_late(one: Document, now: datetime) -> bool:
    return one.due_at is not None and one.due_at <= now
