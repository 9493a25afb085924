"""Extra seat prices: the cost of more seats in a pool and their term (PRODUCT.md, P4, C3)."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.models.grants import Grant, OfferKind
from lms.models.sales import Sale
from lms.pricing.price_list import read_prices
from lms.pricing.quotes import TOP_UP_FOR, SoldSeats, Unpriced, by_the_day, top_up
from lms.sales.payments_refunds_disputes import prices_at
from lms.seats.pools import PoolFacts, grants_of


def price_of_more(session: Session, pool: PoolFacts, more: int, *, now: datetime) -> int | Unpriced:
    """Return what `more` seats of a webinar cost an organization that has some (P4).

    Within 30 days of payment they cost what all of them together cost less what was paid, at the
    prices of that order's day; later they are a new order at today's.
    """
    sold = session.execute(
        select(
            func.sum(Sale.quantity).label("seats"),
            func.sum(Sale.price_minor - Sale.refunded_minor).label("paid"),
            func.min(Sale.sold_at).label("sold_at"),
            func.min(Sale.paid_at).label("paid_at"),
        ).where(
            Sale.id.in_(select(Grant.sale_id).where(Grant.pool_id == pool.id)),
            Sale.kind.in_((OfferKind.SINGLE, OfferKind.GROUP_SEATS)),
            Sale.refunded_at.is_(None),
            (Sale.paid_at.is_(None) | (Sale.paid_at > now - TOP_UP_FOR)),
        )
    ).one()
    if not sold.seats:
        paid_long_ago = SoldSeats(0, 0, now - TOP_UP_FOR)
        return top_up(read_prices(session), paid_long_ago, more, now=now)
    before = SoldSeats(sold.seats, sold.paid, sold.paid_at)
    return top_up(prices_at(session, sold.sold_at), before, more, now=now)


def price_for_the_rest(
    session: Session, pool: PoolFacts, more: int, zone: ZoneInfo, *, now: datetime
) -> int | Unpriced:
    """Return what `more` seats cost until a contract's end: its price for each, by the day (C3).

    Where it is renewed ahead, each term's days cost what that term does.
    """
    rows = session.execute(
        select(
            (Sale.price_minor - Sale.refunded_minor).label("paid"),
            Sale.quantity,
            Grant.starts_at,
            Grant.ends_at,
        )
        .join(Grant, Grant.sale_id == Sale.id)
        .where(
            Grant.pool_id == pool.id,
            Grant.revoked_at.is_(None),
            Grant.ends_at > now,
            Sale.quantity.is_not(None),
        )
        .order_by(Grant.starts_at, Sale.id)
    ).all()
    if not rows:
        return Unpriced(OfferKind.CONTRACT)
    price, counted_to = 0, now.astimezone(zone).date()
    for row in rows:
        starts, ends = (at.astimezone(zone).date() for at in (row.starts_at, row.ends_at))
        full = row.paid * more // row.quantity
        price += by_the_day(full, starts=starts, ends=ends, added=counted_to)
        counted_to = max(counted_to, ends)  # of days that two terms cover, the first is counted
    return price


def end_of_contract(
    session: Session, pool: PoolFacts, zone: ZoneInfo, *, now: datetime
) -> date | None:
    """Return the last day of a pool's contract, with which seats added to it end (C3)."""
    ends = [
        line.ends_at
        for line in grants_of(session, pool.id)
        if line.ends_at is not None and line.ends_at > now and line.revoked_at is None
    ]
    if not ends:
        return None
    return (max(ends) - timedelta(seconds=1)).astimezone(zone).date()
