"""Drafts: an order that is not placed yet is changed until it is right."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from lms import audit
from lms.core.errors import Conflict
from lms.models.orders import Order, OrderLine
from lms.organizations import organizations
from lms.sales import billing, orders, purchase_orders
from lms.sales.new_orders import NewOrder, check
from lms.sales.purchase_orders import NewPurchaseOrder


def revise(
    session: Session, order: Order, new: NewOrder, *, actor: str | None, now: datetime
) -> None:
    """Change a draft to what is wanted now; `order` is locked. Its old lines are kept.

    A quote that was sent stays as it was printed, until a new version is issued. Raises as
    `orders.draft`, and Conflict for an order that was placed or canceled.
    """
    if order.placed_at is not None:
        raise Conflict(orders.PLACED_ALREADY)
    if order.canceled_at is not None:
        raise Conflict(orders.CANCELED)
    targets = check(session, new)
    organization = None
    if new.organization:
        organization = organizations.find_organization(session, new.organization)
    order.organization_id = organization.id if organization else None
    order.organization_name = "" if organization else " ".join(new.organization_name.split())
    order.contact_name, order.contact_email = " ".join(new.name.split()), new.email.strip()
    order.terms, order.currency, order.note = new.terms, new.currency, new.note.strip()
    order.net_days = billing.net_days_of(session, organization, new.net_days)
    order.bill_on, order.due_on = new.bill_on, new.due_on
    session.execute(
        update(OrderLine)
        .where(OrderLine.order_id == order.id, OrderLine.replaced_at.is_(None))
        .values(replaced_at=now)
        .execution_options(synchronize_session="fetch")
    )
    session.flush()
    orders.add_lines(session, order, new.lines, targets)
    if new.po_number.strip() and new.po_number.strip() != billing.po_number(session, order):
        received = NewPurchaseOrder(new.po_number, now)
        purchase_orders.receive(session, order, received, actor=actor, now=now)
    audit.record(session, "order.revised", order.public_id, actor=actor, now=now)
