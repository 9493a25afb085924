"""Checkout: one page for the buyer and the payment; no account is needed."""

from typing import Final

from flask import Blueprint, Response, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from limits import RateLimitItemPerDay, RateLimitItemPerHour
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from lms.accounts import accounts
from lms.buying import cart_copies, cart_quotes, carts, checkout, order_sessions
from lms.buying.carts import CartFacts
from lms.buying.checkout import Buyer, Details, Payment
from lms.buying.checkout_tax import asks_about_tax
from lms.checkouts.amounts import total_of
from lms.core import clock
from lms.core.errors import N_, Conflict, Invalid, NotFound, Unavailable
from lms.models.orders import Order
from lms.pricing.price_list import say_money
from lms.sales import purchase_orders
from lms.sales.orders import find_order
from lms.web.buying.card import (
    end_card_page,
    is_test,
    lead_to_card_page,
    pay_page,
    settle,
    takes_cards,
)
from lms.web.buying.cart import ShownLine, current_cart, estimated_tax, shown_lines
from lms.web.buying.checkout_form import (
    CheckoutForm,
    details_of,
    form_class,
    take_in_lists,
    typed_before,
)
from lms.web.buying.order_access import is_paid_here
from lms.web.core import rate_limits
from lms.web.core.constant_time_responses import evenly
from lms.web.core.current_user import viewer
from lms.web.core.form_errors import show_faults
from lms.web.core.form_uploads import sent_file
from lms.web.core.order_browser import cart_token, drop_cart, keep_order, order_token
from lms.web.core.private_page_headers_and_mail_links import links, mail_context
from lms.web.core.request_context import carrel, read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.seller.agreements import agreements

blueprint = Blueprint("checkout", __name__)

# A branch library is one network, and everyone at a workshop may order from it.
ORDERS_FROM: Final = rate_limits.Limit(
    "orders_from", (RateLimitItemPerHour(40), RateLimitItemPerDay(200))
)
LONGEST_TOTAL: Final = 12
TAX_CHANGED_TOTAL = N_("Sales tax changed the total. Check it, then press the button again.")
CHECK = N_("Check the fields below.")


class _OtherTotal(Exception):
    """The total differs from what the page showed."""

    def __init__(self, total_minor: int) -> None:
        super().__init__(total_minor)
        self.total_minor = total_minor


@blueprint.get("/checkout")
@open_to(Audience.EVERYONE)
def show() -> ResponseReturnValue:
    """Show the order, and ask who buys it and how it is paid."""
    cart = current_cart()
    if cart is None:
        return see_other("cart.show")
    lines = shown_lines(cart)
    form = _with_choices(form_class(lines)(data=_known()), needs=cart.needs_organization)
    tax = estimated_tax(cart)
    return _page(form, lines, cart, total_minor=None if tax is None else cart.net_minor + tax)


@blueprint.post("/checkout")
@open_to(Audience.EVERYONE)
@evenly
def order() -> ResponseReturnValue:
    """Place the order, or show what is missing; or only show the total for what was entered."""
    is_asked = request.form.get("act") == "total"
    if not is_asked and (paid := _paid_meanwhile()):
        return see_other("card.paid", order_id=paid)
    cart = current_cart(to_order=not is_asked)
    if cart is None:
        return see_other("cart.show")
    lines = shown_lines(cart)
    form = _with_choices(form_class(lines)(request.form), needs=cart.needs_organization)
    take_in_lists(form)
    if is_asked:
        return _page(form, lines, cart, total_minor=_total(form, cart))
    return _ordered(form, lines, cart)


def _paid_meanwhile() -> str:
    """Return the order of this browser's cart if it was paid by card, and the browser didn't come back."""
    with read_session() as session:
        order_id = cart_copies.sent_to_card_page(session, cart_token())
    if not order_id or not takes_cards() or not is_paid_here(order_id):
        return ""
    settle(order_id)
    with read_session() as session:
        return order_id if find_order(session, order_id).placed_at is not None else ""


def _ordered(form: CheckoutForm, lines: list[ShownLine], cart: CartFacts) -> ResponseReturnValue:
    rate_limits.spend(ORDERS_FROM, rate_limits.network())
    try:
        answer = _order(form, cart)
    except Invalid as refusal:
        show_faults(form, refusal)
        return _page(form, lines, cart, 400, total_minor=_total(form, cart))
    except _OtherTotal as other:
        form.form_errors.append(
            _(TAX_CHANGED_TOTAL)
            if other.total_minor != cart.net_minor
            else _("The total changed. Check it, then press the button again.")
        )
        return _page(form, lines, cart, 400, total_minor=other.total_minor)
    except Unavailable as refusal:
        form.form_errors.append(_(refusal.message))
        return _page(form, lines, cart, 503, total_minor=_total(form, cart))
    except (Conflict, NotFound):
        flash(_("This cart was already ordered."), "note")
        return see_other("cart.show")
    return answer if _buyer() else keep_order(answer, _session_token())


def _known() -> dict[str, object]:
    """Return what was entered for this cart before, else what is known about the signed-in person."""
    with read_session() as session:
        before = checkout.entered(session, carts.find(session, cart_token()))
    if before is not None:
        return typed_before(before)
    person = viewer()
    return {"name": person.name, "email": person.email or ""} if person else {}


