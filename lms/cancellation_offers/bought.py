"""What payers bought of a webinar: the standing order lines whose access is still theirs."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from lms.access.merged_logins import logins_of
from lms.access.merged_organizations import family_of, kept_organization
from lms.models.catalog import Webinar, WebinarState
from lms.models.grants import Grant
from lms.models.live import CancellationOffer
from lms.models.orders import Order, OrderLine


@dataclass(frozen=True, slots=True)
class Bought:
    """An order with its lines of one webinar; both are rows."""

    order: Order
    lines: tuple[OrderLine, ...]


def payers_of(session: Session, webinar: Webinar) -> Sequence[tuple[int | None, int | None]]:
    """Return who paid, or is to pay, for a webinar: a login, or an organization (the one kept).

    Who ordered after it was postponed knew the new date.
    """
    before = webinar.moved_at if webinar.state is WebinarState.ANNOUNCED else None
    was_told = () if before is None else (Order.placed_at < before,)
    rows = session.execute(
        select(Order.login_id, kept_organization(Order.organization_id))
        .join(OrderLine, OrderLine.order_id == Order.id)
        .where(OrderLine.webinar_id == webinar.id, *_STANDING, *was_told, Order.livemode.is_(True))
        .distinct()
        .order_by(Order.login_id)
    )
    return [(row[0], row[1]) for row in rows]


def bought_by(
    session: Session, offer: CancellationOffer, *, lock: bool = False
) -> tuple[Bought, ...]:
    """Return the orders of an offer's payer for its webinar, the oldest first; locked if wanted."""
    query = select(Order).where(is_of(offer), _has_lines(offer.webinar_id)).order_by(Order.id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return tuple(
        Bought(order, _lines(session, order, offer.webinar_id)) for order in session.scalars(query)
    )


def _lines(session: Session, order: Order, webinar_id: int) -> tuple[OrderLine, ...]:
    return tuple(
        session.scalars(
            select(OrderLine)
            .where(OrderLine.order_id == order.id, OrderLine.webinar_id == webinar_id, *_HAS_ACCESS)
            .order_by(OrderLine.position)
        )
    )


def is_of(offer: CancellationOffer) -> ColumnElement[bool]:
    """Tell whether the statement's order is of an offer's payer, merged ones included."""
    if offer.organization_id is not None:
        return Order.organization_id.in_(family_of(offer.organization_id))
    return Order.login_id.in_(logins_of(offer.login_id or 0))


def _has_lines(webinar_id: int) -> ColumnElement[bool]:
    return (
        exists()
        .where(OrderLine.order_id == Order.id, OrderLine.webinar_id == webinar_id, *_STANDING)
        .correlate(Order)
    )


_HAS_ACCESS = (
    OrderLine.replaced_at.is_(None),
    exists()
    .where(
        Grant.order_line_id == OrderLine.id,
        Grant.webinar_id == OrderLine.webinar_id,
        Grant.revoked_at.is_(None),
    )
    .correlate(OrderLine),
)
_STANDING = (Order.placed_at.is_not(None), Order.canceled_at.is_(None), *_HAS_ACCESS)
