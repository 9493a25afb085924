"""Paid sessions: a card paid for an order or an invoice (MONEY.md, M6 and M7).

Payment, settlement, invoice, receipt and access are one transaction. Money that can't pay for
anything is recorded as its payer's credit and refunded after a week.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from lms.accounts import accounts
from lms.checkouts import mails
from lms.checkouts.amounts import CANCELED, OTHER_MODE, PAID, total_of
from lms.core.errors import N_, Conflict, NotFound, Refused
from lms.core.model_base import locked
from lms.mail.links import MailContext
from lms.models.documents import Document
from lms.models.orders import Order, Terms
from lms.models.payments import Checkout, CheckoutState, Payment
from lms.order_reviews import takeovers
from lms.payments import payments
from lms.payments.provider import ProviderSession, SessionState
from lms.sales import invoices, orders, receiving
from lms.sales.buyers import buyer_of
from lms.sales.invoices import Charge, live_invoice
from lms.sales.receiving import SHORT_MINOR

RETURNED_AFTER: Final = timedelta(days=7)
COSTS_MORE: Final = N_("The order now costs more than the amount paid.")


@dataclass(frozen=True, slots=True)
class Settling:
    """The context for settling a session.

    An order paid with a test key opens only for our team, unless the provider is simulated.
    """

    mail_context: MailContext
    opens_to_all: bool
    now: datetime

    @property
    def today(self) -> date:
        """Return the day in the seller's time zone."""
        return self.now.astimezone(self.mail_context.zone).date()


def fold(session: Session, found: ProviderSession, settling: Settling) -> None:
    """Update the checkout of a session; a paid session pays its order or invoice.

    A paid session always pays, even if its checkout had expired; sessions made elsewhere are
    ignored.
    """
    checkout = session.scalar(
        locked(
            select(Checkout).where(
                or_(Checkout.provider_session == found.id, Checkout.public_id == found.reference)
            )
        )
    )
    if checkout is None or checkout.state is CheckoutState.COMPLETE:
        return
    checkout.provider_session = found.id
    if not found.is_paid:
        if found.state is SessionState.EXPIRED:
            checkout.state = CheckoutState.EXPIRED
        return
    checkout.state = CheckoutState.COMPLETE
    session.flush()
    charge = Charge(found.payment, found.amount_minor)
    order = _order_of(session, checkout)
    try:
        # a refusal undoes the order, but the charge is still recorded below
        with session.begin_nested():
            _pay(session, order, checkout, charge, settling)
    except Refused as refusal:
        _credit(session, order, checkout, charge, settling)
        reason = refusal.message
    else:
        reason = PAID
    payment = session.scalars(select(Payment).where(Payment.provider_ref == found.payment)).one()
    if payment.open_minor:
        payment.returns_on = settling.today + RETURNED_AFTER
        mails.send_unused(session, order, payment, reason, settling.mail_context, now=settling.now)


def _order_of(session: Session, checkout: Checkout) -> Order:
    order_id = checkout.order_id
    if order_id is None:
        order_id = session.get_one(Document, checkout.invoice_id).order_id
    return session.get_one(Order, order_id, with_for_update=True, populate_existing=True)


def _pay(
    session: Session, order: Order, checkout: Checkout, charge: Charge, settling: Settling
) -> None:
    """Place the order and pay it, or pay its invoice; raises Refused."""
    context, now = settling.mail_context, settling.now
    if order.canceled_at is not None:
        raise Conflict(CANCELED)
    if order.placed_at is None:
        total = total_of(session, order, zone=context.zone, now=now)
        if total > charge.amount_minor + SHORT_MINOR:
            raise Conflict(COSTS_MORE)
        order.terms, order.bill_on, order.livemode = Terms.CARD, None, checkout.livemode
        orders.agree(
            session,
            order,
            is_held=not (settling.opens_to_all or _is_of_team(session, order)),
            mail_context=context,
            actor=None,
            now=now,
            charge=charge,
        )
        takeovers.ask_about_contact(session, order, mail_context=context, now=now)
        return
    if order.livemode is not checkout.livemode and not settling.opens_to_all:
        raise Conflict(OTHER_MODE)
    invoice = live_invoice(session, order.id, lock=True) or invoices.bill_now(
        session, order, mail_context=context, actor=None, now=now
    )
    if not invoice.open_minor:
        raise Conflict(PAID)
    new = invoices.card_payment(order, charge, settling.today, pays=invoice)
    receiving.receive(session, new, mail_context=context, actor=None, now=now)


def _credit(
    session: Session, order: Order, checkout: Checkout, charge: Charge, settling: Settling
) -> None:
    """Record the charge as credit of the order's payer."""
    context, now = settling.mail_context, settling.now
    if order.login_id is None and order.organization_id is None:
        buyer = buyer_of(session, order, mail_context=context, actor=None, now=now)
        order.contact_id = buyer.contact.id
        order.organization_id = buyer.organization.id if buyer.organization else None
        order.login_id = None if buyer.organization else buyer.contact.id
    new = invoices.card_payment(order, charge, settling.today)
    new = replace(new, livemode=checkout.livemode)
    payments.record(session, new, actor=None, now=now)


def _is_of_team(session: Session, order: Order) -> bool:
    """Return whether our team bought it, which can try everything.

    Anyone can type an address in a cart, so there only the signed-in buyer counts.
    """
    if order.cart_token_hash is not None:
        buyer = order.contact_id
        return buyer is not None and accounts.read_account(session, buyer).seller_role is not None
    try:
        return accounts.find_by_email(session, order.contact_email).seller_role is not None
    except NotFound:
        return False