def _order(form: CheckoutForm, shown: CartFacts) -> BaseResponse:
    """Place the order, or redirect to the page where it is paid by card, which places it."""
    order_id, original_id, is_placed = _write_down(form, shown)
    if original_id:
        end_card_page(original_id)
    if not is_placed and form.payment.data == Payment.PURCHASING:
        return see_other("cart_quote.sent")
    if not is_placed:
        return lead_to_card_page(
            order_id,
            paid_url=links().page(url_for("card.paid", order_id=order_id)),
            back_url=links().page(url_for(".show")),
        )
    drop_cart()
    return see_other("order.show", order_id=order_id)


def _write_down(form: CheckoutForm, shown: CartFacts) -> tuple[str, str, bool]:
    """Save what was entered; return the public ids of the order and its original, and whether it is placed.

    Raises _OtherTotal if the total differs from what the page showed, for example by sales tax.
    """
    now, buyer = clock.now(), _buyer()
    asks = bool(agreements())
    if form.payment.data == Payment.PURCHASING:
        form.valid_until.validate(form)
    with sent_file(purchase_orders.FOLDER) as kept, transaction() as session:
        order = carts.editable(session, cart_token(), now=now)
        details = details_of(form, kept, asks_to_agree=asks)
        checkout.write_details(session, order, details, buyer=buyer, now=now)
        if form.errors:
            raise Invalid(CHECK)
        total = total_of(session, order, zone=mail_context().zone, now=now)
        if total != _seen(shown):
            raise _OtherTotal(total)
        if buyer is None:
            rate_limits.spend(rate_limits.EMAILS, order.contact_email.casefold())
        if details.payment is Payment.PURCHASING:
            _send_to_purchasing(session, order, details, buyer)
            return order.public_id, "", False
        original_id = cart_copies.cancel_original(session, order, cart_token(), now=now)
        token = _session_token()
        if details.payment is Payment.CARD and checkout.costs(session, order):
            checkout.begin(session, order, token=token, buyer=buyer, now=now)
            return order.public_id, original_id, False
        checkout.place(
            session, order, token=token, buyer=buyer, mail_context=mail_context(), now=now
        )
        return order.public_id, original_id, True


def _send_to_purchasing(
    session: Session, cart: Order, details: Details, buyer: Buyer | None
) -> None:
    """Email the link that confirms the buyer's mailbox and issues the quote; the cart stays."""
    now = clock.now()
    if buyer is not None:  # no one else can order for their organization
        cart.contact_email = buyer.email
    cart_copies.set_aside(session, cart, cart_token(), now=now)
    cart_quotes.send_link(
        session,
        cart,
        details,
        links=links(),
        secret_key=carrel().settings.secret_key,
        now=now,
    )


def _session_token() -> str:
    """Return the secret of this browser's orders; the same one throughout a request."""
    token = request.environ.get("carrel.order_token") or order_token() or order_sessions.new_token()
    request.environ["carrel.order_token"] = token
    return str(token)


def _buyer() -> Buyer | None:
    """Return the signed-in person; None if their address isn't confirmed or they have none."""
    person = viewer()
    if person is None or person.email is None:
        return None
    with read_session() as session:
        if not accounts.read_account(session, person.login_id).is_confirmed:
            return None
    return Buyer(person.login_id, person.public_id, person.email)


def _with_choices(form: CheckoutForm, *, needs: bool) -> CheckoutForm:
    buyer = _buyer()
    with read_session() as session:
        mine = checkout.organizations_to_buy_for(session, buyer.login_id) if buyer else ()
        methods = checkout.methods(session, takes_cards=takes_cards())
    form.offer_choices(mine, methods, needs_organization=needs)
    return form


def _total(form: CheckoutForm, cart: CartFacts) -> int | None:
    """Return the total with tax for what was entered; None until the tax location is known."""
    details = details_of(form, None, asks_to_agree=False)
    with read_session() as session:
        order, zone = find_order(session, cart.public_id), mail_context().zone
        return checkout.estimate_total(
            session, order, details, buyer=_buyer(), zone=zone, now=clock.now()
        )


def _seen(shown: CartFacts) -> int:
    """Return the total that the page showed: before tax, unless tax was included."""
    typed = request.form.get("seen", "")
    is_number = typed.isascii() and typed.isdecimal() and len(typed) <= LONGEST_TOTAL
    return int(typed) if is_number else shown.net_minor


def _page(
    form: CheckoutForm,
    lines: list[ShownLine],
    cart: CartFacts,
    status: int = 200,
    *,
    total_minor: int | None = None,
) -> Response:
    total = cart.net_minor if total_minor is None else total_minor
    tax = total - cart.net_minor
    with read_session() as session:
        asks_tax = asks_about_tax(session, now=clock.now())
    page = render(
        "buying/checkout.html",
        form=form,
        lines=lines,
        total=say_money(total, cart.currency),
        total_minor=total,
        tax=say_money(tax, cart.currency) if tax else "",
        asks_tax=asks_tax,
        is_total_known=total_minor is not None,
        agreements=agreements(),
        sign_in_url=url_for("sign_in.sign_in", next=url_for(".show")),
        is_test=is_test(),
    )
    return pay_page(page, status)
