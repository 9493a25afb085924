"""Quotes of carts: "Send to purchasing" at checkout, issued once the buyer's mailbox is proven.

The emailed link names the cart and the purchasing office's address, encrypted. The browser goes on
with a copy of the cart, so what was proven is what was entered (PRODUCT.md, S16).
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.buying import carts, requested_quotes
from lms.core.email_addresses import read_address
from lms.core.errors import N_, Invalid
from lms.documents.payment_links import PaymentLinks, link_of
from lms.mail import outbox as mail_outbox
from lms.mail.links import Links, MailContext
from lms.models.orders import Order
from lms.pricing.price_list import say_money
from lms.sales import billing, orders, quotes

SEALED_FOR = "quotes of carts"
EMPTY = N_("What you chose is no longer for sale. Choose again, and we'll quote it.")


@dataclass(frozen=True, slots=True)
class CartQuote:
    """What a link asks for: the quote of a cart, and whom it is emailed to."""

    order_id: str
    purchasing_email: str


@dataclass(frozen=True, slots=True)
class AskedFor:
    """What a link's quote will be, for the page that issues it."""

    titles: tuple[str, ...]
    organization_name: str
    email: str


def send_link(
    session: Session,
    cart: Order,
    purchasing_email: str,
    *,
    links: Links,
    secret_key: str,
    now: datetime,
) -> None:
    """Email the buyer of a cart the link that proves their mailbox and then issues the quote."""
    data = {"order_id": cart.public_id, "purchasing_email": read_address(purchasing_email).shown}
    token = requested_quotes.seal(data, SEALED_FOR, secret_key, now)
    mail_outbox.post(
        session,
        kind="quote_requested",
        to=cart.contact_email,
        login_id=None,
        subject=N_("Your quote is one step away"),
        values={
            "name": cart.contact_name,
            "organization": billing.billing_of(session, cart).to.name,
            "action_url": links.page(f"/checkout/quote/{token}"),
        },
        now=now,
    )


def open_link(session: Session, token: str, *, secret_key: str, now: datetime) -> CartQuote:
    """Return what a link asks for; raises as `requested_quotes.unseal`."""
    return CartQuote(**requested_quotes.unseal(session, token, SEALED_FOR, secret_key, now))


def read(session: Session, asked: CartQuote) -> AskedFor:
    """Return what a link's quote will be; raises NotFound once the cart was forgotten."""
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

    The second time it is there already. Raises Invalid where nothing of the cart is for sale.
    """
    order = session.scalars(
        select(Order)
        .where(Order.id == orders.find_order(session, asked.order_id).id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if quotes.newest(session, order.id) is None:
        carts.reprice(session, order)
        if not orders.lines_of(session, order.id):
            raise Invalid(EMPTY)
        order.cart_token_hash = None  # no cart anymore, and its buyer's mailbox is proven
        quotes.issue_quote(session, order, mail_context=mail_context, actor=None, now=now)
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
        subject=N_("%(name)s asks you to buy a webinar") % {"name": order.contact_name},
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
