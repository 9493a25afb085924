"""Seat prices: the price of more seats, and the price of renewing a contract.

More seats of one webinar cost the difference (PRODUCT.md, P4), more seats of a contract are prorated by
day (C3), and a renewal costs a full term for all seats (C5).
"""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from lms.models.documents import CreditReason, Document, DocumentKind, DocumentLine
from lms.models.grants import Grant, OfferKind
from lms.models.orders import LineAct, Order, OrderLine
from lms.models.payments import Settlement
from lms.pricing.offers import SEATS
from lms.pricing.price_list import prices_at, read_prices
from lms.pricing.quotes import TOP_UP_FOR, Unpriced, by_the_day, seats_total
from lms.sales.invoices import NOT_BILLED, live_invoice
from lms.seats.pools import PoolFacts
from lms.tax.rounding import share


@dataclass(frozen=True, slots=True)
class MoreSeats:
    """The price of more seats, in minor units, and the order line they are added to, if any."""

    price_minor: int
    adds_to: str | None


@dataclass(frozen=True, slots=True)
class RenewalPrice:
    """The price of renewing a contract: a full term for its current seats (None for unlimited)."""

    price_minor: int
    seats: int | None


def price_of_more(
    session: Session, pool: PoolFacts, more: int, *, now: datetime
) -> MoreSeats | Unpriced:
    """Return the price of `more` seats of a webinar for an organization that has some (P4).

    Before payment, and within 30 days after it, this is list(n + k) - list(n) at the prices of the
    order's day; later it is a new order at today's prices.
    """
    line = _line_to_add_to(session, pool.id, now=now)
    if line is None:
        total = seats_total(read_prices(session, pool.target), more)
        return total if isinstance(total, Unpriced) else MoreSeats(total, None)
    order = session.get_one(Order, line.order_id)
    prices = prices_at(session, order.placed_at or order.created_at, pool.target)
    seats = _seats_now(session, line)
    total, before = seats_total(prices, seats + more), seats_total(prices, seats)
    if isinstance(total, Unpriced) or isinstance(before, Unpriced):
        return Unpriced(OfferKind.GROUP_SEATS)
    return MoreSeats(max(total - before, 0), line.public_id)


def price_for_the_rest(
    session: Session, pool: PoolFacts, more: int, zone: ZoneInfo, *, now: datetime
) -> int | Unpriced:
    """Return the price of `more` seats until a contract's end: a full term's price, prorated by day (C3).

    If the contract is already renewed, each term's days cost what that term does.
    """
    rows = session.execute(
        select(
            OrderLine.net_minor,
            OrderLine.discount_minor,
            OrderLine.quantity,
            Grant.starts_at,
            Grant.ends_at,
        )
        .join(Grant, Grant.order_line_id == OrderLine.id)
        .where(
            Grant.pool_id == pool.id,
            Grant.revoked_at.is_(None),
            Grant.ends_at > now,
            OrderLine.act != LineAct.MORE_SEATS,
            OrderLine.quantity.is_not(None),
        )
        .order_by(Grant.starts_at, OrderLine.id)
    ).all()
    if not any(row.net_minor + row.discount_minor for row in rows):
        return Unpriced(OfferKind.CONTRACT)
    price, counted_to = 0, now.astimezone(zone).date()
    for row in rows:
        starts, ends = (at.astimezone(zone).date() for at in (row.starts_at, row.ends_at))
        full = share(row.net_minor + row.discount_minor, more, row.quantity)
        price += by_the_day(full, starts=starts, ends=ends, added=counted_to)
        counted_to = max(counted_to, ends)  # days in two terms count in the first
    return price


