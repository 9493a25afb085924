"""Receiving money and using credit: what they pay, the receipt, and access on hold that opens."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lms.core.model_base import locked
from lms.documents.payment_links import PaymentLinks
from lms.mail.links import MailContext
from lms.models.documents import CreditReason, Document, DocumentLine
from lms.models.orders import Order, OrderLine
from lms.models.payments import (
    PauseKind,
    Payment,
    PaymentMethod,
    ReminderPause,
    Reversal,
)
from lms.payments import credit_use, payments
from lms.payments.credit_use import CreditUse
from lms.payments.paid_invoices import invoices_paid_by
from lms.payments.payments import NewPayment
from lms.sales import cancellations, corrections, credit_notes, payment_mails, receipts
from lms.sales.corrections import Correction
from lms.sales.credit_notes import NewCreditNote
from lms.sales.invoices import Charge, card_payment, check_payee
from lms.sales.line_corrections import LineChange

SHORT_MINOR = 100  # a payment up to one dollar short pays the invoice in full (M23)
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
    """Record a payment, write off a shortage of up to one dollar, and issue its receipt.

    Opens access on hold for payment, and emails its buyer. A form that is sent twice changes nothing
    the second time. Raises as `payments.record` does.
    """
    _lock_orders(session, new.pays)
    if (before := payments.recorded(session, new)) is not None:
        return before
    try:
        with session.begin_nested():
            payment = payments.record(session, new, actor=actor, now=now)
    except IntegrityError:  # two clicks at the same moment: the other one recorded it
        if (before := payments.recorded(session, new)) is None:
            raise
        return before
    paid = list(
        session.scalars(
            select(Document).where(Document.public_id.in_(new.pays)).order_by(Document.id)
        )
    )
    _end_reports(session, payment, new.pays, since=None, ended_at=now)
    _write_off(session, paid, mail_context=mail_context, actor=actor, now=now)
    _open_paid(session, paid, mail_context=mail_context, actor=actor, now=now)
    receipts.issue_receipt(
        session, payment, mail_context=mail_context, actor=actor, now=now, is_mailed=is_mailed
    )
    return payment


def receive_charge(
    session: Session,
    invoice: Document,
    charge: Charge,
    *,
    mail_context: MailContext,
    actor: str | None,
    now: datetime,
) -> None:
    """Record the card charge that places an order, for its invoice; access on hold stays on hold.

    A shortage is written off as by `receive`, and an excess becomes credit.
    """
    order = session.get_one(Order, invoice.order_id)
    today = now.astimezone(mail_context.zone).date()
    new = card_payment(order, charge, today, pays=invoice)
    payment = payments.record(session, new, actor=actor, now=now)
    _write_off(session, [invoice], mail_context=mail_context, actor=actor, now=now)
    receipts.issue_receipt(session, payment, mail_context=mail_context, actor=actor, now=now)


def use_credit(
    session: Session,
    use: CreditUse,
    *,
    mail_context: MailContext,
    actor: str | None,
    now: datetime,
) -> None:
    """Pay an invoice with the credit of a payment or credit note; opens access on hold.

    Raises as `credit_use.apply` does.
    """
    _lock_orders(session, [use.invoice_id])
    settled = credit_use.apply(session, use, actor=actor, now=now)
    invoice = session.get_one(Document, settled.invoice_id)
    _open_paid(session, [invoice], mail_context=mail_context, actor=actor, now=now)


def reverse(  # noqa: PLR0913  (the payment, the reason, and the links and actor of its emails)
    session: Session,
    payment_id: str,
    reversal: Reversal,
    *,
    pay: PaymentLinks,
    mail_context: MailContext,
    actor: str | None,
    now: datetime,
) -> tuple[Document, ...]:
    """Reverse a payment; return the invoices that are open again.

    A written-off shortage of the payment is owed again, on a new invoice. The payer is emailed about a
    returned check, but not about our own mistakes. No access ends (M10).
    """
    payment = payments.find_payment(session, payment_id)
    paid = _paid_by(session, payment)
    _lock_orders(session, paid)
    reopened = [
        _owed_in_full(
            session, one, payment, reversal, mail_context=mail_context, actor=actor, now=now
        )
        for one in payments.reverse(session, payment_id, reversal, actor=actor, now=now)
    ]
    if reversal is Reversal.MISTAKE:  # the check that the payer reported is still to come
        _end_reports(session, payment, paid, since=payment.created_at, ended_at=None)
    if reversal is Reversal.BOUNCED:
        _end_reports(session, payment, paid, since=None, ended_at=now)
        payment_mails.send_bounced(session, payment, reopened, pay=pay, now=now)
    return tuple(reopened)


def _lock_orders(session: Session, invoice_ids: Iterable[str]) -> None:
    """Lock the orders of invoices before the invoices, as all order changes do, to avoid deadlocks."""
    session.scalars(
        locked(
            select(Order)
            .join(Document, Document.order_id == Order.id)
            .where(Document.public_id.in_(list(invoice_ids)))
            .order_by(Order.id),
            of=Order,
        )
    ).all()


def _paid_by(session: Session, payment: Payment) -> list[str]:
    """Return the public IDs of the invoices that a payment pays."""
    return list(
        session.scalars(
            select(Document.public_id).where(Document.id.in_(invoices_paid_by([payment.id])))
        )
    )


def _end_reports(
    session: Session,
    payment: Payment,
    invoice_ids: Iterable[str],
    *,
    since: datetime | None,
    ended_at: datetime | None,
) -> None:
    """End payers' reports that a check was sent once it is here, or reopen them with None.

    Those that ended at `since` change, None for open ones; the check's number may have leading zeros.
    """
    if payment.method is not PaymentMethod.CHECK:
        return
    orders = select(Document.order_id).where(Document.public_id.in_(list(invoice_ids)))
    session.execute(
        update(ReminderPause)
        .where(
            ReminderPause.order_id.in_(orders),
            ReminderPause.kind == PauseKind.CHECK_SENT,
            func.ltrim(ReminderPause.check_number, "0") == payment.check_number.lstrip("0"),
            ReminderPause.ended_at.is_not_distinct_from(since),
        )
        .values(ended_at=ended_at)
    )


def _write_off(
    session: Session,
    invoices: Iterable[Document],
    *,
    mail_context: MailContext,
    actor: str | None,
    now: datetime,
) -> None:
    """Write off what is left of invoices that a payment paid, up to one dollar each."""
    for invoice in invoices:
        if 0 < invoice.open_minor <= SHORT_MINOR:
            order = session.get_one(Order, invoice.order_id)
            shortage = NewCreditNote(CreditReason.WRITE_OFF, (), SHORT_PAYMENT, is_mailed=False)
            credit_notes.credit(
                session, order, shortage, mail_context=mail_context, actor=actor, now=now
            )


def _owed_in_full(  # noqa: PLR0913  (the invoice, the payment, the reason and the actor)
    session: Session,
    invoice: Document,
    payment: Payment,
    reversal: Reversal,
    *,
    mail_context: MailContext,
    actor: str | None,
    now: datetime,
) -> Document:
    """Reissue an invoice if `receive` wrote off a shortage of this payment; return the invoice to pay."""
    short = session.scalar(
        select(Document).where(
            Document.order_id == invoice.order_id,
            Document.reason == CreditReason.WRITE_OFF,
            Document.total_minor <= SHORT_MINOR,
            # no column links them, but `receive` writes both at one moment
            Document.issued_at == payment.created_at,
        )
    )
    if short is None:
        return invoice
    order = session.get_one(Order, invoice.order_id)
    check_payee(session, order)
    owed = Correction(
        lines=_owed_again(session, invoice, short), is_mailed=reversal is Reversal.BOUNCED
    )
    return (
        corrections.correct(session, order, owed, mail_context=mail_context, actor=actor, now=now)
        or invoice
    )


def _owed_again(session: Session, invoice: Document, credit: Document) -> tuple[LineChange, ...]:
    """Return line changes that undo a credit note of an invoice, or of an invoice it replaced."""
    left = {one.line.id: one for one in credit_notes.left_of(session, invoice).values()}
    owed: Counter[int] = Counter()
    rows = session.execute(
        select(DocumentLine.net_minor, OrderLine)
        .join(OrderLine, OrderLine.id == DocumentLine.order_line_id)
        .where(DocumentLine.document_id == credit.id)
    )
    for minor, line in rows:
        alike = [one for one in left if _covers(left[one].line) == _covers(line)]
        owed[line.id if line.id in left else (alike or list(left))[0]] -= minor
    return tuple(
        LineChange(
            left[line_id].line.public_id,
            left[line_id].seats,
            left[line_id].net_minor + minor,
            left[line_id].line.discount_minor,
        )
        for line_id, minor in owed.items()
    )


def _covers(line: OrderLine) -> tuple[object, ...]:
    """Return what a line has in common with the line that replaces it."""
    return line.kind, line.act, line.webinar_id, line.series_id, line.presenter_id


def _open_paid(
    session: Session,
    invoices: Iterable[Document],
    *,
    mail_context: MailContext,
    actor: str | None,
    now: datetime,
) -> None:
    """Open access on hold of the orders whose invoices are now paid."""
    for invoice in invoices:
        order = session.get_one(Order, invoice.order_id)
        cancellations.open_paid(session, order, mail_context=mail_context, actor=actor, now=now)
