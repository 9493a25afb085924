"""Managers' orders for their organization: a renewal, or more seats (P4, C3, C5, P9).

These are two separate actions with separate prices. An order is placed only at the price shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from lms.core.errors import N_, Conflict, Invalid
from lms.mail.links import MailContext
from lms.models.orders import LineAct, Order, Terms
from lms.models.organizations import Organization
from lms.order_reviews import reviews
from lms.payments import credit_limit
from lms.pricing.price_list import currency_of
from lms.pricing.quotes import Unpriced
from lms.sales import contract_lines, orders, purchase_orders
from lms.sales.new_orders import NewLine, NewOrder
from lms.seats.pools import PoolFacts
from lms.seller.settings import Method, offered_methods, read_seller

_METHODS: Final[Mapping[Terms, Method]] = {
    Terms.INVOICE: Method.INVOICE,
    Terms.PURCHASE_ORDER: Method.PURCHASE_ORDER,
}
NEGOTIATED: Final = N_("We quote this price for you. Request a quote.")
CHANGED: Final = N_(
    "The price or term changed after you opened the page. Check it, and order again."
)
OTHER_NUMBER: Final = N_("You changed the number of seats. Check the new price, and order again.")
NO_NUMBER: Final = N_("Enter your purchase order number. Your organization requires one.")
USED: Final = N_(
    "Order %(number)s already has this purchase order number. Check the box to use it again."
)


ONLY_BY_PO: Final = N_("Enter your purchase order number. We need one for this order.")
NO_PO: Final = N_("We don't accept purchase orders. Order again without a number.")
NOT_ON_INVOICE: Final = N_("You can't order this on invoice. Request a quote.")


@dataclass(frozen=True, slots=True)
class Buyer:
    """The manager who orders."""

    public_id: str
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class SeatOrder:
    """The order details: `order_id` prevents a second order, and `seen` is the price shown.

    `po_number` may be empty, unless the organization requires one. `has_agreed` means that the policies
    were accepted.
    """

    order_id: str
    seen: str
    po_number: str = ""
    may_reuse_po: bool = False
    has_agreed: bool = False


def renewal_line(
    session: Session, pool: PoolFacts, zone: ZoneInfo, *, now: datetime
) -> NewLine | Unpriced:
    """Return the line that renews a contract or pass for all its seats and a full term (C5)."""
    return _priced(contract_lines.renewal_line(session, pool, None, zone, now=now))


def line_of_more(
    session: Session, pool: PoolFacts, more: int, zone: ZoneInfo, *, now: datetime
) -> NewLine | Unpriced:
    """Return the line that adds seats: prorated until a contract's end (C3), else permanent (P4).

    Raises Invalid (field `quantity`), and Conflict if nothing can be added.
    """
    return _priced(contract_lines.line_of_more_seats(session, pool, more, zone, now=now))


def _priced(line: NewLine) -> NewLine | Unpriced:
    return line if line.price_minor else Unpriced(line.kind)


def seen(line: NewLine, zone: ZoneInfo) -> str:
    """Return the text that identifies what a page showed: price, seats, and the days of a term."""
    days = [at.astimezone(zone).date().isoformat() for at in (line.starts_at, line.ends_at) if at]
    if line.act is LineAct.MORE_SEATS:
        days = days[-1:]  # they start when they are ordered
    return " ".join((str(line.price_minor), str(line.quantity), *days))


def offered_terms(session: Session) -> tuple[Terms, ...]:
    """Return how a manager can order: on invoice, by purchase order, both or neither (M29)."""
    offered = offered_methods(read_seller(session))
    return tuple(terms for terms, method in _METHODS.items() if method in offered)


def place(  # noqa: PLR0913  (the order, its terms, and the buyer)
    session: Session,
    pool: PoolFacts,
    line: NewLine | Unpriced,
    wanted: SeatOrder,
    buyer: Buyer,
    *,
    zone: ZoneInfo,
    mail_context: MailContext,
    now: datetime,
) -> Order:
    """Order a line on invoice, or by purchase order; its access opens according to P9.

    `zone` is the organization's. Raises Conflict if the price changed, it was placed before, or neither
    method is offered, and Invalid (field `po_number`).
    """
    new = _order(session, pool, line, wanted, buyer, zone=zone)
    _check_terms(session, wanted)
    _check_po(session, pool, wanted)
    opens = credit_limit.opens_at_once(
        session, pool.organization_id, wanted_minor=new.lines[0].price_minor
    )
    order = orders.place(
        session,
        replace(
            new,
            terms=Terms.PURCHASE_ORDER if new.po_number.strip() else Terms.INVOICE,
            is_held=not opens,
        ),
        mail_context=mail_context,
        actor=buyer.public_id,
        now=now,
    )
    if not opens:
        reviews.ask(session, order, mail_context=mail_context, now=now)
    return order


def _order(
    session: Session,
    pool: PoolFacts,
    line: NewLine | Unpriced,
    wanted: SeatOrder,
    buyer: Buyer,
    *,
    zone: ZoneInfo,
) -> NewOrder:
    if isinstance(line, Unpriced):
        raise Conflict(NEGOTIATED)
    offered, before = seen(line, zone).split(), wanted.seen.split()
    if offered != before:
        is_other_number = (
            line.act is LineAct.MORE_SEATS
            and len(before) == len(offered)
            and before[1] != offered[1]
            and before[2:] == offered[2:]
        )
        raise Conflict(OTHER_NUMBER if is_other_number else CHANGED)
    organization = session.get_one(Organization, pool.organization_id)
    return NewOrder(
        lines=(line,),
        email=buyer.email,
        name=buyer.name,
        terms=Terms.INVOICE,
        currency=currency_of(session),
        organization=organization.slug,
        po_number=wanted.po_number,
        order_id=wanted.order_id,
        has_agreed=wanted.has_agreed,
    )


def _check_terms(session: Session, wanted: SeatOrder) -> None:
    offered = offered_terms(session)
    if not offered:
        raise Conflict(NOT_ON_INVOICE)
    if wanted.po_number.strip() and Terms.PURCHASE_ORDER not in offered:
        raise Conflict(NO_PO)
    if not wanted.po_number.strip() and Terms.INVOICE not in offered:
        raise Invalid(ONLY_BY_PO, field="po_number")


def _check_po(session: Session, pool: PoolFacts, wanted: SeatOrder) -> None:
    organization = session.get_one(Organization, pool.organization_id)
    number = wanted.po_number.strip()
    if organization.po_required and not number:
        raise Invalid(NO_NUMBER, field="po_number")
    used = purchase_orders.used_before(session, organization.id, number)
    if used and not wanted.may_reuse_po:
        raise Invalid(USED % {"number": used[0].number}, field="po_number")