def price_of_renewal(session: Session, pool: PoolFacts) -> RenewalPrice | Unpriced:
    """Return the price of renewing a contract: the last full term's price per seat, for all seats (C5).

    Coupons and discounts don't carry over.
    """
    last = session.execute(
        select(OrderLine)
        .join(Grant, Grant.order_line_id == OrderLine.id)
        .where(
            Grant.pool_id == pool.id,
            Grant.revoked_at.is_(None),
            OrderLine.act != LineAct.MORE_SEATS,
        )
        .order_by(Grant.starts_at.desc(), OrderLine.id.desc())
        .limit(1)
    ).scalar_one_or_none()
    full = last.net_minor + last.discount_minor if last is not None else 0
    if last is None or not full:  # the price of a past sale may be unknown
        return Unpriced(OfferKind.CONTRACT)
    if last.quantity is None or pool.capacity is None:
        return RenewalPrice(full, None)
    seats = pool.capacity or _seats_at_the_end(session, pool.id)
    return RenewalPrice(share(full, seats, last.quantity), seats)


def _seats_at_the_end(session: Session, pool_id: int) -> int:
    """Return how many seats a pool had when its last term ended; its capacity is 0 since."""
    standing = (Grant.pool_id == pool_id, Grant.revoked_at.is_(None))
    last_end = select(func.max(Grant.ends_at)).where(*standing).scalar_subquery()
    seats = select(func.sum(Grant.seats)).where(*standing, Grant.ends_at == last_end)
    return session.scalar(seats) or 0


def bought_together(session: Session, line: OrderLine) -> tuple[OrderLine, ...]:
    """Return the lines whose seats are priced as one purchase (P4): the first, and those added to it.

    Only lines with seats count: not quoted ones, or asking for a quote would raise the price, and not
    returned or exchanged ones.
    """
    first = line.adds_to_id or line.id
    rows = session.scalars(
        select(OrderLine)
        .join(Order, Order.id == OrderLine.order_id)
        .where(
            or_(OrderLine.id == first, OrderLine.adds_to_id == first),
            exists().where(Grant.order_line_id == OrderLine.id, Grant.revoked_at.is_(None)),
        )
        .order_by(OrderLine.adds_to_id.is_not(None), Order.placed_at, OrderLine.id)
    )
    return tuple(rows)


def _seats_now(session: Session, line: OrderLine) -> int:
    """Return the seats of a line and of lines added to it, minus returned ones."""
    lines = bought_together(session, line)
    ids = [one.id for one in lines]
    returned = session.scalar(
        select(func.coalesce(func.sum(DocumentLine.quantity), 0))
        .join(Document, Document.id == DocumentLine.document_id)
        .where(
            DocumentLine.order_line_id.in_(ids),
            Document.kind == DocumentKind.CREDIT_NOTE,
            Document.reason == CreditReason.RETURN,
        )
    )
    return sum(one.quantity or 0 for one in lines) + int(returned or 0)


def _line_to_add_to(session: Session, pool_id: int, *, now: datetime) -> OrderLine | None:
    """Return the newest seat line of a pool that is unpaid or was paid less than 30 days ago, or None."""
    lines = session.scalars(
        select(OrderLine)
        .join(Grant, Grant.order_line_id == OrderLine.id)
        .where(
            Grant.pool_id == pool_id,
            Grant.revoked_at.is_(None),
            OrderLine.kind.in_(SEATS),
            OrderLine.adds_to_id.is_(None),
        )
        .order_by(OrderLine.id.desc())
    ).all()
    for line in lines:
        paid_at = _paid_at(session, line.order_id)
        if paid_at is None or now < paid_at + TOP_UP_FOR:
            return line
    return None


def _paid_at(session: Session, order_id: int) -> datetime | None:
    """Return when an order was paid in full; None if it isn't, or isn't billed yet."""
    order = session.get_one(Order, order_id)
    invoice = live_invoice(session, order_id)
    if invoice is None:
        return order.placed_at if order.terms in NOT_BILLED else None
    if invoice.open_minor:
        return None
    last = select(func.max(Settlement.made_at)).where(
        Settlement.invoice_id == invoice.id, Settlement.undone_at.is_(None)
    )
    return session.scalar(last) or invoice.issued_at
