"""Carts: what a customer has chosen and not ordered yet, at current prices.

A cart is an order that isn't placed, found by the secret in its browser (MONEY.md, Words).
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from lms.buying.cart_copies import hash_token, is_being_paid, set_aside
from lms.core.errors import N_, Invalid, NotFound, or_not_found
from lms.core.model_base import copied, locked
from lms.grants.grants import Target, target_columns
from lms.grants.request_and_sale_form_choices import read_target
from lms.models.catalog import Webinar, WebinarState
from lms.models.grants import OfferKind, Scope
from lms.models.orders import DeliveredThrough, Order, OrderLine, Terms
from lms.models.payments import Checkout
from lms.pricing.offers import DATED, SEATS
from lms.pricing.price_list import MOST_SEATS, currency_of, read_prices
from lms.pricing.quotes import Alternative, Ask, Quote, Unpriced, quote
from lms.sales import orders
from lms.sales.new_orders import NewLine
from lms.sales.order_access import target_of

FORGOTTEN_AFTER: Final = timedelta(days=30)
MOST_LINES: Final = 40
OFFERED: Final = (
    OfferKind.SINGLE,
    OfferKind.GROUP_SEATS,
    OfferKind.GROUP_SHOWING,
    OfferKind.INSTITUTIONAL,
    OfferKind.PASS,
)
NOT_ON_SALE: Final = N_("This isn't for sale. Contact us if you need it.")
NO_PRICE: Final = N_("This doesn't have a price yet. Contact us, and we'll send you a quote.")
HOW_MANY: Final = N_("Enter a number from 1 to 10,000.")
TOO_MANY: Final = N_("A cart can have up to 40 items. Place this order first.")


@dataclass(frozen=True, slots=True)
class Item:
    """An item to add to a cart: an offer of what `covers` names, for `seats` people.

    `covers` is `webinar:<slug>`, `series:<slug>`, `presenter:<slug>` or `everything`.
    """

    kind: OfferKind
    covers: str
    seats: int = 1
    delivered_through: DeliveredThrough = DeliveredThrough.HERE


@dataclass(frozen=True, slots=True)
class CartLine:
    """A line of a cart; `cheaper` are offers for the same people at a lower price (P3)."""

    public_id: str
    kind: OfferKind
    scope: Scope
    covers: str
    slug: str
    seats: int | None
    unit_minor: int
    net_minor: int
    delivered_through: DeliveredThrough
    cheaper: tuple[Alternative, ...]


@dataclass(frozen=True, slots=True)
class CartFacts:
    """A cart as pages show it; the total is before tax, in minor units."""

    public_id: str
    currency: str
    lines: tuple[CartLine, ...]

    @property
    def net_minor(self) -> int:
        """Return the total before tax, in minor units."""
        return sum(line.net_minor for line in self.lines)

    @property
    def needs_organization(self) -> bool:
        """Return whether it contains something that only an organization can buy."""
        return any(
            line.kind in (OfferKind.GROUP_SEATS, OfferKind.INSTITUTIONAL) for line in self.lines
        )


def start(session: Session, *, now: datetime) -> tuple[Order, str]:
    """Return a new, empty cart, and the secret for its browser."""
    token = secrets.token_urlsafe(32)
    cart = Order(
        terms=Terms.CARD,
        currency=currency_of(session),
        is_self_service=True,
        cart_token_hash=hash_token(token),
        created_at=now,
    )
    session.add(cart)
    session.flush()
    return cart, token


def find(session: Session, token: str, *, lock: bool = False) -> Order:
    """Return the cart of a secret; raises NotFound, also once it was placed."""
    query = select(Order).where(
        Order.cart_token_hash == hash_token(token),
        Order.placed_at.is_(None),
        Order.canceled_at.is_(None),
    )
    return or_not_found(session.scalar(locked(query) if lock else query))


def editable(session: Session, token: str, *, now: datetime) -> Order:
    """Return the cart of a secret, locked for a change; raises NotFound.

    A cart with an open card payment doesn't change, so that the buyer pays what was shown: the
    browser continues with a copy.
    """
    cart = find(session, token, lock=True)
    return set_aside(session, cart, token, now=now) if is_being_paid(session, cart) else cart


def price_of(session: Session, item: Item) -> tuple[Target, Quote]:
    """Return what an item covers, and its quote; raises Invalid (fields `covers`, `seats`)."""
    target = _on_sale(session, item)
    if not 1 <= item.seats <= MOST_SEATS:
        raise Invalid(HOW_MANY, field="seats")
    priced = quote(read_prices(session, target), _ask(item.kind, item.seats))
    if isinstance(priced, Unpriced):
        raise Invalid(NO_PRICE, field="covers")
    return target, priced


def add(session: Session, cart: Order, item: Item) -> None:
    """Add an item to a locked cart; seats of one webinar are combined in one line (P2).

    Raises Invalid.
    """
    same = _same_line(session, cart, item)
    if same is not None and item.kind in SEATS:
        item = _together(item, same)
    target, priced = price_of(session, item)
    if same is not None:
        session.delete(same)
        session.flush()
    if len(orders.lines_of(session, cart.id)) >= MOST_LINES:
        raise Invalid(TOO_MANY, field="covers")
    line = NewLine(
        kind=item.kind,
        covers=item.covers,
        price_minor=priced.total_minor,
        quantity=_quantity(item.kind, item.seats),
        delivered_through=item.delivered_through,
    )
    orders.add_lines(session, cart, [line], [target])


def change(
    session: Session,
    cart: Order,
    line_id: str,
    *,
    kind: OfferKind | None = None,
    seats: int,
) -> None:
    """Change the number of people of a line, or its kind of offer; raises Invalid."""
    line = _line(session, cart, line_id)
    kind = kind or line.kind
    if kind is OfferKind.SINGLE and seats > 1:
        kind = OfferKind.GROUP_SEATS
    target = target_of(line)
    if kind not in OFFERED or not _fits(kind, target):
        raise Invalid(NOT_ON_SALE, field="covers")
    if not 1 <= seats <= MOST_SEATS:
        raise Invalid(HOW_MANY, field="seats")
    priced = quote(read_prices(session, target), _ask(kind, seats))
    if isinstance(priced, Unpriced):
        raise Invalid(NO_PRICE, field="covers")
    line.kind, line.quantity = kind, _quantity(kind, seats)
    _set_price(line, priced)


def remove(session: Session, cart: Order, line_id: str) -> None:
    """Remove a line from a cart."""
    session.delete(_line(session, cart, line_id))
    session.flush()


def reprice(session: Session, cart: Order) -> bool:
    """Update a cart to current prices; return whether anything changed.

    Removes lines without a price or off sale. A cart with a card payment keeps its prices (M8).
    """
    changed = False
    if is_being_paid(session, cart):
        return False
    for line in orders.lines_of(session, cart.id):
        priced = quote(read_prices(session, target_of(line)), _ask(line.kind, line.quantity or 1))
        is_sold = _fits(line.kind, target_of(line)) and _is_sold(session, target_of(line))
        if isinstance(priced, Unpriced) or not is_sold:
            session.delete(line)
            changed = True
        elif priced.total_minor != line.net_minor:
            _set_price(line, priced)
            changed = True
    session.flush()
    return changed


def read(session: Session, cart: Order) -> CartFacts:
    """Return a cart as pages show it."""
    return CartFacts(
        cart.public_id,
        cart.currency,
        tuple(_facts(session, line) for line in orders.lines_of(session, cart.id)),
    )


def forget_old(session: Session, *, now: datetime) -> None:
    """Delete carts older than 30 days that weren't ordered."""
    session.execute(
        delete(Order).where(
            Order.cart_token_hash.is_not(None),
            Order.placed_at.is_(None),
            Order.created_at < now - FORGOTTEN_AFTER,
            # a card payment may still arrive for these
            Order.id.not_in(select(Checkout.order_id).where(Checkout.order_id.is_not(None))),
        )
    )


