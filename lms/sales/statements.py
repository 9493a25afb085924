"""Statements: everything billed to and paid by a payer since a day, and what is past due."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.core.errors import N_, Conflict, Invalid
from lms.documents.issuing import NewDocument, issue
from lms.documents.snapshots import Aging, Entry
from lms.mail.links import MailContext
from lms.models.documents import Document, DocumentKind
from lms.models.orders import Order
from lms.models.payments import Dispute, Payment, PaymentMethod, Refund, RefundState, Reversal
from lms.payments.balances import Age, Customer, is_of, open_invoices
from lms.sales import billing

NOTHING = N_("This payer hasn't been billed yet.")
NOT_YET = N_("Choose a date that isn't in the future.")
_METHODS: Final = {
    PaymentMethod.CARD: "Payment, card",
    PaymentMethod.CHECK: "Payment, check",
    PaymentMethod.TRANSFER: "Payment, bank transfer",
    PaymentMethod.CASH: "Payment, cash",
}


def issue_statement(  # noqa: PLR0913  (payer, first day, and actor)
    session: Session,
    payer: Customer,
    *,
    since: date,
    mail_context: MailContext,
    actor: str | None,
    now: datetime,
    is_mailed: bool,
) -> Document:
    """Issue a statement of a payer since a day, with the balance before it.

    Raises Invalid for a day to come, and Conflict for a payer who was never billed.
    """
    if since > now.astimezone(mail_context.zone).date():
        raise Invalid(NOT_YET, field="since")
    order = session.scalar(
        select(Order)
        .join(Document, Document.order_id == Order.id)
        .where(
            is_of(Document, payer),
            Document.kind == DocumentKind.INVOICE,
            Document.livemode.is_(True),  # test orders are on no statement (M28)
        )
        .order_by(Document.id.desc())
        .limit(1)
    )
    if order is None:
        raise Conflict(NOTHING)
    entries, balance = _entries(session, payer, since, mail_context.zone)
    new = NewDocument(
        kind=DocumentKind.STATEMENT,
        currency=order.currency,
        bill_to=billing.billing_of(session, order).to,
        login_id=payer.login_id,
        organization_id=payer.organization_id,
        total_minor=max(balance, 0),
        open_minor=balance,
        entries=entries,
        since=since,
        aging=aging_of(session, payer, balance, now=now),
    )
    return issue(session, new, zone=mail_context.zone, actor=actor, now=now, is_mailed=is_mailed)


def aging_of(session: Session, payer: Customer, balance_minor: int, *, now: datetime) -> Aging:
    """Return a payer's open invoices by age; the rest of the balance is unapplied credit."""
    ages = dict.fromkeys(Age, 0)
    for invoice in open_invoices(session, payer):
        ages[invoice.age(now)] += invoice.open_minor
    return Aging(
        current_minor=ages[Age.CURRENT],
        days_1_to_30_minor=ages[Age.DAYS_1_TO_30],
        days_31_to_60_minor=ages[Age.DAYS_31_TO_60],
        days_61_to_90_minor=ages[Age.DAYS_61_TO_90],
        over_90_days_minor=ages[Age.OVER_90_DAYS],
        credit_minor=balance_minor - sum(ages.values()),
    )


def _entries(
    session: Session, payer: Customer, since: date, zone: ZoneInfo
) -> tuple[tuple[Entry, ...], int]:
    """Return the entries since a day, each with the balance after it, and the final balance."""
    every = sorted(
        (*_documents(session, payer, zone), *_payments(session, payer, zone)),
        key=lambda entry: entry.on,
    )
    balance = sum(entry.amount_minor for entry in every if entry.on < since)
    found = []
    if balance:
        before = since - timedelta(days=1)
        found.append(Entry(before, "Balance forward", "", balance, balance))
    for entry in every:
        if entry.on >= since:
            balance += entry.amount_minor
            found.append(replace(entry, open_minor=balance))
    return tuple(found), balance


def _documents(session: Session, payer: Customer, zone: ZoneInfo) -> Iterator[Entry]:
    rows = session.scalars(
        select(Document)
        .where(
            is_of(Document, payer),
            Document.kind.in_((DocumentKind.INVOICE, DocumentKind.CREDIT_NOTE)),
            Document.livemode.is_(True),
        )
        .order_by(Document.id)
    )
    for one in rows:
        on = one.issued_at.astimezone(zone).date()
        if one.kind is DocumentKind.INVOICE:
            what = f"Invoice, PO {one.po_number}" if one.po_number else "Invoice"
            yield Entry(on, what, one.label, one.total_minor)
        else:
            yield Entry(on, "Credit note", one.label, -one.total_minor)


def _payments(session: Session, payer: Customer, zone: ZoneInfo) -> Iterator[Entry]:
    rows = session.scalars(
        select(Payment)
        .where(is_of(Payment, payer), Payment.livemode.is_(True))
        .order_by(Payment.id)
    ).all()
    for one in rows:
        what = _METHODS[one.method]
        yield Entry(one.received_on, what, one.check_number, -one.amount_minor)
        if one.reversed_at is not None and one.reversed_as is not Reversal.DISPUTE:
            on = one.reversed_at.astimezone(zone).date()
            yield Entry(on, f"{what}, reversed", one.check_number, one.amount_minor)
    lost = session.execute(
        select(Payment.method, Dispute.closed_at, Dispute.lost_minor)
        .join(Payment, Payment.id == Dispute.payment_id)
        .where(Payment.id.in_([one.id for one in rows]), Dispute.lost_minor > 0)
        .order_by(Dispute.id)
    )
    for method, closed_at, lost_minor in lost:
        assert closed_at is not None  # noqa: S101  (a lost dispute has an end)
        on = closed_at.astimezone(zone).date()
        yield Entry(on, f"{_METHODS[method]}, dispute lost", "", lost_minor)
    refunds = session.scalars(
        select(Refund)
        .where(
            Refund.payment_id.in_([one.id for one in rows]),
            Refund.state == RefundState.DONE,
        )
        .order_by(Refund.id)
    )
    for refund in refunds:
        assert refund.done_on is not None  # noqa: S101  (a completed refund has a date)
        yield Entry(refund.done_on, "Refund", refund.reference, refund.amount_minor)
