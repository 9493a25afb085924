"""Amounts of checkouts: what is due for an order now."""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from lms.core.errors import N_, Conflict
from lms.models.documents import Document
from lms.models.orders import Order
from lms.sales import billing, order_access, orders

PAID: Final = N_("This is already paid.")
CANCELED: Final = N_("This order was canceled.")
OTHER_MODE: Final = N_("Pay test orders with a test card, and real orders with a real card.")
FREE: Final = N_("There's nothing to pay.")


def amount_of(
    session: Session, order: Order, invoice: Document | None, *, zone: ZoneInfo, now: datetime
) -> int:
    """Return the amount due: the open amount of its invoice, or else the total.

    Raises Conflict if nothing is due, and Invalid for a draft that can't be delivered.
    """
    if order.canceled_at is not None:
        raise Conflict(CANCELED)
    if order.placed_at is None:
        lines = orders.lines_of(session, order.id)
        order_access.check_deliverable(session, order, lines, now=now)
    if invoice is not None:
        amount = invoice.open_minor
    else:
        amount = total_of(session, order, zone=zone, now=now)
    if not amount:
        raise Conflict(PAID if invoice is not None else FREE)
    return amount


def total_of(session: Session, order: Order, *, zone: ZoneInfo, now: datetime) -> int:
    """Return the total of an order with today's tax."""
    on = now.astimezone(zone).date()
    lines = orders.lines_of(session, order.id)
    printed = billing.printed_lines(session, order, lines, zone=zone, today=on)
    return sum(line.net_minor + line.tax.tax_minor for line in printed)
