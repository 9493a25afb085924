"""Payers' changes to their own orders: a PO number, the billing address until invoiced, a refund.

An issued document never changes; the order's page shows our team a PO number that arrives after the
invoice (MONEY.md, M2 and M9).
"""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import audit
from lms.core.errors import N_, Conflict, Invalid, or_not_found
from lms.core.model_base import locked
from lms.mail.links import MailContext
from lms.models.orders import Order
from lms.models.organizations import Organization
from lms.models.requests import DeskRequest, RequestKind
from lms.organizations.payers import Payer
from lms.requests import requests
from lms.requests.asker import Asker
from lms.requests.read_models import MONEY_BACK, OPEN, RequestFacts, find_request
from lms.requests.requests import NewRequest
from lms.sales import billing, cancellations, purchase_orders
from lms.sales.invoices import live_invoice
from lms.sales.purchase_orders import NewPurchaseOrder
from lms.seller.settings import read_seller

INVOICED: Final = N_(
    "The invoice was already issued, so you can't change it here. Ask us to correct it."
)
NOTHING_PAID: Final = N_("This order hasn't been paid yet.")
TOO_LATE: Final = N_("The refund period has ended. Contact us if something is wrong.")
NO_NAME: Final = N_("Enter the name to bill.")
USED: Final = N_(
    "Order %(number)s already has this purchase order number. Check the box to use it again."
)
MOST_LINES: Final = 6
LONGEST: Final = 200


def find_own(session: Session, payer: Payer, order_id: str, *, lock: bool = False) -> Order:
    """Return a payer's placed order, locked if wanted; raises NotFound for any other."""
    query = select(Order).where(
        Order.public_id == order_id, payer.owns(Order), Order.placed_at.is_not(None)
    )
    return or_not_found(session.scalar(locked(query) if lock else query))


def add_po_number(
    session: Session,
    order: Order,
    number: str,
    *,
    may_reuse: bool,
    actor: str | None,
    now: datetime,
) -> None:
    """Record a purchase order number for an order; raises Invalid (field `po_number`)."""
    used = purchase_orders.used_before(session, order.organization_id, number, but=order.public_id)
    if used and not may_reuse:
        raise Invalid(USED % {"number": used[0].number}, field="po_number")
    new = NewPurchaseOrder(number, now)
    purchase_orders.receive(session, order, new, actor=actor, now=now)


def change_bill_to(
    session: Session,
    order: Order,
    name: str,
    address: str,
    *,
    actor: str | None,
    now: datetime,
) -> None:
    """Change the billing name and address; `order` is locked.

    Raises Conflict once the invoice was issued, and Invalid by field.
    """
    if live_invoice(session, order.id) is not None:
        raise Conflict(INVOICED)
    clean = " ".join(name.split())
    lines = tuple(" ".join(line.split()) for line in address.splitlines() if line.strip())
    if not 1 <= len(clean) <= LONGEST:
        raise Invalid(NO_NAME, field="bill_name")
    if len(lines) > MOST_LINES or any(len(line) > LONGEST for line in lines):
        raise Invalid(N_("Use up to 6 lines."), field="address")
    known = billing.billing_of(session, order)
    order.bill_to = billing.pack(replace(known, to=replace(known.to, name=clean, address=lines)))
    audit.record(session, "order.billed_anew", order.public_id, actor=actor, now=now)


def refund_asked(session: Session, order_id: int) -> RequestFacts | None:
    """Return the open request for an order's refund, or None."""
    public_id = session.scalar(
        select(DeskRequest.public_id)
        .where(
            DeskRequest.order_id == order_id,
            DeskRequest.refusal == MONEY_BACK,
            DeskRequest.state.in_(OPEN),
        )
        .order_by(DeskRequest.id.desc())
        .limit(1)
    )
    return None if public_id is None else find_request(session, public_id)


def refundable_until(
    session: Session, placed_at: datetime | None, *, zone: ZoneInfo
) -> date | None:
    """Return the last day on which a refund of an order can be requested; None without a limit."""
    days = read_seller(session).refund_days
    if not days or placed_at is None:
        return None
    return placed_at.astimezone(zone).date() + timedelta(days=days)


def ask_refund(
    session: Session, order: Order, asker: Asker, *, mail_context: MailContext, now: datetime
) -> RequestFacts:
    """Request an order's refund from our team by the refund policy; a second call returns the same request.

    `order` is locked. Raises Conflict if nothing was paid, and after the period of the policy.
    """
    asked = refund_asked(session, order.id)
    if asked is not None:
        return asked
    if live_invoice(session, order.id) is None or not cancellations.is_paid(session, order):
        raise Conflict(NOTHING_PAID)
    last = refundable_until(session, order.placed_at, zone=mail_context.zone)
    if last is not None and now.astimezone(mail_context.zone).date() > last:
        raise Conflict(TOO_LATE)
    organization = session.get(Organization, order.organization_id or 0)
    new = NewRequest(
        kind=RequestKind.TROUBLE,
        name=asker.name,
        email=asker.email,
        organization_name=organization.name if organization else "",
        login_id=asker.login_id,
        organization_id=order.organization_id,
        message=asker.message,
        refusal=MONEY_BACK,
        order_id=order.id,
    )
    return requests.ask(session, new, mail_context=mail_context, actor=asker.public_id, now=now)
