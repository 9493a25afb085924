"""The cart: what a customer selected, the quantities, and what would cost less."""

from dataclasses import dataclass
from typing import Final

from babel.lists import format_list
from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from lms.buying import carts, owned
from lms.buying.carts import CartFacts, CartLine, Item
from lms.buying.checkout_tax import estimate, states_of_tax
from lms.core import clock
from lms.core.errors import N_, Invalid, NotFound
from lms.models.grants import OfferKind, Scope
from lms.models.orders import DeliveredThrough, Order
from lms.pricing.offers import SEATS
from lms.pricing.price_list import say_money
from lms.pricing.quotes import Alternative
from lms.sales.orders import find_order
from lms.web.buying.card import is_test
from lms.web.core.current_user import viewer
from lms.web.core.order_browser import cart_token, keep_cart
from lms.web.core.private_page_headers_and_mail_links import mail_context
from lms.web.core.request_context import read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.pricing.buy_box import KEYS, people_words, read_item
from lms.web.pricing.quote_texts import TERMS, offer_name

HERE: Final = N_("Watch on this site")
IN_LMS: Final = N_("Watch in your LMS")
ONE_YEAR_PASS: Final = N_("All-access pass, one year")

blueprint = Blueprint("cart", __name__)


@dataclass(frozen=True, slots=True)
class ShownOffer:
    """A cheaper offer for the same people, as the cart shows it."""

    name: str
    terms: str
    total: str
    kind: str
    people: int | None


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line of a cart, as shown."""

    public_id: str
    title: str
    offer: str
    people: str
    place: str
    total: str
    sum: str
    seats: int | None
    may_change: bool
    takes_names: bool
    is_owned: bool
    cheaper: tuple[ShownOffer, ...]


@blueprint.get("/cart")
@open_to(Audience.EVERYONE)
def show() -> ResponseReturnValue:
    """Show the cart at current prices."""
    facts, now, zone = current_cart(), clock.now(), mail_context().zone
    tax = estimated_tax(facts) if facts else None
    with read_session() as session:
        states = states_of_tax(session, zone=zone, now=now)
    return render(
        "buying/cart.html",
        lines=shown_lines(facts) if facts else [],
        is_test=is_test(),
        total=say_money(facts.net_minor + (tax or 0), facts.currency) if facts else "",
        tax=say_money(tax, facts.currency) if facts and tax else "",
        is_total_known=tax is not None,
        states=format_list(states, locale=get_locale()) if states else "",
    )


@blueprint.post("/cart")
@open_to(Audience.EVERYONE)
def add() -> ResponseReturnValue:
    """Add the selection of a buy box to the cart."""
    try:
        item = _item()
        with transaction() as session:
            carts.add(session, _own_cart(session), item)
    except Invalid as refusal:
        flash(_(next(iter(refusal.fields.values()), refusal.message)), "danger")
        return see_other("cart.show")
    if request.form.get("then") == "stay":
        flash(_("Added to your cart."), "done")
        return see_other("cart.show")
    return see_other("checkout.show")


@blueprint.post("/cart/<line_id>")
@open_to(Audience.EVERYONE)
def change(line_id: str) -> ResponseReturnValue:
    """Change a line's number of people or its offer, or remove it."""
    try:
        with transaction() as session:
            cart = _own_cart(session)
            if request.form.get("act") == "remove":
                carts.remove(session, cart, line_id)
            else:
                _change(session, cart, line_id)
    except Invalid as refusal:
        flash(_(next(iter(refusal.fields.values()), refusal.message)), "danger")
    return see_other("checkout.show" if request.form.get("then") == "checkout" else "cart.show")


def current_cart(*, to_order: bool = False) -> CartFacts | None:
    """Return this browser's cart at current prices; None if it is empty.

    A cart that is being paid by card keeps its prices; `to_order` continues with a copy of it.
    """
    token = cart_token()
    if not token:
        return None
    try:
        with transaction(in_passing=True) as session:
            cart = (
                carts.editable(session, token, now=clock.now())
                if to_order
                else carts.find(session, token)
            )
            if carts.reprice(session, cart):
                flash(
                    _("Prices changed since you filled your cart. Your cart shows the new ones."),
                    "note",
                )
            facts = carts.read(session, cart)
    except NotFound:
        return None
    return facts if facts.lines else None


