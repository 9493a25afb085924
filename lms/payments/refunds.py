"""Refunds: money returned to a payer, from a credit note or from unused money of a payment.

A refund by check is owed until its check is written (MONEY.md, M11). Refunds don't change access: a
credit note with the reason `return` ends it (PRODUCT.md, R1).
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import case, func, select, update
from sqlalchemy.orm import Session

from lms import audit
from lms.core.errors import N_, Conflict, Invalid, NotFound, or_not_found
from lms.jobs.queue import enqueue
from lms.models.documents import Document
from lms.models.jobs import Lane
from lms.models.payments import Dispute, DisputeState, Payment, Refund, RefundState
from lms.payments import settlements

TOO_MUCH = N_("Enter no more than the amount that can be refunded.")
NOT_WAITING = N_("This refund was already sent or canceled.")
BY_CARD = N_("This refund is sent to the card automatically.")
SEND = "payments.refund"  # the job that sends a refund to the card


@dataclass(frozen=True, slots=True)
class NewRefund:
    """A refund of a payment: of a credit note, by public ID, or of the payment's unused money.

    The same `idempotency_key` creates only one refund.
    """

    payment_id: str
    amount_minor: int
    idempotency_key: str
    credit_note_id: str | None = None


def request(session: Session, new: NewRefund, *, actor: str | None, now: datetime) -> Refund:
    """Create a refund; its amount is deducted from the open amount of its source.

    Card payments are refunded to the card by a job, others manually. Raises NotFound, Invalid, and
    Conflict if less is open by now.
    """
    credit = None
    if new.credit_note_id:
        credit = or_not_found(settlements.lock_credit_note(session, new.credit_note_id))
    payment = or_not_found(settlements.lock_payment(session, new.payment_id))
    made = session.scalar(select(Refund).where(Refund.idempotency_key == new.idempotency_key))
    if made is not None:
        return made
    source = payment if credit is None else credit
    left = min(source.open_minor, refundable(session, payment))
    if payment.reversed_at is not None or not 1 <= new.amount_minor <= left:
        raise Invalid(TOO_MUCH, field="amount")
    settlements.take_open(session, source, new.amount_minor)
    refund = Refund(
        payment_id=payment.id,
        credit_note_id=credit.id if credit else None,
        amount_minor=new.amount_minor,
        idempotency_key=new.idempotency_key,
        requested_at=now,
    )
    session.add(refund)
    session.flush()
    audit.record(session, "refund.requested", refund.public_id, actor=actor, now=now)
    if goes_to_card(session, payment):
        enqueue(
            session,
            kind=SEND,
            lane=Lane.PROMPT,
            subject=refund.public_id,
            payload={},
            now=now,
        )
    return refund


def refundable(session: Session, payment: Payment) -> int:
    """Return how much of a payment is neither refunded, nor in dispute, nor lost in one.

    Negative if a disputed amount was already refunded.
    """
    refunded = session.scalar(
        select(func.coalesce(func.sum(Refund.amount_minor), 0)).where(
            Refund.payment_id == payment.id, Refund.state != RefundState.FAILED
        )
    )
    is_open = Dispute.state == DisputeState.OPEN
    disputed = session.scalar(
        select(
            func.coalesce(
                func.sum(case((is_open, Dispute.amount_minor), else_=Dispute.lost_minor)), 0
            )
        ).where(Dispute.payment_id == payment.id)
    )
    return payment.amount_minor - int(refunded or 0) - int(disputed or 0)


def goes_to_card(session: Session, payment: Payment) -> bool:
    """Return whether a payment's refunds go to its card, until the provider fails one (M11)."""
    failed = select(Refund.id).where(
        Refund.payment_id == payment.id,
        Refund.state == RefundState.FAILED,
        Refund.provider_ref.is_not(None),
    )
    return payment.provider_ref is not None and session.scalar(failed.limit(1)) is None


def mark_done(
    session: Session,
    refund_id: str,
    reference: str,
    done_on: date,
    *,
    actor: str | None,
    now: datetime,
) -> None:
    """Record that a refund was paid out, with its check number; raises NotFound and Conflict."""
    _refuse_sent(session, refund_id)
    _move(session, refund_id, state=RefundState.DONE, reference=reference.strip(), done_on=done_on)
    audit.record(session, "refund.done", refund_id, actor=actor, now=now)


def cancel(session: Session, refund_id: str, *, actor: str | None, now: datetime) -> None:
    """Cancel a refund that wasn't paid out; the money is open again.

    Raises NotFound, and Conflict if it was paid out or sent to a card.
    """
    _refuse_sent(session, refund_id)
    _move(session, refund_id, state=RefundState.FAILED)
    reopen(session, session.scalars(select(Refund).where(Refund.public_id == refund_id)).one())
    audit.record(session, "refund.canceled", refund_id, actor=actor, now=now)


def reopen(session: Session, refund: Refund) -> None:
    """Return the amount of a failed refund to its source."""
    source: Payment | Document = session.get_one(Payment, refund.payment_id)
    if refund.credit_note_id is not None:
        source = session.get_one(Document, refund.credit_note_id)
    settlements.give_open(session, source, refund.amount_minor)


def _refuse_sent(session: Session, refund_id: str) -> None:
    """Raise Conflict for a refund that was sent to the card provider."""
    query = select(Refund).where(Refund.public_id == refund_id).with_for_update()
    refund = or_not_found(session.scalar(query))
    payment = session.get_one(Payment, refund.payment_id)
    is_sent = refund.state is not RefundState.REQUESTED
    if is_sent and goes_to_card(session, payment):
        raise Conflict(BY_CARD)


def _move(session: Session, refund_id: str, **values: object) -> None:
    moved = session.scalar(
        update(Refund)
        .where(
            Refund.public_id == refund_id,
            Refund.state.in_((RefundState.REQUESTED, RefundState.SENT)),
        )
        .values(**values)
        .returning(Refund.id)
        .execution_options(synchronize_session="fetch")
    )
    if moved is None:
        if session.scalar(select(Refund.id).where(Refund.public_id == refund_id)) is None:
            raise NotFound
        raise Conflict(NOT_WAITING)
