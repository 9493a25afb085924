"""Order lines for an existing contract: renewing it, and adding seats to it, with separate prices.

Each line says which days it covers (PRODUCT.md, C5, P4, C3).
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from lms.contracts import renewals
from lms.core.errors import N_, Conflict, Invalid
from lms.grants.request_and_sale_form_choices import EVERYTHING
from lms.models.grants import OfferKind, Scope
from lms.models.orders import LineAct
from lms.pricing.price_list import MOST_SEATS
from lms.pricing.quotes import Unpriced
from lms.sales import seat_prices
from lms.sales.new_orders import NewLine
from lms.sales.seat_prices import MoreSeats
from lms.seats.pools import PoolFacts
from lms.tax.rounding import share

UNLIMITED = N_("These seats are unlimited, so there's nothing to add.")
ONE_PASS_EACH = N_("A pass is for one person. Sell a new pass instead of adding a seat.")
HOW_MANY = N_("Enter a number from 1 to 10,000.")


def renewal_line(
    session: Session, pool: PoolFacts, seats: int | None, zone: ZoneInfo, *, now: datetime
) -> NewLine:
    """Return the line that renews a contract or pass for a full term; its price is 0 if we have none.

    `seats` None keeps the current number. Raises Conflict for seats that never end or that come from
    another organization's contract.
    """
    renewals.check_renewable(session, pool.id)
    priced = seat_prices.price_of_renewal(session, pool)
    price = 0 if isinstance(priced, Unpriced) else priced.price_minor
    has_now = pool.capacity if isinstance(priced, Unpriced) else priced.seats
    quantity = has_now if seats is None else seats
    if has_now and quantity:
        price = share(price, quantity, has_now)
    return NewLine(
        kind=OfferKind.PASS if pool.is_pass else OfferKind.CONTRACT,
        covers=covers_of(pool),
        price_minor=price,
        quantity=quantity or None,
        act=LineAct.RENEWAL,
        pool=pool.public_id,
        starts_at=renewals.next_start(session, pool.id, now=now),
        ends_at=renewals.renewed_end(session, pool.id, zone, now=now),
    )


def line_of_more_seats(
    session: Session, pool: PoolFacts, more: int, zone: ZoneInfo, *, now: datetime
) -> NewLine:
    """Return the line that adds seats to a pool; its price is 0 if we have none.

    Seats of a contract end with it and are prorated by day, others are permanent. Raises Invalid (field
    `quantity`), and Conflict for an unlimited pool or an ended contract.
    """
    if pool.capacity is None:
        raise Conflict(UNLIMITED)
    if pool.is_pass:
        raise Conflict(ONE_PASS_EACH)
    if not 1 <= more <= MOST_SEATS:
        raise Invalid(HOW_MANY, field="quantity")
    if pool.is_permanent:
        found = seat_prices.price_of_more(session, pool, more, now=now)
        priced = found if isinstance(found, MoreSeats) else MoreSeats(0, None)
        return NewLine(
            kind=OfferKind.GROUP_SEATS,
            covers=covers_of(pool),
            price_minor=priced.price_minor,
            quantity=more,
            act=LineAct.MORE_SEATS,
            adds_to=priced.adds_to,
            pool=pool.public_id,
        )
    ends_at = renewals.last_end(session, pool.id, now=now)
    price = seat_prices.price_for_the_rest(session, pool, more, zone, now=now)
    return NewLine(
        kind=OfferKind.CONTRACT,
        covers=covers_of(pool),
        price_minor=0 if isinstance(price, Unpriced) else price,
        quantity=more,
        act=LineAct.MORE_SEATS,
        pool=pool.public_id,
        starts_at=now,
        ends_at=ends_at,
    )


def covers_of(pool: PoolFacts) -> str:
    """Return what a pool covers, as orders name it."""
    if pool.target.scope is Scope.EVERYTHING:
        return EVERYTHING
    return f"{pool.target.scope}:{pool.slug}"
