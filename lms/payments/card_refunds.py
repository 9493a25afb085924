"""Card refunds: sent to the provider once, then updated to the provider's status (M11)."""

from datetime import datetime
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from lms import audit
from lms.core.model_base import locked
from lms.core.runtime import Carrel
from lms.mail.links import MailContext, mail_context_of
from lms.models.documents import Document
from lms.models.payments import PauseKind, Payment, Refund, RefundState, ReminderPause
from lms.payments import mails, refunds, settlements
from lms.payments.paid_invoices import invoices_paid_by
from lms.payments.provider import (
    NewProviderRefund,
    Provider,
    ProviderRefund,
    ProviderRefundState,
    ProviderRefused,
)
from lms.payments.refunds import NewRefund

ELSEWHERE: Final = "refunded at the card provider"
_STATES: Final = {
    ProviderRefundState.PENDING: RefundState.SENT,
    ProviderRefundState.SUCCEEDED: RefundState.DONE,
    ProviderRefundState.FAILED: RefundState.FAILED,
}
_FORWARD: Final = list(RefundState)


def send(carrel: Carrel, provider: Provider, refund_id: str, *, now: datetime) -> None:
    """Send a refund to its card; a repeated call has no effect.

    The refund is marked as sent before the request, so that no one cancels it in the meantime.
    Raises Unavailable if the provider can't be reached.
    """
    mail_context = mail_context_of(carrel.settings)
    with carrel.database.transaction() as session:
        wanted = _to_send(session, refund_id)
    if wanted is None:
        return
    try:
        made = provider.refund(wanted)
    except ProviderRefused as refusal:
        with carrel.database.transaction() as session:
            refund = _locked(session, refund_id)
            _fail(session, refund, refusal.reason, mail_context=mail_context, now=now)
        return
    with carrel.database.transaction() as session:
        fold(session, made, mail_context=mail_context, now=now)


def fold(
    session: Session, made: ProviderRefund, *, mail_context: MailContext, now: datetime
) -> None:
    """Update a refund to the provider's status; record one that was made in the provider's dashboard.

    If a refund fails after days, the credit note and revoked access stay as they are, and the money
    is owed by another method.
    """
    refund = session.scalar(
        locked(
            select(Refund).where(
                or_(Refund.provider_ref == made.id, Refund.public_id == made.reference)
            )
        )
    )
    if refund is None:
        _write_down(session, made, mail_context=mail_context, now=now)
        return
    state = _STATES[made.state]
    refund.provider_ref = made.id
    if _FORWARD.index(state) <= _FORWARD.index(refund.state):
        return
    if state is RefundState.FAILED:
        _fail(session, refund, "", mail_context=mail_context, now=now)
        _owe_by_hand(session, refund, now=now)
        return
    _move(session, refund, state, mail_context=mail_context, now=now)


def _to_send(session: Session, refund_id: str) -> NewProviderRefund | None:
    refund = _locked(session, refund_id)
    payment = session.get_one(Payment, refund.payment_id)
    if refund.state not in (RefundState.REQUESTED, RefundState.SENT) or refund.provider_ref:
        return None
    if not refunds.goes_to_card(session, payment) or payment.provider_ref is None:
        return None
    refund.state = RefundState.SENT
    return NewProviderRefund(
        idempotency_key=refund.idempotency_key,
        reference=refund.public_id,
        payment=payment.provider_ref,
        amount_minor=refund.amount_minor,
    )


def _locked(session: Session, refund_id: str) -> Refund:
    return session.scalars(locked(select(Refund).where(Refund.public_id == refund_id))).one()


def _move(
    session: Session,
    refund: Refund,
    state: RefundState,
    *,
    mail_context: MailContext,
    now: datetime,
) -> None:
    refund.state = state
    today = now.astimezone(mail_context.zone).date()
    refund.done_on = today if state is RefundState.DONE else None
    session.flush()
    if state is RefundState.DONE:
        audit.record(session, "refund.done", refund.public_id, actor=None, now=now)


def _fail(
    session: Session, refund: Refund, reason: str, *, mail_context: MailContext, now: datetime
) -> None:
    if refund.state is RefundState.FAILED:
        return
    _move(session, refund, RefundState.FAILED, mail_context=mail_context, now=now)
    refunds.reopen(session, refund)
    audit.record(session, "refund.failed", refund.public_id, actor=None, now=now)
    mails.tell_failed(session, refund, reason, links=mail_context.links, now=now)


def _owe_by_hand(session: Session, failed: Refund, *, now: datetime) -> None:
    """Owe the money by another method; a disputed amount stays credit, because the bank may have it."""
    payment = session.get_one(Payment, failed.payment_id)
    if refunds.refundable(session, payment) < failed.amount_minor:
        return
    note = session.get(Document, failed.credit_note_id) if failed.credit_note_id else None
    again = NewRefund(
        payment_id=payment.public_id,
        amount_minor=failed.amount_minor,
        idempotency_key=f"{failed.public_id}-by-hand",
        credit_note_id=note.public_id if note else None,
    )
    refunds.request(session, again, actor=None, now=now)


def _write_down(
    session: Session, made: ProviderRefund, *, mail_context: MailContext, now: datetime
) -> None:
    """Record a refund that was made in the provider's dashboard.

    The money is gone, so the invoices that it paid are open again, less their own credit. No access
    ends, and our team is asked which line it was for. Reminders of the balance are paused until then.
    """
    found = session.scalar(select(Payment).where(Payment.provider_ref == made.payment))
    if found is None or made.state is ProviderRefundState.FAILED:
        return
    invoice_ids = session.scalars(invoices_paid_by([found.id])).all()
    settlements.lock_invoices(session, invoice_ids)
    settlements.own_credits(session, invoice_ids)
    payment = settlements.lock_payment(session, found.public_id) or found
    short = made.amount_minor - payment.open_minor
    reopened = settlements.unsettle(session, payment, short, now=now)
    amount = min(made.amount_minor, payment.open_minor)
    settlements.take_open(session, payment, amount)
    reopened = settlements.use_own_credit(session, reopened, now=now)
    refund = Refund(
        payment_id=payment.id,
        amount_minor=amount,
        idempotency_key=made.id,
        provider_ref=made.id,
        requested_at=now,
    )
    session.add(refund)
    session.flush()
    audit.record(session, "refund.made_elsewhere", refund.public_id, actor=None, now=now)
    _move(session, refund, _STATES[made.state], mail_context=mail_context, now=now)
    for invoice_id in sorted(reopened):
        order_id = session.get_one(Document, invoice_id).order_id
        if order_id is not None:
            session.add(
                ReminderPause(
                    order_id=order_id, kind=PauseKind.STOPPED, note=ELSEWHERE, created_at=now
                )
            )
    session.flush()
    mails.tell_elsewhere(session, refund, links=mail_context.links, now=now)