def _facts(session: Session, line: OrderLine) -> CartLine:
    priced = quote(read_prices(session, target_of(line)), _ask(line.kind, line.quantity or 1))
    cheaper = priced.alternatives if isinstance(priced, Quote) else ()
    return copied(
        CartLine,
        line,
        covers=line.description,
        slug=_slug(session, line),
        seats=line.quantity,
        cheaper=tuple(
            each for each in cheaper if each.kind in OFFERED and _fits(each.kind, target_of(line))
        ),
    )


def _slug(session: Session, line: OrderLine) -> str:
    if line.webinar_id is None:
        return ""
    return session.scalars(select(Webinar.slug).where(Webinar.id == line.webinar_id)).one()


def _together(item: Item, same: OrderLine) -> Item:
    """Return an item combined with the seats of the line for the same webinar; a single seat stays one."""
    if item.kind is same.kind is OfferKind.SINGLE:
        return item
    return Item(OfferKind.GROUP_SEATS, item.covers, item.seats + (same.quantity or 1))


def _ask(kind: OfferKind, seats: int) -> Ask:
    if kind in (OfferKind.INSTITUTIONAL, OfferKind.GROUP_SHOWING):
        return Ask(kind)
    return Ask(kind, seats if kind in SEATS else 1)


def _quantity(kind: OfferKind, seats: int) -> int | None:
    if kind is OfferKind.INSTITUTIONAL:
        return None
    return seats if kind is OfferKind.GROUP_SEATS else 1


def _set_price(line: OrderLine, priced: Quote) -> None:
    line.net_minor = priced.total_minor
    line.unit_minor = priced.total_minor // line.quantity if line.quantity else priced.total_minor


def _on_sale(session: Session, item: Item) -> Target:
    if item.kind not in OFFERED:
        raise Invalid(NOT_ON_SALE, field="covers")
    try:
        target = read_target(session, item.covers)
    except NotFound as error:
        raise Invalid(NOT_ON_SALE, field="covers") from error
    if not _fits(item.kind, target) or not _is_sold(session, target):
        raise Invalid(NOT_ON_SALE, field="covers")
    return target


def _fits(kind: OfferKind, target: Target) -> bool:
    """Return whether an offer matches its scope: dated ones cover many webinars, others only one."""
    return (kind in DATED) is not (target.scope is Scope.WEBINAR)


def _is_sold(session: Session, target: Target) -> bool:
    """Return whether a webinar is announced and not free; passes are always on sale."""
    if target.scope is not Scope.WEBINAR:
        return True
    state, free = session.execute(
        select(Webinar.state, Webinar.free).where(Webinar.id == target.id)
    ).one()
    return state is WebinarState.ANNOUNCED and not free


def _same_line(session: Session, cart: Order, item: Item) -> OrderLine | None:
    try:
        columns = target_columns(read_target(session, item.covers))
    except NotFound:
        return None
    kinds = SEATS if item.kind in SEATS else (item.kind,)
    return next(
        (
            line
            for line in orders.lines_of(session, cart.id)
            if line.kind in kinds
            and all(getattr(line, name) == value for name, value in columns.items())
        ),
        None,
    )


def _line(session: Session, cart: Order, line_id: str) -> OrderLine:
    line = orders.find_line(session, line_id)
    if line.order_id != cart.id:
        raise NotFound
    return line
