"""Quotes of carts: "Send to purchasing" at checkout, issued once the buyer's mailbox is proven.

The emailed link contains the cart's ID and the purchasing office's address, encrypted. The browser
continues with a copy of the cart, so that the buyer confirms what they entered (PRODUCT.md, S16).
"""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.buying import carts, requested_quotes
from lms.buying.checkout import Details
from lms.core.email_addresses import read_address
from lms.core.errors import N_, Invalid
from lms.core.model_base import locked
from lms.documents.payment_links import PaymentLinks, link_of
from lms.mail import outbox as mail_outbox
from lms.mail.links import Links, MailContext
from lms.models.orders import Order
from lms.pricing.price_list import say_money
from lms.sales import billing, orders, quotes

SEALED_FOR = "quotes of carts"
EMPTY = N_(
    "Something in your quote is no longer for sale. Choose again, and we'll send you a new quote."
)


@dataclass(frozen=True, slots=True)
class CartQuote:
    """The content of a link: the cart to quote, and the address to email the quote to."""

    order_id: str
    purchasing_email: str
    valid_until: str  # in the format of `requested_quotes.day_in_link`


@dataclass(frozen=True, slots=True)
class AskedFor:
    """The quote that a link will issue, for its page."""

    titles: tuple[str, ...]
    organization_name: str
    email: str


def send_link(
    session: Session,
    cart: Order,
    details: Details,
    *,
    links: Links,
    secret_key: str,
    now: datetime,
) -> None:
    """Email the buyer of a cart the link that proves their mailbox and then issues the quote."""
    asked = CartQuote(
        cart.public_id,
        read_address(details.purchasing_email).shown,
        requested_quotes.day_in_link(details.quote_valid_until),
    )
    token = requested_quotes.seal(asdict(asked), SEALED_FOR, secret_key, now)
    mail_outbox.post(
        session,
        kind="quote_requested",
        to=cart.contact_email,
        login_id=None,
        subject=N_("Confirm your quote request"),
        values={
            "name": cart.contact_name,
            "organization": billing.billing_of(session, cart).to.name,
            "action_url": links.page(f"/checkout/quote/{token}"),
        },
        now=now,
    )


def open_link(session: Session, token: str, *, secret_key: str, now: datetime) -> CartQuote:
    """Return the content of a link.

    Raises as `requested_quotes.unseal` and `check_buyer`, and NotFound if the cart was deleted.
    """
    asked = CartQuote(**requested_quotes.unseal(session, token, SEALED_FOR, secret_key, now))
    cart = orders.find_order(session, asked.order_id)
    if cart.organization_id is not None and cart.placed_at is None:
        requested_quotes.check_buyer(session, cart.organization_id, cart.contact_id)
    return asked


def read(session: Session, asked: CartQuote) -> AskedFor:
    """Return the quote that a link will issue."""
    order = orders.find_order(session, asked.order_id)
    return AskedFor(
        tuple(line.covers for line in carts.read(session, order).lines),
        billing.billing_of(session, order).to.name,
        asked.purchasing_email,
    )


def issue(
    session: Session,
    asked: CartQuote,
    *,
    where: PaymentLinks,
    mail_context: MailContext,
    now: datetime,
) -> str:
    """Issue a link's quote at today's prices, email it, and return its payment link.

    A repeated call issues nothing new. Raises Invalid if nothing in the cart is for sale anymore.
    """
    order = session.scalars(
        locked(select(Order).where(Order.id == orders.find_order(session, asked.order_id).id))
    ).one()
    if quotes.newest(session, order.id) is None:
        carts.reprice(session, order)
        if not orders.lines_of(session, order.id):
            raise Invalid(EMPTY)
        order.cart_token_hash = None  # no longer a cart, and its buyer's mailbox is proven
        quotes.issue_quote(
            session,
            order,
            expires_on=requested_quotes.last_day(asked.valid_until),
            mail_context=mail_context,
            actor=None,
            now=now,
        )
        _tell_purchasing(session, order, asked.purchasing_email, where=where, now=now)
    return link_of(session, order, where=where, now=now)


def _tell_purchasing(
    session: Session, order: Order, email: str, *, where: PaymentLinks, now: datetime
) -> None:
    lines = carts.read(session, order)
    mail_outbox.post(
        session,
        kind="quote_for_purchasing",
        to=email,
        login_id=None,
        subject=N_("%(name)s asked you to buy a webinar") % {"name": order.contact_name},
        values={
            "name": order.contact_name,
            "email": order.contact_email,
            "organization": billing.billing_of(session, order).to.name,
            "titles": [line.covers for line in lines.lines],
            "total": say_money(lines.net_minor, lines.currency),
            "purchasing_url": where.links.page("/purchasing"),
            "action_url": link_of(session, order, where=where, now=now),
        },
        now=now,
    )
