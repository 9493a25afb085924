"""Orders of a customer, as their page lists them, and what is owed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.access.merged_logins import logins_of
from lms.access.merged_organizations import family_of
from lms.models.catalog import Presenter, Series, Webinar
from lms.models.grants import Grant, OfferKind
from lms.models.sales import Sale


@dataclass(frozen=True, slots=True)
class OrderRow:
    """An order: `covers` is what it is for, "" where that is everything. Amounts in minor units."""

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
        """Tell whether it should have been paid by now."""
        return self.owed_minor > 0 and self.due_at is not None and self.due_at <= now


_covers = (
    select(func.coalesce(Webinar.title, Series.title, Presenter.name, ""))
    .select_from(Grant)
    .outerjoin(Webinar, Webinar.id == Grant.webinar_id)
    .outerjoin(Series, Series.id == Grant.series_id)
    .outerjoin(Presenter, Presenter.id == Grant.presenter_id)
    .where(Grant.sale_id == Sale.id)
    .order_by(Grant.id)
    .limit(1)
    .correlate(Sale)
    .scalar_subquery()
)


def orders_of(
    session: Session, *, organization_id: int | None = None, login_id: int | None = None
) -> Sequence[OrderRow]:
    """Return the orders of an organization or of a person, the newest first.

    With those of organizations and logins that were merged into it.
    """
    if organization_id is not None:
        which = Sale.organization_id.in_(family_of(organization_id))
    else:
        which = Sale.login_id.in_(logins_of(login_id or 0))
    rows = session.execute(
        select(Sale, func.coalesce(_covers, "").label("covers"))
        .where(which)
        .order_by(Sale.sold_at.desc(), Sale.id.desc())
    )
    return [_order(row.Sale, row.covers) for row in rows]


def count_orders(session: Session, organization_id: int) -> int:
    """Return how many orders were made out to this organization itself."""
    orders = select(func.count(Sale.id)).where(Sale.organization_id == organization_id)
    return session.scalar(orders) or 0


def _order(sale: Sale, covers: str) -> OrderRow:
    is_open = sale.paid_at is None and sale.refunded_at is None
    return OrderRow(
        public_id=sale.public_id,
        kind=sale.kind,
        covers=covers,
        quantity=sale.quantity,
        currency=sale.currency,
        total_minor=sale.price_minor,
        owed_minor=sale.price_minor - sale.refunded_minor if is_open else 0,
        ordered_at=sale.sold_at,
        due_at=sale.due_at,
        is_disputed=sale.disputed_at is not None,
        is_refunded=sale.refunded_at is not None,
    )
