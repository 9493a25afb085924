"""Receipts: one for each payment, with the invoices that it paid."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.documents.issuing import NewDocument, issue
from lms.documents.snapshots import Entry
from lms.mail.links import MailContext
from lms.models.documents import Document, DocumentKind
from lms.models.orders import Order
from lms.models.payments import Payment, PaymentMethod, Settlement
from lms.pricing.price_list import say_money
from lms.sales import billing

_METHODS = {
    PaymentMethod.CARD: "Card",
    PaymentMethod.CHECK: "Check",
    PaymentMethod.TRANSFER: "Bank transfer",
    PaymentMethod.CASH: "Cash",
}


def issue_receipt(
    session: Session,
    payment: Payment,
    *,
    mail_context: MailContext,
    actor: str | None,
    now: datetime,
    is_mailed: bool = True,
) -> None:
    """Issue the receipt of a payment, unless it pays no invoice."""
    paid = session.execute(
        select(Document, Settlement.amount_minor)
        .join(Settlement, Settlement.invoice_id == Document.id)
        .where(Settlement.payment_id == payment.id, Settlement.undone_at.is_(None))
        .order_by(Document.id)
    ).all()
    if not paid:
        return
    first = paid[0].Document
    order = session.get_one(Order, first.order_id)
    method, number = _METHODS[payment.method], payment.check_number
    entry = Entry(payment.received_on, method, number, payment.amount_minor)
    credit = (
        f"Not applied to an invoice yet: {say_money(payment.open_minor, payment.currency)}."
        " It is a credit on your account."
    )
    new = NewDocument(
        kind=DocumentKind.RECEIPT,
        currency=payment.currency,
        bill_to=billing.billing_of(session, order).to,
        order_id=first.order_id,
        order_number=billing.order_number(order) if len(paid) == 1 else "",
        login_id=payment.login_id,
        organization_id=payment.organization_id,
        po_number=first.po_number if len(paid) == 1 else "",
        refers_to=first if len(paid) == 1 else None,
        payment_id=payment.id,
        total_minor=payment.amount_minor,
        open_minor=sum(invoice.open_minor for invoice, _ in paid),
        entries=(entry,),
        sentences=(
            *(
                f"Paid on invoice {invoice.label}: {say_money(amount, invoice.currency)}."
                f" Balance: {say_money(invoice.open_minor, invoice.currency)}."
                for invoice, amount in paid
            ),
            *([credit] if payment.open_minor else []),
        ),
        livemode=payment.livemode,
    )
    issue(session, new, zone=mail_context.zone, actor=actor, now=now, is_mailed=is_mailed)
