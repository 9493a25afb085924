"""The purchases of a webinar by a payer: the order lines whose access is in force."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from lms.audience.roles import standing_lines
from lms.core.model_base import locked
from lms.models.grants import Grant
from lms.models.live import CancellationOffer
from lms.models.orders import Order, OrderLine
from lms.models.seats import Pool
from lms.organizations.payers import Payer


@dataclass(frozen=True, slots=True)
class Bought:
    """An order with its lines for one webinar, as rows."""

    order: Order
    lines: tuple[OrderLine, ...]


def bought_by(
    session: Session, offer: CancellationOffer, *, lock: bool = False
) -> tuple[Bought, ...]:
    """Return the orders of an offer's payer for its webinar, the oldest first; locked if wanted."""
    query = select(Order).where(is_of(offer), _has_lines(offer.webinar_id)).order_by(Order.id)
    if lock:
        query = locked(query)
    return tuple(
        Bought(order, _lines(session, order, offer.webinar_id)) for order in session.scalars(query)
    )


def _lines(session: Session, order: Order, webinar_id: int) -> tuple[OrderLine, ...]:
    return tuple(
        session.scalars(
            select(OrderLine)
            .join(Order, Order.id == OrderLine.order_id)
            .where(OrderLine.order_id == order.id, *standing_lines(webinar_id))
            .order_by(OrderLine.position)
        )
    )


def is_of(offer: CancellationOffer) -> ColumnElement[bool]:
    """Return the condition that an order is the offer payer's, including merged ones."""
    return Payer(offer.organization_id, offer.login_id).owns(Order)


def is_bought(webinar_id: int) -> ColumnElement[bool]:
    """Return the condition that a pool has seats of a purchase of the webinar that is in force."""
    return Pool.id.in_(
        select(Grant.pool_id)
        .join(OrderLine, OrderLine.id == Grant.order_line_id)
        .join(Order, Order.id == OrderLine.order_id)
        .where(Grant.revoked_at.is_(None), *standing_lines(webinar_id))
    )


def _has_lines(webinar_id: int) -> ColumnElement[bool]:
    return (
        exists().where(OrderLine.order_id == Order.id, *standing_lines(webinar_id)).correlate(Order)
    )
