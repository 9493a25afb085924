"""Orders of a customer, as their page lists them, and the amount owed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, aliased

from lms.models.documents import CreditReason, Document, DocumentKind
from lms.models.grants import OfferKind
from lms.models.orders import Order, OrderLine
from lms.models.payments import Dispute, DisputeState, Settlement
from lms.organizations.payers import Payer


@dataclass(frozen=True, slots=True)
class OrderRow:
    """An order; `covers` is what it is for, "" for everything. Amounts are in minor units."""

    public_id: str
    kind: OfferKind
    covers: str
    quantity: int | None
    currency: str
    total_minor: int
    owed_minor: int
    ordered_at: datetime
    due_at: datetime | None
    is_disputed: bool
    is_refunded: bool

    def is_past_due(self, now: datetime) -> bool:
        """Return whether the order is unpaid and past its due time."""
        return self.owed_minor > 0 and self.due_at is not None and self.due_at <= now


FIRST_LINE: Final = (
    select(OrderLine.id)
    .where(OrderLine.order_id == Order.id, OrderLine.replaced_at.is_(None))
    .order_by(OrderLine.position)
    .limit(1)
    .correlate(Order)
    .scalar_subquery()
)
_net = (
    select(func.coalesce(func.sum(OrderLine.net_minor), 0))
    .where(OrderLine.order_id == Order.id, OrderLine.replaced_at.is_(None))
    .correlate(Order)
    .scalar_subquery()
)
_Line = aliased(OrderLine)
_Credit = aliased(Document)
_returned = (
    select(func.coalesce(func.sum(_Credit.total_minor), 0))
    .where(_Credit.refers_to_id == Document.id, _Credit.reason == CreditReason.RETURN)
    .correlate(Document)
    .scalar_subquery()
)
_is_disputed = (
    select(Dispute.id)
    .join(Settlement, Settlement.payment_id == Dispute.payment_id)
    .where(
        Settlement.invoice_id == Document.id,
        Settlement.undone_at.is_(None),
        Dispute.state == DisputeState.OPEN,
    )
    .correlate(Document)
    .exists()
)


def orders_of(session: Session, payer: Payer) -> Sequence[OrderRow]:
    """Return the placed orders of a payer and of what was merged with it, newest first."""
    rows = session.execute(
        select(
            Order.public_id,
            _Line.kind,
            _Line.description.label("covers"),
            _Line.quantity,
            Order.currency,
            func.coalesce(Document.total_minor, _net).label("total_minor"),
            func.coalesce(Document.open_minor, 0).label("owed_minor"),
            Order.placed_at.label("ordered_at"),
            Document.due_at,
            _is_disputed.label("is_disputed"),
            and_(Document.total_minor > 0, _returned >= Document.total_minor).label("is_refunded"),
        )
        .select_from(Order)
        .join(_Line, _Line.id == FIRST_LINE)
        .outerjoin(
            Document,
            and_(
                Document.order_id == Order.id,
                Document.kind == DocumentKind.INVOICE,
                Document.replaced_at.is_(None),
            ),
        )
        .where(payer.owns(Order), Order.placed_at.is_not(None))
        .order_by(Order.placed_at.desc(), Order.id.desc())
    )
    return [
        OrderRow(
            **{
                **row._mapping,  # noqa: SLF001  (SQLAlchemy's public name)
                "is_disputed": bool(row.is_disputed),
                "is_refunded": bool(row.is_refunded),
            }
        )
        for row in rows
    ]


def count_orders(session: Session, organization_id: int) -> int:
    """Return the number of orders of this organization itself, without merged ones."""
    orders = select(func.count(Order.id)).where(
        Order.organization_id == organization_id, Order.placed_at.is_not(None)
    )
    return session.scalar(orders) or 0
