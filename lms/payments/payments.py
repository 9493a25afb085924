"""Payments: recording money received, what it pays, and reversing it (MONEY.md, M10 and M20)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import audit
from lms.core.database import insert_into
from lms.core.errors import N_, Conflict, Invalid, or_not_found
from lms.core.model_base import new_public_id
from lms.models.documents import Document, DocumentKind
from lms.models.payments import (
    Deposit,
    Payment,
    PaymentMethod,
    Refund,
    RefundState,
    Reversal,
    Settlement,
)
from lms.payments import settlements
from lms.payments.paid_invoices import invoices_paid_by

LONGEST_NUMBER = 80
HIGHEST_MINOR = 100_000_000
NOT_ENOUGH = N_("These amounts add up to more than the payment.")
TOO_MUCH = N_("This is more than the balance of %(number)s.")
NO_PAYMENT = N_("No payment has this ID. Find it in the history of its order.")
REVERSED = N_("This payment was already reversed.")
RETURNED = N_("Part of this payment was refunded. Cancel the refund first.")


@dataclass(frozen=True, slots=True)
class NewPayment:
    """Money received; `pays` is the amount for each invoice, by public ID.

    The payer is a login or an organization. The remainder is their credit. `payment_id` is the public
    ID to use, so that a form that is sent twice records one payment.
    """

    method: PaymentMethod
    currency: str
    amount_minor: int
    received_on: date
    login_id: int | None = None
    organization_id: int | None = None
    check_number: str = ""
    slip: str = ""
    provider_ref: str | None = None
    note: str = ""
    payment_id: str = field(default_factory=new_public_id)
    livemode: bool = True
    pays: Mapping[str, int] = field(default_factory=dict)


def record(session: Session, new: NewPayment, *, actor: str | None, now: datetime) -> Payment:
    """Record a payment and what it pays.

    Raises Invalid, with faults by field, NotFound for an unknown invoice, and Conflict if an
    invoice was paid in the meantime.
    """
    _check(new)
    invoices = _invoices(session, new)
    payment = Payment(
        public_id=new.payment_id,
        login_id=new.login_id,
        organization_id=new.organization_id,
        method=new.method,
        currency=new.currency,
        amount_minor=new.amount_minor,
        open_minor=new.amount_minor,
        received_on=new.received_on,
        check_number=new.check_number.strip(),
        deposit_id=_deposit(session, new, now=now),
        provider_ref=new.provider_ref,
        note=new.note.strip(),
        livemode=new.livemode,
        created_at=now,
    )
    session.add(payment)
    session.flush()
    audit.record(session, "payment.recorded", payment.public_id, actor=actor, now=now)
    for invoice in invoices:
        settlements.settle(session, invoice, payment, new.pays[invoice.public_id], now=now)
    return payment


def reverse(
    session: Session, payment_id: str, reversal: Reversal, *, actor: str | None, now: datetime
) -> tuple[Document, ...]:
    """Reverse a payment, such as a bounced check; return the invoices that are open again.

    An invoice's own credit notes pay it first, also with credit that paid another invoice. No access ends automatically (M10). Of a disputed
    payment that was partly refunded, the rest is reversed. Raises NotFound, and Conflict if it was
    already reversed or refunded.
    """
    invoices = _lock_paid(session, payment_id)
    payment = _locked(session, payment_id)
    if payment.reversed_at is not None:
        raise Conflict(REVERSED)
    refunded = session.scalars(
        select(Refund).where(Refund.payment_id == payment.id, Refund.state != RefundState.FAILED)
    ).all()
    if refunded and reversal is not Reversal.DISPUTE:
        raise Conflict(RETURNED)
    # an amount refunded through a credit note stays settled, so that the invoice balances
    returned = sum(one.amount_minor for one in refunded if one.credit_note_id is not None)
    settled = sum(
        session.scalars(
            select(Settlement.amount_minor).where(
                Settlement.payment_id == payment.id, Settlement.undone_at.is_(None)
            )
        )
    )
    reopened = settlements.unsettle(session, payment, settled - returned, now=now)
    payment.open_minor, payment.reversed_at, payment.reversed_as = 0, now, reversal
    session.flush()
    reopened = settlements.use_own_credit(session, reopened, now=now)
    audit.record(session, f"payment.{reversal}", payment.public_id, actor=actor, now=now)
    return tuple(one for one in invoices if one.id in reopened and one.open_minor)


def take_back(session: Session, payment_id: str, amount_minor: int, *, now: datetime) -> None:
    """Deduct an amount from a payment, such as for a lost dispute: its unused credit first.

    Invoices that it no longer pays are open again, less their own credit. Raises NotFound, and
    Conflict if the payment has less left.
    """
    _lock_paid(session, payment_id)
    payment = _locked(session, payment_id)
    short = amount_minor - payment.open_minor
    reopened = settlements.unsettle(session, payment, short, now=now)
    settlements.take_open(session, payment, amount_minor)
    settlements.use_own_credit(session, reopened, now=now)


def keep(session: Session, payment_id: str, *, actor: str | None, now: datetime) -> None:
    """Keep unused money as the payer's credit, without the automatic refund (M7); raises NotFound."""
    payment = _locked(session, payment_id)
    payment.returns_on = None
    audit.record(session, "payment.kept", payment.public_id, actor=actor, now=now)


