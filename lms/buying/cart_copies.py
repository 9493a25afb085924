"""Copies of carts: a browser whose buyer was sent to pay its cart by card continues with a copy.

The copy finds its original by the browser's secret, so that the buyer pays one of them.
"""

import hashlib
import secrets
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from lms.checkouts.amounts import PAID
from lms.core.errors import Conflict
from lms.core.model_base import locked, new_public_id
from lms.models.orders import Order, OrderLine
from lms.models.payments import Checkout
from lms.sales import orders
from lms.seats.named_people import name_people, people_named


def hash_token(token: str) -> str:
    """Return the stored hash of a cart's secret."""
    return hashlib.sha256(token.encode()).hexdigest()


def is_being_paid(session: Session, cart: Order) -> bool:
    """Return whether the buyer of a cart was sent to pay it by card."""
    return session.scalar(select(exists().where(Checkout.order_id == cart.id))) or False


def sent_to_card_page(session: Session, token: str) -> str:
    """Return the public ID of the cart of a secret, or of its original, whose buyer pays by card, or ""."""
    mine = select(Order).where(Order.cart_token_hash == hash_token(token))
    cart = session.scalar(mine) if token else None
    if cart is not None and not is_being_paid(session, cart):
        cart = _original_of(session, cart, token)
    return "" if cart is None or cart.canceled_at is not None else cart.public_id


def cancel_original(session: Session, cart: Order, token: str, *, now: datetime) -> str:
    """Cancel the order whose copy a cart is, and return its public ID, or "" if there is none.

    Call it when the copy is ordered: what is still paid on the original's card page is returned, so that
    a buyer with two tabs pays once. Raises Conflict if the original was paid in the meantime.
    """
    original = _original_of(session, cart, token)
    if original is None or original.canceled_at is not None:
        return ""
    if original.placed_at is not None:
        raise Conflict(PAID)
    original.canceled_at = now
    session.flush()
    return original.public_id


def set_aside(session: Session, cart: Order, token: str, *, now: datetime) -> Order:
    """Switch the browser of a secret to a copy of its cart; the original doesn't change."""
    original = cart if is_being_paid(session, cart) else _original_of(session, cart, token)
    cart.cart_token_hash = hash_token(secrets.token_urlsafe(32))
    session.flush()
    copy = Order(
        terms=cart.terms,
        currency=cart.currency,
        contact_name=cart.contact_name,
        contact_email=cart.contact_email,
        organization_id=cart.organization_id,
        organization_name=cart.organization_name,
        bill_to=cart.bill_to,
        exempt_as=cart.exempt_as,
        is_self_service=True,
        cart_token_hash=hash_token(token),
        created_at=now,
    )
    session.add(copy)
    session.flush()
    if original is not None:
        original.cart_token_hash = _hash_beside(token, copy)
    for line in orders.lines_of(session, cart.id):
        _copy_line(session, line, copy)
    return copy


def _hash_beside(token: str, copy: Order) -> str:
    """Return the hash by which the copy of a cart, and the browser's secret, find its original."""
    return hash_token(token + copy.public_id)


def _original_of(session: Session, copy: Order, token: str) -> Order | None:
    """Return the order whose copy a cart is, locked, if it can be paid by card."""
    beside = Order.cart_token_hash == _hash_beside(token, copy)
    return session.scalar(locked(select(Order).where(beside)))


def _copy_line(session: Session, line: OrderLine, copy: Order) -> None:
    """Copy a line and the people named for it; the copy gets the public ID, which pages know."""
    shown, line.public_id = line.public_id, new_public_id()
    session.flush()
    kept = {
        column.key: getattr(line, column.key)
        for column in OrderLine.__mapper__.column_attrs
        if column.key not in ("id", "public_id", "order_id")
    }
    made = OrderLine(order_id=copy.id, public_id=shown, **kept)
    session.add(made)
    session.flush()
    name_people(session, made.id, people_named(session, line.id))
