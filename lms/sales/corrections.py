"""Corrections of an order: new rows, and an invoice that replaces the wrong one (MONEY.md, M20).

The old invoice is credited with the reason `reissue`, which ends no access and does not cancel the
order; its payments, and credit from other invoices, pay the new one. Its own credit notes stay: the new
invoice is for the rest.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from lms import audit
from lms.core.errors import N_, Invalid
from lms.documents.snapshots import BillTo
from lms.mail.links import MailContext
from lms.models.documents import CreditReason, Document
from lms.models.orders import Order
from lms.models.payments import Payment
from lms.payments import settlements
from lms.sales import (
    billing,
    cancellations,
    credit_notes,
    invoices,
    line_corrections,
    mails,
    payer_corrections,
    purchase_orders,
)
from lms.sales.billing import Billing
from lms.sales.credit_notes import Left, NewCreditNote
from lms.sales.line_corrections import LineChange
from lms.sales.payer_corrections import NewPayer
from lms.sales.purchase_orders import NewPurchaseOrder

DUE_TOO_EARLY = N_("Choose a due date on or after the date of the order.")


@dataclass(frozen=True, slots=True)
class Correction:
    """The corrected values of an order; None leaves a value unchanged."""

    bill_to: BillTo | None = None
    state: str = ""
    po_number: str | None = None
    po_amount_minor: int | None = None
    net_days: int | None = None
    due_on: date | None = None
    bill_on: date | None = None
    lines: tuple[LineChange, ...] = ()
    payer: NewPayer | None = None
    is_mailed: bool = True


def correct(
    session: Session,
    order: Order,
    correction: Correction,
    *,
    mail_context: MailContext,
    actor: str | None,
    now: datetime,
) -> Document | None:
    """Correct an order, which is locked, and reissue its invoice; return the new invoice.

    Returns None if the order is not invoiced yet. Opens access on hold if nothing is owed anymore.
    Raises Invalid, by field, and Conflict if seats to be removed are in use.
    """
    old = invoices.live_invoice(session, order.id, lock=True)
    was_owed = old is not None and old.open_minor > 0
    left = credit_notes.left_of(session, old) if old else {}
    _check_days(order, correction, zone=mail_context.zone, now=now)
    freed = _free(session, old, now=now)
    payments = [one for one in freed if isinstance(one, Payment)]
    if correction.payer is not None:
        payer_corrections.check_undisputed(session, payments)
    _apply(session, order, correction, now=now)
    for change in correction.lines:
        line_corrections.change_line(session, order, change, now=now)
    by_hand = [change.line_id for change in correction.lines]
    line_corrections.credit_lines(session, order, left, by_hand, now=now)
    if correction.payer is not None:
        payer_corrections.change_payer(
            session, order, correction.payer, mail_context=mail_context, actor=actor, now=now
        )
    audit.record(session, "order.corrected", order.public_id, actor=actor, now=now)
    new = None
    if old is not None:
        new = _reissue(
            session, order, old, left, correction, mail_context=mail_context, actor=actor, now=now
        )
        _settle(session, old, [*settlements.own_credits(session, [old.id]), *freed], now=now)
        if correction.payer is None:
            _settle(session, new, freed, now=now)
        else:
            payer_corrections.move_payments(
                session,
                new,
                payments,
                mail_context=mail_context,
                actor=actor,
                now=now,
                is_mailed=correction.is_mailed,
            )
    if correction.payer is not None and correction.is_mailed:
        mails.send_placed(session, order, mail_context=mail_context, now=now)
    if was_owed:
        cancellations.open_paid(session, order, mail_context=mail_context, actor=actor, now=now)
    return new


def _reissue(  # noqa: PLR0913  (the order, both invoices, and the actor)
    session: Session,
    order: Order,
    old: Document,
    left: Mapping[str, Left],
    correction: Correction,
    *,
    mail_context: MailContext,
    actor: str | None,
    now: datetime,
) -> Document:
    """Issue the invoice that replaces the old one, and credit what was left of the old one."""
    old.replaced_at = now
    session.flush()
    new = invoices.issue_invoice(
        session,
        order,
        mail_context=mail_context,
        actor=actor,
        now=now,
        is_mailed=correction.is_mailed,
    )
    reissue = NewCreditNote(CreditReason.REISSUE, explanation=new.label, is_mailed=False)
    lines = credit_notes.all_of(left)
    if lines:
        credit_notes.issue_credit(
            session,
            order,
            old,
            reissue,
            lines,
            mail_context=mail_context,
            actor=actor,
            now=now,
        )
    return new


def _settle(
    session: Session, invoice: Document, sources: Iterable[Payment | Document], *, now: datetime
) -> None:
    """Settle the open amount of an invoice from these sources, as far as they suffice."""
    for source in sources:
        session.refresh(invoice, ["open_minor"])
        session.refresh(source, ["open_minor"])
        amount = min(source.open_minor, invoice.open_minor)
        if amount:
            settlements.settle(session, invoice, source, amount, now=now)


def _free(session: Session, invoice: Document | None, *, now: datetime) -> list[Payment | Document]:
    """Undo what paid an invoice, except its own credit notes; return the payments, then credit notes."""
    if invoice is None:
        return []
    standing = settlements.standing(session, invoice_id=invoice.id)
    used = {one.credit_note_id for one in standing if one.credit_note_id}
    found = [session.get_one(Document, each) for each in sorted(used)]
    notes = {note.id: note for note in found if note.refers_to_id != invoice.id}
    payments = dict.fromkeys(one.payment_id for one in standing if one.payment_id)
    paid = [one for one in standing if one.payment_id or one.credit_note_id in notes]
    paid.sort(key=lambda one: (one.payment_id or 0, one.credit_note_id or 0))  # in order of locks
    settlements.undo(session, paid, now=now)
    session.refresh(invoice)
    return [*(session.get_one(Payment, each) for each in payments), *notes.values()]


def _check_days(order: Order, correction: Correction, *, zone: ZoneInfo, now: datetime) -> None:
    billing.check_bill_on(correction.bill_on, now=now)
    ordered_on = (order.placed_at or order.created_at).astimezone(zone).date()
    if correction.due_on is not None and correction.due_on < ordered_on:
        raise Invalid(DUE_TOO_EARLY, field="due_on")


def _apply(session: Session, order: Order, correction: Correction, *, now: datetime) -> None:
    if correction.bill_to is not None:
        order.bill_to = billing.pack(Billing(correction.bill_to, correction.state))
    if correction.net_days is not None:
        order.net_days = correction.net_days
        order.due_on = None
    if correction.due_on is not None:
        order.due_on = correction.due_on
    if correction.bill_on is not None:
        order.bill_on = correction.bill_on
    if correction.po_number is not None:
        received = NewPurchaseOrder(correction.po_number, now, correction.po_amount_minor)
        purchase_orders.keep(session, order, received)
    session.flush()