def recorded(session: Session, new: NewPayment) -> Payment | None:
    """Return the payment that the same form recorded before, or None."""
    return session.scalar(select(Payment).where(Payment.public_id == new.payment_id))


def find_payment(session: Session, payment_id: str) -> Payment:
    """Return a payment by its public ID; raises NotFound."""
    query = select(Payment).where(Payment.public_id == payment_id)
    return or_not_found(session.scalar(query), NO_PAYMENT)


def _check(new: NewPayment) -> None:
    faults: dict[str, str] = {}
    if not 1 <= new.amount_minor <= HIGHEST_MINOR:
        faults["amount"] = N_("Enter an amount from 0.01 to 1,000,000.")
    if new.method is PaymentMethod.CHECK and not new.check_number.strip():
        faults["check_number"] = N_("Enter the check number.")
    if max(len(new.check_number), len(new.slip)) > LONGEST_NUMBER:
        faults["check_number"] = N_("Use up to 80 characters.")
    if any(amount < 1 for amount in new.pays.values()):
        faults["pays"] = N_("Enter an amount above 0 for each invoice.")
    if sum(new.pays.values()) > new.amount_minor:
        faults["pays"] = NOT_ENOUGH
    if faults:
        raise Invalid(N_("Check the payment."), fields=faults)


def _invoices(session: Session, new: NewPayment) -> list[Document]:
    ids = [_invoice(session, public_id).id for public_id in new.pays]
    found = list(settlements.lock_invoices(session, ids))
    for invoice in found:
        if new.pays[invoice.public_id] > invoice.open_minor:
            raise Invalid(TOO_MUCH % {"number": invoice.label}, field="pays")
        if invoice.currency != new.currency or invoice.livemode != new.livemode:
            raise Invalid(N_("The payment and the invoice have different currencies."))
    return found


def _invoice(session: Session, public_id: str) -> Document:
    query = select(Document).where(
        Document.public_id == public_id, Document.kind == DocumentKind.INVOICE
    )
    return or_not_found(session.scalar(query))


def _lock_paid(session: Session, payment_id: str) -> Sequence[Document]:
    """Return the invoices that a payment pays, locked with their credit notes before the payment."""
    paid = session.scalars(
        invoices_paid_by(select(Payment.id).where(Payment.public_id == payment_id))
    ).all()
    invoices = settlements.lock_invoices(session, paid)
    settlements.own_credits(session, paid)
    return invoices


def _locked(session: Session, payment_id: str) -> Payment:
    return or_not_found(settlements.lock_payment(session, payment_id))


def _deposit(session: Session, new: NewPayment, *, now: datetime) -> int | None:
    slip = new.slip.strip()
    if not slip:
        return None
    made = Deposit(slip=slip, deposited_on=new.received_on, created_at=now)
    put = insert_into(session, Deposit).values(
        public_id=made.public_id, slip=slip, deposited_on=made.deposited_on, created_at=now
    )
    session.execute(put.on_conflict_do_nothing())
    return session.scalars(select(Deposit.id).where(Deposit.slip == slip)).one()
