"""The currency that the first order or payment fixed permanently (MONEY.md, M29)."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.models.documents import Document
from lms.models.orders import Order, Terms
from lms.models.payments import Payment


def fixed_currency(session: Session) -> str | None:
    """Return the currency of the first order, document or payment, or None.

    Test orders and past sales fix nothing.
    """
    orders = select(Order.currency).where(
        Order.placed_at.is_not(None), Order.livemode, Order.terms != Terms.HISTORY
    )
    documents = select(Document.currency).where(Document.livemode)
    payments = select(Payment.currency).where(Payment.livemode)
    for query in (
        orders.order_by(Order.placed_at, Order.id),
        documents.order_by(Document.id),
        payments.order_by(Payment.id),
    ):
        found = session.scalar(query.limit(1))
        if found is not None:
            return found
    return None
