"""Disputes of payments: what they do to access (PRODUCT.md, R2).

An individual's access is suspended; it is restored if the dispute is won, and revoked if it is lost.
For an organization, our team is notified and can suspend access. After a lost dispute, the disputed
amount is owed again on the invoices that the payment paid.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms import audit
from lms.core.errors import N_, Conflict
from lms.core.model_base import locked
from lms.mail.links import MailContext
from lms.models.documents import Document
from lms.models.grants import Grant, Withdrawal
from lms.models.orders import Order
from lms.models.payments import Dispute, DisputeState, Payment, Reversal
from lms.payments import payments, refunds
from lms.payments.paid_invoices import invoices_paid_by, payments_behind
from lms.sales import cancellations, order_access, payment_mails

OPEN_ALREADY = N_("A dispute of this payment is already open.")
NO_DISPUTE = N_("No dispute of this payment is open.")


@dataclass(frozen=True, slots=True)
class AtProvider:
    """A dispute as reported by the card provider."""

    provider_ref: str
    amount_minor: int
    reason: str
    evidence_due: datetime | None


def open_dispute(
    session: Session,
    payment_id: str,
    about: AtProvider | None = None,
    *,
    mail_context: MailContext,
    actor: str | None,
    now: datetime,
) -> Dispute:
    """Record that a payer disputes a payment; raises NotFound, Conflict.

    It covers the whole payment unless the card provider reports a part. A dispute of refunded money
    does not affect access (M12). A dispute that our team recorded before the card provider's report is
    updated.
    """
    payment = payments.find_payment(session, payment_id)
    session.refresh(payment, with_for_update=True)
    known = open_of(session, payment.id)
    if about is not None and known is not None and known.provider_ref is None:
        _describe(known, about)
        return known
    if payment.reversed_at is not None or known is not None:
        raise Conflict(OPEN_ALREADY)
    dispute = Dispute(payment_id=payment.id, amount_minor=payment.amount_minor, opened_at=now)
    if about is not None:
        _describe(dispute, about)
    is_refunded = refunds.refundable(session, payment) <= 0
    session.add(dispute)
    session.flush()
    audit.record(session, "payment.disputed", payment_id, actor=actor, now=now)
    orders = orders_paid_by(session, payment.id)
    if payment.organization_id is None and not is_refunded:
        order_access.suspend(session, [one.id for one in orders], actor=actor, now=now)
    # after an exchange, the access and the evidence are the new order's
    having = [one for one in orders if order_access.standing_grants(session, [one.id])]
    for order in having or orders:
        payment_mails.notify_staff_of_dispute(
            session, order, dispute, links=mail_context.links, now=now
        )
    return dispute


def suspend(session: Session, payment_id: str, *, actor: str | None, now: datetime) -> None:
    """Suspend the access paid by a disputed payment; raises NotFound, Conflict without a dispute."""
    order_access.suspend(session, _disputed(session, payment_id), actor=actor, now=now)


def restore(session: Session, payment_id: str, *, actor: str | None, now: datetime) -> None:
    """Restore suspended access while the dispute is open; raises as `suspend` does."""
    order_access.restore(session, _disputed(session, payment_id), actor=actor, now=now)


def win(session: Session, payment_id: str, *, actor: str | None, now: datetime) -> None:
    """Close a dispute as won and restore access; raises NotFound, Conflict."""
    payment = payments.find_payment(session, payment_id)
    _close(session, payment, DisputeState.WON, now=now)
    orders = orders_paid_by(session, payment.id)
    order_access.restore(session, [one.id for one in orders], actor=actor, now=now)
    audit.record(session, "payment.dispute_won", payment_id, actor=actor, now=now)


def lose(session: Session, payment_id: str, *, actor: str | None, now: datetime) -> None:
    """Close a dispute as lost, so that the money is gone; raises NotFound, Conflict.

    That amount of the invoices is owed again. An individual's access is revoked; an organization's
    stays until our team decides, and if they had suspended it, it is on hold until that is paid. If the
    money was already refunded, nothing else changes.
    """
    payment = payments.find_payment(session, payment_id)
    orders = orders_paid_by(session, payment.id)
    dispute = _close(session, payment, DisputeState.LOST, now=now)
    left = refunds.refundable(session, payment)
    dispute.lost_minor = max(0, min(dispute.amount_minor, left))
    session.flush()
    if dispute.lost_minor and dispute.lost_minor == left:
        payments.reverse(session, payment_id, Reversal.DISPUTE, actor=actor, now=now)
    elif dispute.lost_minor:
        payments.take_back(session, payment_id, dispute.lost_minor, now=now)
    if dispute.lost_minor and payment.organization_id is None:
        standing = order_access.standing_grants(session, [one.id for one in orders])
        order_access.take_back(session, standing, Withdrawal.REVOKED, actor=actor, now=now)
    for order in orders:
        grants = order_access.standing_grants(session, [order.id])
        if any(grant.suspended_at is not None for grant in grants):
            order_access.restore(session, [order.id], actor=actor, now=now)
            if not cancellations.is_paid(session, order):
                order_access.hold(session, order, now=now)
    audit.record(session, "payment.dispute_lost", payment_id, actor=actor, now=now)


def open_of(session: Session, payment_id: int) -> Dispute | None:
    """Return the open dispute of a payment, or None."""
    return session.scalar(
        select(Dispute).where(Dispute.payment_id == payment_id, Dispute.state == DisputeState.OPEN)
    )


def of_order(session: Session, order_id: int) -> Dispute | None:
    """Return the open dispute of a payment behind an order, or None."""
    paid = [one.id for one in payments_behind(session, order_id)]
    return session.scalar(
        select(Dispute)
        .where(Dispute.payment_id.in_(paid), Dispute.state == DisputeState.OPEN)
        .order_by(Dispute.id)
        .limit(1)
    )


def access_disputed(session: Session, payment_id: int) -> tuple[Grant, ...]:
    """Return the access that a disputed payment paid for and that wasn't revoked; () without a dispute."""
    if open_of(session, payment_id) is None:
        return ()
    orders = orders_paid_by(session, payment_id)
    return order_access.standing_grants(session, [one.id for one in orders])


