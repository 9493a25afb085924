"""Paying by card: leads to the card provider's page and handles the return (MONEY.md, M5)."""

from contextlib import suppress
from typing import Final

from flask import Blueprint, Response, flash, make_response, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from limits import RateLimitItemPerDay, RateLimitItemPerHour
from werkzeug.wrappers import Response as BaseResponse

from lms.checkouts.opening import NewCheckout, end_checkouts, open_checkout
from lms.checkouts.settling import settle_order
from lms.core import clock
from lms.core.errors import NotFound, Unavailable
from lms.payments.open_provider import offers_cards, open_provider
from lms.sales.orders import find_order
from lms.sales.read_models import find_order_facts
from lms.web.buying.order_access import is_paid_here, login_of
from lms.web.core import rate_limits
from lms.web.core.order_browser import cart_token, drop_cart
from lms.web.core.request_context import carrel, read_session, render, see_other
from lms.web.core.route_guard import Audience, open_to
from lms.web.core.security_headers_and_proxies import POLICY

blueprint = Blueprint("card", __name__, url_prefix="/orders/<order_id>")

FORMS: Final = "form-action 'self'"
# Criminals test stolen card numbers where checkouts are free to open (MONEY.md, M25).
CARDS_FROM: Final = rate_limits.Limit(
    "cards_from", (RateLimitItemPerHour(40), RateLimitItemPerDay(200))
)
CARDS_OF: Final = rate_limits.Limit("cards_of", (RateLimitItemPerHour(12), RateLimitItemPerDay(30)))


def takes_cards() -> bool:
    """Return whether customers can pay by card."""
    return offers_cards(carrel().settings)


def is_test() -> bool:
    """Return whether the card provider is in test mode, so no card is charged."""
    stripe = carrel().settings.stripe
    return stripe is not None and not stripe.livemode


def pay_page(page: str, status: int = 200) -> Response:
    """Return a page with a form that leads to the card provider; its CSP allows only that target."""
    answer = make_response(page, status)
    stripe = carrel().settings.stripe
    if stripe is not None:
        policy = POLICY.replace(FORMS, f"{FORMS} {stripe.checkout_origin}")
        answer.headers["Content-Security-Policy"] = policy
    return answer


def lead_to_card_page(
    order_id: str, *, paid_url: str, back_url: str, seen_minor: int | None = None
) -> BaseResponse:
    """Open a checkout of an order and redirect the browser to it.

    The browser returns to `paid_url`, or to `back_url` if it didn't pay. Raises Conflict, also if the
    amount isn't `seen_minor`, Invalid if it can't be delivered, Unavailable if the provider can't be
    reached, and TooMany if the network or the order's address opened too many.
    """
    rate_limits.spend(CARDS_FROM, rate_limits.network())
    with read_session() as session:
        address = find_order_facts(session, order_id).contact_email or order_id
    rate_limits.spend(CARDS_OF, address.casefold())
    opened = open_checkout(
        carrel(),
        open_provider(carrel().settings),
        NewCheckout(
            order_id,
            success_url=paid_url,
            cancel_url=back_url,
            seen_minor=seen_minor,
        ),
        now=clock.now(),
    )
    return redirect(opened.url, code=303)


def end_card_page(order_id: str) -> None:
    """End the card page of an order that was canceled; a payment there would be returned."""
    with suppress(Unavailable):
        end_checkouts(carrel(), open_provider(carrel().settings), order_id)


def settle(order_id: str) -> None:
    """Ask the provider whether an order is paid; flashes a message if it can't be reached."""
    try:
        settle_order(carrel(), open_provider(carrel().settings), order_id, now=clock.now())
    except Unavailable:
        flash(_("We can't reach the card processor right now. We'll keep trying."), "attention")


@blueprint.get("/paid")
@open_to(Audience.EVERYONE)
def paid(order_id: str) -> ResponseReturnValue:
    """Ask the provider whether the order is paid, and redirect to it."""
    if not is_paid_here(order_id):
        raise NotFound
    settle(order_id)
    with read_session() as session:
        order = find_order(session, order_id)
        is_placed, is_cart = order.placed_at is not None, order.cart_token_hash is not None
    if not is_placed:
        return render("buying/paying.html", is_test=is_test()), 202, {"Refresh": "3"}
    if is_cart and cart_token():
        drop_cart()
    page = url_for("order.show", order_id=order_id)
    try:
        login_of(order_id)
    except NotFound:  # its buyer confirmed another order in the meantime
        return see_other("sign_in.sign_in", next=page)
    return redirect(page, code=303)
