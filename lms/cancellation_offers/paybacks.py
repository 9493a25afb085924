"""Paying back: a webinar's lines are credited, and the payments for them refunded or kept as credit.

Card payments are refunded to the card; other payments are owed until paid out (MONEY.md, M11).
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.cancellation_offers.bought import Bought
from lms.core.errors import N_
from lms.mail.links import MailContext
from lms.models.documents import CreditReason, Document
from lms.models.grants import Withdrawal
from lms.models.payments import Refund
from lms.payments import refunds
from lms.payments.paid_invoices import payments_behind
from lms.payments.refunds import NewRefund
from lms.sales import cancellations, credit_notes, order_access
from lms.sales.credit_notes import Credit, NewCreditNote
from lms.sales.invoices import live_invoice, standing_lines

CANCELED = N_("The webinar was canceled.")
POSTPONED = N_("The webinar was postponed.")


def pay_back(  # noqa: PLR0913  (the refund, its reason, and the actor)
    session: Session,
    one: Bought,
    *,
    reason: str,
    is_refund: bool,
    key: str,
    mail_context: MailContext,
    actor: str | None,
    now: datetime,
) -> None:
    """Credit an order's lines of a webinar, whose access ends, and refund payments.

    The open part of the invoice is settled first. Without a refund the rest is the payer's credit. An
    order that was not billed yet is billed without these lines, or canceled. `reason` is on the credit note, and
    `key` prevents a second refund.
    """
    if live_invoice(session, one.order.id) is None:
        _drop(session, one, actor=actor, now=now)
        return
    wanted = NewCreditNote(
        CreditReason.RETURN,
        tuple(Credit(line.public_id) for line in one.lines),
        reason,
        may_release=True,
    )
    if not credit_notes.preview(session, one.order, wanted):
        _drop(session, one, actor=actor, now=now)
        return
    note = credit_notes.credit(
        session, one.order, wanted, mail_context=mail_context, actor=actor, now=now
    )
    if is_refund:
        _refund(session, one, note, key=key, actor=actor, now=now)


def was_refunded(session: Session, key: str) -> bool:
    """Return whether `pay_back` with this key refunded a payment, rather than only credit an invoice."""
    found = select(Refund.id).where(Refund.idempotency_key.startswith(f"{key}:"))
    return session.scalar(found.limit(1)) is not None


def _drop(session: Session, one: Bought, *, actor: str | None, now: datetime) -> None:
    """End the access of lines that cost nothing, or that have no invoice yet.

    An order without an invoice or other lines is canceled; else it is billed for its other lines.
    """
    lines = {line.id for line in one.lines}
    grants = [
        grant
        for grant in order_access.standing_grants(session, [one.order.id])
        if grant.order_line_id in lines
    ]
    order_access.take_back(session, grants, Withdrawal.REFUNDED, actor=actor, now=now)
    if live_invoice(session, one.order.id) is None:
        if all(line.id in lines for line in standing_lines(session, one.order.id)):
            cancellations.cancel(session, one.order, actor=actor, now=now)
            return
        for line in one.lines:
            line.replaced_at = now
    session.flush()


def _refund(
    session: Session,
    one: Bought,
    note: Document,
    *,
    key: str,
    actor: str | None,
    now: datetime,
) -> None:
    """Request the refund of a credit note's rest, from the payments behind its order."""
    for payment in payments_behind(session, one.order.id):
        amount = min(note.open_minor, refunds.refundable(session, payment))
        if amount > 0:
            # one payment can pay several orders of an offer
            once = f"{key}:{one.order.id}:{payment.public_id}"
            wanted = NewRefund(payment.public_id, amount, once, note.public_id)
            refunds.request(session, wanted, actor=actor, now=now)
            session.refresh(note, ["open_minor"])
