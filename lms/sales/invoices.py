"""Invoices of orders: issued when an order is placed, or on its billing day (MONEY.md, M3 and M6)."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from lms.core.errors import N_, Conflict
from lms.core.model_base import locked
from lms.documents.issuing import NewDocument, issue
from lms.documents.policies_in_print import printed_policies
from lms.mail.links import MailContext
from lms.models.documents import Document, DocumentKind
from lms.models.orders import Order, OrderLine, Terms
from lms.models.payments import PaymentMethod
from lms.payments import payments
from lms.payments.payments import NewPayment
from lms.sales import billing, receipts
from lms.seller.settings import Method, missing_fields, read_seller
from lms.tax.mails import tell_no_rule

NO_PAYEE = N_(
    "The invoice wouldn't say whom to pay or where to send the money. Ask an owner to "
    "complete Seller settings: legal name and address, the email for accounts "
    "receivable, and where checks or transfers go."
)
NOT_NOW = N_("We can't issue an invoice right now. Try again tomorrow, or contact us.")
BILLED = N_("This order already has an invoice.")
NOT_TO_BILL = N_("Place this order before you issue its invoice.")
UNPROVEN = N_(
    "The buyer hasn't confirmed their email address. We'll issue the invoice when they do."
)
NEVER_BILLED = N_("This order isn't billed. Complimentary and imported orders don't have invoices.")
NOT_BILLED = (Terms.COMPLIMENTARY, Terms.HISTORY)


@dataclass(frozen=True, slots=True)
class Charge:
    """A card charge for an order or an invoice, with the provider's reference if it was charged there."""

    provider_ref: str | None
    amount_minor: int


def bill(  # noqa: PLR0913  (the order, whether its card was charged, and who bills it)
    session: Session,
    order: Order,
    *,
    mail_context: MailContext,
    actor: str | None,
    now: datetime,
    is_charged: bool = False,
    is_mailed: bool = True,
) -> Document | None:
    """Issue the invoice of a placed order, unless it is billed later or never.

    No invoice is issued before the buyer has confirmed their email address (PRODUCT.md, P9). A card
    payment that our team took is recorded in the same transaction, with its receipt (M6); if the
    provider `is_charged`, its charge is recorded by `receiving.receive_charge`.
    """
    today = now.astimezone(mail_context.zone).date()
    is_later = order.bill_on is not None and order.bill_on > today
    if order.terms in NOT_BILLED or order.awaits_proof or is_later:
        return None
    invoice = issue_invoice(
        session, order, mail_context=mail_context, actor=actor, now=now, is_mailed=is_mailed
    )
    if order.terms is Terms.CARD and invoice.total_minor and not is_charged:
        new = card_payment(order, Charge(None, invoice.total_minor), today, pays=invoice)
        paid = payments.record(session, new, actor=actor, now=now)
        receipts.issue_receipt(
            session, paid, mail_context=mail_context, actor=actor, now=now, is_mailed=is_mailed
        )
    return invoice


def card_payment(
    order: Order, charge: Charge, received_on: date, *, pays: Document | None = None
) -> NewPayment:
    """Return the payment of a card charge, which pays an invoice as far as both suffice."""
    amount = min(charge.amount_minor, pays.open_minor) if pays else 0
    return NewPayment(
        method=PaymentMethod.CARD,
        currency=order.currency,
        amount_minor=charge.amount_minor,
        received_on=received_on,
        login_id=order.login_id,
        organization_id=order.organization_id,
        provider_ref=charge.provider_ref,
        livemode=order.livemode,
        pays={pays.public_id: amount} if pays and amount else {},
    )


def lacks_payee(session: Session, order: Order) -> bool:
    """Return whether the invoice of an order would not say who is paid, and where (M29)."""
    is_invoiced = order.terms not in (Terms.CARD, *NOT_BILLED)
    costs = any(line.net_minor for line in standing_lines(session, order.id))
    return is_invoiced and costs and bool(missing_fields(read_seller(session), Method.INVOICE))


def check_payee(session: Session, order: Order, sentence: str = NO_PAYEE) -> None:
    """Raise Conflict for an order whose invoice would not say who is paid, and where.

    Called by our team's pages and commands, and, with their own `sentence`, by customer actions that
    reissue an invoice. Customers' payment methods are limited by `offered_methods`.
    """
    if lacks_payee(session, order):
        raise Conflict(sentence, code="no_payee")