def estimated_tax(facts: CartFacts) -> int | None:
    """Return a cart's sales tax in minor units; None until the buyer has entered an address."""
    with read_session() as session:
        cart = find_order(session, facts.public_id)
        return estimate(session, cart, zone=mail_context().zone, now=clock.now())


def shown_lines(facts: CartFacts) -> list[ShownLine]:
    """Return the lines of a cart in words."""
    person, mine = viewer(), frozenset[str]()
    if person is not None:
        with read_session() as session:
            cart = find_order(session, facts.public_id)
            mine = owned.lines_owned(session, cart, person.login_id, now=clock.now())
    return [_shown(line, facts.currency, is_owned=line.public_id in mine) for line in facts.lines]


def _shown(line: CartLine, currency: str, *, is_owned: bool) -> ShownLine:
    many = line.seats is not None and line.seats > 1
    each = say_money(line.unit_minor, currency)
    return ShownLine(
        public_id=line.public_id,
        title=_title(line),
        offer=_(ONE_YEAR_PASS)
        if line.kind is OfferKind.PASS
        else offer_name(line.kind, line.seats),
        people=people_words(line.kind, line.seats),
        place=_place(line),
        total=say_money(line.net_minor, currency),
        sum=f"{line.seats:,} \N{MULTIPLICATION SIGN} {each}" if many else "",
        seats=line.seats,
        may_change=line.kind in SEATS,
        takes_names=line.kind is OfferKind.GROUP_SEATS or line.kind is OfferKind.INSTITUTIONAL,
        is_owned=is_owned,
        cheaper=tuple(_offer(each, currency) for each in line.cheaper),
    )


def _place(line: CartLine) -> str:
    """Return where a library's people watch, which its buyer chose."""
    if line.kind is not OfferKind.INSTITUTIONAL:
        return ""
    is_in_lms = line.delivered_through is DeliveredThrough.LMS
    return _(IN_LMS) if is_in_lms else _(HERE)


def _offer(offer: Alternative, currency: str) -> ShownOffer:
    return ShownOffer(
        offer_name(offer.kind, offer.people),
        _(TERMS[offer.kind]),
        say_money(offer.total_minor, currency),
        offer.kind.value,
        offer.people,
    )


def _title(line: CartLine) -> str:
    match line.scope:
        case Scope.WEBINAR:
            return line.covers
        case Scope.SERIES:
            return _("Every webinar in %(name)s", name=line.covers)
        case Scope.PRESENTER:
            return _("Every webinar by %(name)s", name=line.covers)
        case Scope.EVERYTHING:
            return _("Every webinar")


def _item() -> Item:
    """Return the selection of the buy box, or the cheaper offer if its button was clicked."""
    instead, _colon, people = request.form.get("instead", "").partition(":")
    if instead not in {kind.value for kind in KEYS}:
        return read_item(request.form)
    values = {**request.form.to_dict(), "choice": KEYS[OfferKind(instead)]}
    if people:
        values["seats"] = people
    return read_item(values)


def _own_cart(session: Session) -> Order:
    """Return this browser's cart, locked; creates one if there is none."""
    now = clock.now()
    if cart_token():
        try:
            return carts.editable(session, cart_token(), now=now)
        except NotFound:
            pass
    cart, token = carts.start(session, now=now)
    keep_cart(token)
    return cart


def _change(session: Session, cart: Order, line_id: str) -> None:
    instead, _colon, people = request.form.get("instead", "").partition(":")
    typed = people or request.form.get("seats", "1")
    if not typed.isascii() or not typed.isdecimal():
        raise Invalid(carts.HOW_MANY, field="seats")
    kind = OfferKind(instead) if instead in {one.value for one in carts.OFFERED} else None
    carts.change(session, cart, line_id, kind=kind, seats=int(typed[:9]))
