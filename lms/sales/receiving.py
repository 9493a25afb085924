"""Receiving money: a payment with its receipt, and the access that waited for it."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.mail.links import MailContext
from lms.models.documents import CreditReason, Document
from lms.models.orders import Order
from lms.models.payments import Payment, Reversal
from lms.payments import payments
from lms.payments.payments import NewPayment
from lms.sales import cancellations, credit_notes, payment_mails, receipts
from lms.sales.credit_notes import NewCreditNote

SHORT_MINOR = 100  # a check that is a dollar short at most pays the invoice (M23)
SHORT_PAYMENT = "Short payment"


def receive(
    session: Session,
    new: NewPayment,
    *,
    mail_context: MailContext,
    actor: str | None,
    now: datetime,
    is_mailed: bool = True,
) -> Payment:
    """Record a payment, write off what is a dollar short at most, and issue its receipt.

    What was held until payment opens, and its buyer is told. Raises as `payments.record`.
    """
    _lock_orders(session, new.pays)
    payment = payments.record(session, new, actor=actor, now=now)
    paid = list(
        session.scalars(
            select(Document).where(Document.public_id.in_(new.pays)).order_by(Document.id)
        )
    )
    short = [one for one in paid if 0 < one.open_minor <= SHORT_MINOR]
    _open_held(session, paid, mail_context=mail_context, actor=actor, now=now)
    for invoice in short:
        order = session.get_one(Order, invoice.order_id)
        written_off = NewCreditNote(CreditReason.WRITE_OFF, (), SHORT_PAYMENT, is_mailed=False)
        credit_notes.credit(
            session, order, written_off, mail_context=mail_context, actor=actor, now=now
        )
    receipts.issue_receipt(
        session, payment, mail_context=mail_context, actor=actor, now=now, is_mailed=is_mailed
    )
    return payment


def reverse(
    session: Session,
    payment_id: str,
    reversal: Reversal,
    *,
    mail_context: MailContext,
    actor: str | None,
    now: datetime,
) -> tuple[Document, ...]:
    """Reverse a payment; returns the invoices that are open again.

    Who is billed is told of a check that bounced, and of no mistake of ours. No access ends (M10).
    """
    reopened = payments.reverse(session, payment_id, reversal, actor=actor, now=now)
    if reversal is Reversal.BOUNCED:
        payment = payments.find_payment(session, payment_id)
        payment_mails.send_bounced(session, payment, reopened, mail_context=mail_context, now=now)
    return reopened


def _lock_orders(session: Session, invoice_ids: Iterable[str]) -> None:
    """Lock the orders of invoices before these are, as whatever changes an order does."""
    session.scalars(
        select(Order)
        .join(Document, Document.order_id == Order.id)
        .where(Document.public_id.in_(list(invoice_ids)))
        .order_by(Order.id)
        .with_for_update(of=Order)
        .execution_options(populate_existing=True)
    ).all()


def _open_held(
    session: Session,
    paid: Iterable[Document],
    *,
    mail_context: MailContext,
    actor: str | None,
    now: datetime,
) -> None:
    for invoice in paid:
        order = session.get_one(Order, invoice.order_id)
        if order.held_at is None or invoice.open_minor > SHORT_MINOR:
            continue
        cancellations.release(session, order, mail_context=mail_context, actor=actor, now=now)