def bill_now(
    session: Session,
    order: Order,
    *,
    mail_context: MailContext,
    actor: str | None,
    now: datetime,
    is_mailed: bool = True,
) -> Document:
    """Issue the invoice of an order, which is locked, before its billing day.

    Raises Conflict for an order that is not placed, is canceled, is never billed, has an invoice, or
    whose buyer has not confirmed their email address.
    """
    if order.placed_at is None or order.canceled_at is not None:
        raise Conflict(NOT_TO_BILL)
    if order.terms in NOT_BILLED:
        raise Conflict(NEVER_BILLED)
    if order.awaits_proof:
        raise Conflict(UNPROVEN)
    if live_invoice(session, order.id) is not None:
        raise Conflict(BILLED)
    order.bill_on = None
    made = bill(
        session, order, mail_context=mail_context, actor=actor, now=now, is_mailed=is_mailed
    )
    assert made is not None  # noqa: S101  (all reasons not to bill were refused above)
    return made


def issue_invoice(
    session: Session,
    order: Order,
    *,
    mail_context: MailContext,
    actor: str | None,
    now: datetime,
    is_mailed: bool = True,
) -> Document:
    """Issue an invoice for an order in its current state, and return it."""
    on = now.astimezone(mail_context.zone).date()
    billed = billing.billing_of(session, order)
    new = NewDocument(
        kind=DocumentKind.INVOICE,
        currency=order.currency,
        bill_to=billed.to,
        lines=billing.printed_lines(
            session, order, standing_lines(session, order.id), zone=mail_context.zone, today=on
        ),
        order_id=order.id,
        order_number=billing.order_number(order),
        login_id=order.login_id,
        organization_id=order.organization_id,
        po_number=billing.po_number(session, order),
        due_on=billing.due_on(order, on),
        terms=billing.say_terms(order),
        policies=printed_policies(
            session, mail_context=mail_context, now=now, accepted=order.policies
        ),
        livemode=order.livemode,
    )
    invoice = issue(session, new, zone=mail_context.zone, actor=actor, now=now, is_mailed=is_mailed)
    if order.livemode:
        links = mail_context.links
        tell_no_rule(session, billed.state, invoice.label, on=on, links=links, now=now)
    return invoice


def due_for_billing(session: Session, *, zone: ZoneInfo, now: datetime) -> list[int]:
    """Return the orders without an invoice whose billing day has come, oldest first."""
    today = now.astimezone(zone).date()
    is_billed = exists().where(Document.order_id == Order.id, Document.kind == DocumentKind.INVOICE)
    return list(
        session.scalars(
            select(Order.id)
            .where(
                Order.placed_at.is_not(None),
                Order.canceled_at.is_(None),
                Order.terms.not_in(NOT_BILLED),
                Order.awaits_proof.is_(False),
                Order.bill_on <= today,
                ~is_billed,
            )
            .order_by(Order.bill_on, Order.id)
        )
    )


def bill_due(session: Session, order_id: int, *, mail_context: MailContext, now: datetime) -> None:
    """Issue the invoice of an order whose billing day has come, unless another worker already did.

    An invoice that would not say who is paid waits until the seller settings are complete.
    """
    order = session.scalars(locked(select(Order).where(Order.id == order_id))).one()
    if order.canceled_at is not None or live_invoice(session, order.id) is not None:
        return
    if not lacks_payee(session, order):
        bill(session, order, mail_context=mail_context, actor=None, now=now)


def live_invoice(session: Session, order_id: int, *, lock: bool = False) -> Document | None:
    """Return an order's current invoice, which was not replaced; None before it is issued."""
    query = select(Document).where(
        Document.order_id == order_id,
        Document.kind == DocumentKind.INVOICE,
        Document.replaced_at.is_(None),
    )
    return session.scalar(locked(query) if lock else query)


def standing_lines(session: Session, order_id: int) -> list[OrderLine]:
    """Return an order's lines, without those replaced by a correction."""
    return list(
        session.scalars(
            select(OrderLine)
            .where(OrderLine.order_id == order_id, OrderLine.replaced_at.is_(None))
            .order_by(OrderLine.position)
        )
    )
