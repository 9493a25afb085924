"""Receiving money and using credit: what they pay, the receipt, and the access that waited."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.mail.links import MailContext
from lms.models.documents import CreditReason, Document
from lms.models.orders import Order
from lms.models.payments import Payment, Reversal, Settlement
from lms.payments import credit_use, payments
from lms.payments.payments import NewPayment
from lms.sales import cancellations, corrections, credit_notes, payment_mails, receipts
from lms.sales.corrections import Correction
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

    What waited for payment opens, and its buyer is told. Raises as `payments.record`.
    """
    _lock_orders(session, new.pays)
    payment = payments.record(session, new, actor=actor, now=now)
    paid = list(
        session.scalars(
            select(Document).where(Document.public_id.in_(new.pays)).order_by(Document.id)
        )
    )
    for invoice in paid:
        if not 0 < invoice.open_minor <= SHORT_MINOR:
            continue
        order = session.get_one(Order, invoice.order_id)
        written_off = NewCreditNote(CreditReason.WRITE_OFF, (), SHORT_PAYMENT, is_mailed=False)
        credit_notes.credit(
            session, order, written_off, mail_context=mail_context, actor=actor, now=now
        )
    _open_paid(session, paid, mail_context=mail_context, actor=actor, now=now)
    receipts.issue_receipt(
        session, payment, mail_context=mail_context, actor=actor, now=now, is_mailed=is_mailed
    )
    return payment


def use_payment(  # noqa: PLR0913  (how much of which payment pays what, and by whom)
    session: Session,
    payment_id: str,
    invoice_id: str,
    amount_minor: int,
    *,
    mail_context: MailContext,
    actor: str | None,
    now: datetime,
) -> None:
    """Let so much of a payment's credit pay an invoice; opens what waited for it.

    Raises as `payments.allocate`.
    """
    _lock_orders(session, [invoice_id])
    settled = payments.allocate(session, payment_id, invoice_id, amount_minor, actor=actor, now=now)
    invoice = session.get_one(Document, settled.invoice_id)
    _open_paid(session, [invoice], mail_context=mail_context, actor=actor, now=now)


def use_credit_note(  # noqa: PLR0913  (how much of which credit note pays what, and by whom)
    session: Session,
    credit_note_id: str,
    invoice_id: str,
    amount_minor: int,
    *,
    mail_context: MailContext,
    actor: str | None,
    now: datetime,
) -> None:
    """Let so much of a credit note pay an invoice; opens what waited for it.

    Raises as `credit_use.apply`.
    """
    _lock_orders(session, [invoice_id])
    settled = credit_use.apply(
        session, credit_note_id, invoice_id, amount_minor, actor=actor, now=now
    )
    invoice = session.get_one(Document, settled.invoice_id)
    _open_paid(session, [invoice], mail_context=mail_context, actor=actor, now=now)


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

    What was written off because the payment was a little short is owed again, by a new invoice.
    Who is billed is told of a check that bounced, and of no mistake of ours. No access ends (M10).
    """
    payment = payments.find_payment(session, payment_id)
    _lock_orders(session, _paid_by(session, payment))
    reopened = [
        _owed_in_full(
            session, one, payment, reversal, mail_context=mail_context, actor=actor, now=now
        )
        for one in payments.reverse(session, payment_id, reversal, actor=actor, now=now)
    ]
    if reversal is Reversal.BOUNCED:
        payment_mails.send_bounced(session, payment, reopened, mail_context=mail_context, now=now)
    return tuple(reopened)


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


def _paid_by(session: Session, payment: Payment) -> list[str]:
    """Return the outside ids of the invoices that a payment pays."""
    return list(
        session.scalars(
            select(Document.public_id)
            .join(Settlement, Settlement.invoice_id == Document.id)
            .where(Settlement.payment_id == payment.id, Settlement.undone_at.is_(None))
        )
    )


def _owed_in_full(  # noqa: PLR0913  (the invoice, the payment, and why it is reversed by whom)
    session: Session,
    invoice: Document,
    payment: Payment,
    reversal: Reversal,
    *,
    mail_context: MailContext,
    actor: str | None,
    now: datetime,
) -> Document:
    """Reissue an invoice if `receive` wrote off what this payment was short; returns what is owed."""
    short = session.scalar(
        select(Document).where(
            Document.refers_to_id == invoice.id,
            Document.reason == CreditReason.WRITE_OFF,
            Document.total_minor <= SHORT_MINOR,
            Document.issued_at == payment.created_at,
        )
    )
    if short is None:
        return invoice
    order = session.get_one(Order, invoice.order_id)
    undo = Correction(undoes=short, is_mailed=reversal is Reversal.BOUNCED)
    return (
        corrections.correct(session, order, undo, mail_context=mail_context, actor=actor, now=now)
        or invoice
    )


def _open_paid(
    session: Session,
    invoices: Iterable[Document],
    *,
    mail_context: MailContext,
    actor: str | None,
    now: datetime,
) -> None:
    for invoice in invoices:
        order = session.get_one(Order, invoice.order_id)
        cancellations.open_paid(session, order, mail_context=mail_context, actor=actor, now=now)