def lost_minor(session: Session, payment_id: int) -> int:
    """Return the amount of a payment lost in disputes, in minor units."""
    lost = select(func.coalesce(func.sum(Dispute.lost_minor), 0))
    return int(session.scalar(lost.where(Dispute.payment_id == payment_id)) or 0)


def orders_paid_by(session: Session, payment_id: int) -> tuple[Order, ...]:
    """Return the orders whose invoices a payment pays, also with their credit, oldest first."""
    paid = select(Document.order_id).where(Document.id.in_(invoices_paid_by([payment_id])))
    return tuple(session.scalars(select(Order).where(Order.id.in_(paid)).order_by(Order.id)))


def _describe(dispute: Dispute, about: AtProvider) -> None:
    dispute.provider_ref, dispute.amount_minor = about.provider_ref, about.amount_minor
    dispute.reason, dispute.evidence_due = about.reason, about.evidence_due


def _disputed(session: Session, payment_id: str) -> list[int]:
    """Return the row ids of the orders paid by a disputed payment."""
    payment = payments.find_payment(session, payment_id)
    if open_of(session, payment.id) is None:
        raise Conflict(NO_DISPUTE)
    return [order.id for order in orders_paid_by(session, payment.id)]


def _close(session: Session, payment: Payment, state: DisputeState, *, now: datetime) -> Dispute:
    dispute = session.scalar(
        locked(
            select(Dispute).where(
                Dispute.payment_id == payment.id, Dispute.state == DisputeState.OPEN
            )
        )
    )
    if dispute is None:
        raise Conflict(NO_DISPUTE)
    dispute.state, dispute.closed_at = state, now
    session.flush()
    return dispute
