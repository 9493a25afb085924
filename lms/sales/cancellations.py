"""Orders that end without a credit note or are on hold: our team's decisions about access (P9)."""

from datetime import datetime

from sqlalchemy.orm import Session

from lms import audit
from lms.contracts import grace_periods
from lms.core.errors import N_, Conflict
from lms.documents.payment_links import PaymentLinks
from lms.mail.links import MailContext
from lms.models.grants import Withdrawal
from lms.models.orders import Order
from lms.sales import invoices, mails, order_access, payment_mails
from lms.sales.invoices import live_invoice
from lms.sales.read_models import Standing, find_order_facts
from lms.seats import named_people

INVOICED = N_("This order has an invoice. Credit it instead.")
PAID = N_("This order is paid, so its access can't be put on hold.")
ON_HOLD = N_("Access is already on hold until this order is paid.")


def cancel(session: Session, order: Order, *, actor: str | None, now: datetime) -> None:
    """Cancel an order without an invoice, or a draft, and revoke its access; no one is emailed.

    `order` is locked. Raises Conflict for one with an invoice.
    """
    if live_invoice(session, order.id) is not None or order.canceled_at is not None:
        raise Conflict(INVOICED)
    order.canceled_at = now
    grants = order_access.standing_grants(session, [order.id])
    order_access.take_back(session, grants, Withdrawal.REVOKED, actor=actor, now=now)
    audit.record(session, "order.canceled", order.public_id, actor=actor, now=now)
    session.flush()
    grace_periods.follow_order(session, order.id, now=now)


def hold(
    session: Session,
    order: Order,
    *,
    pay: PaymentLinks,
    mail_context: MailContext,
    actor: str | None,
    now: datetime,
) -> bool:
    """Put an order's access on hold until it is paid, or keep it on hold after a review.

    Returns whether the customer was emailed, with the link to pay. Raises Conflict if it is paid, or
    already on hold without a review, so that a second click doesn't email everyone again.
    """
    if is_paid(session, order):
        raise Conflict(PAID)
    if order.held_at is not None and order.review_due_at is None:
        raise Conflict(ON_HOLD)
    was_open = order.held_at is None
    order_access.hold(session, order, now=now)
    audit.record(session, "order.held", order.public_id, actor=actor, now=now)
    return payment_mails.send_held(
        session, order, was_open=was_open, pay=pay, mail_context=mail_context, now=now
    )


def release(
    session: Session, order: Order, *, mail_context: MailContext, actor: str | None, now: datetime
) -> None:
    """Open an order's access that was on hold; emails its buyer and invites the named people."""
    if order.held_at is None:
        raise Conflict(N_("This order already has access."))
    order_access.release(session, order, actor=actor, now=now)
    audit.record(session, "order.released", order.public_id, actor=actor, now=now)
    named_people.invite_named(session, order.id, links=mail_context.links, actor=actor, now=now)
    mails.send_open(session, order, mail_context=mail_context, now=now)


def open_paid(
    session: Session, order: Order, *, mail_context: MailContext, actor: str | None, now: datetime
) -> None:
    """Open the access of an order that was on hold and is now paid, by money or credit."""
    if order.held_at is None:
        return
    if find_order_facts(session, order.public_id).standing(now) is Standing.PAID:
        release(session, order, mail_context=mail_context, actor=actor, now=now)


def is_paid(session: Session, order: Order) -> bool:
    """Return whether nothing is owed for an order: it is never billed, or has no balance."""
    invoice = live_invoice(session, order.id)
    if invoice is None:
        return order.terms in invoices.NOT_BILLED
    return invoice.open_minor == 0
