"""Who can open the page of an order: its buyer, also in the browser that ordered (PRODUCT.md, S15)."""

from sqlalchemy.orm import Session

from lms.buying import order_sessions, placed_orders
from lms.core import clock
from lms.core.errors import NotFound
from lms.models.orders import Order
from lms.sales import mails
from lms.sales.orders import find_order
from lms.web.core.current_user import viewer
from lms.web.core.order_browser import order_token
from lms.web.core.request_context import read_session


def login_of(order_id: str) -> int:
    """Return the login whose view of an order this browser gets; raises NotFound for anyone else.

    Once the buyer is confirmed, the browser that ordered has no access without signing in.
    """
    person = viewer()
    with read_session() as session:
        order = find_order(session, order_id)
        if person is not None and placed_orders.may_see(session, order, person.login_id):
            return person.login_id
        is_begun = order.contact_id is not None and mails.is_unconfirmed(session, order)
        if order.contact_id is not None and is_begun and _is_open_here(session, order):
            return order.contact_id
    raise NotFound


def was_confirmed_elsewhere(order_id: str) -> bool:
    """Return whether no one is signed in here, and this browser's order was confirmed on another device."""
    token = order_token()
    if viewer() is not None or not token:
        return False
    with read_session() as session:
        order = find_order(session, order_id)
        return order_sessions.was_ended(session, token, order.id, now=clock.now())


def is_paid_here(order_id: str) -> bool:
    """Return whether this browser can return to an order after paying it by card."""
    person = viewer()
    with read_session() as session:
        order = find_order(session, order_id)
        is_theirs = person is not None and placed_orders.may_see(session, order, person.login_id)
        return is_theirs or _is_open_here(session, order)


def _is_open_here(session: Session, order: Order) -> bool:
    token = order_token()
    return bool(token) and order_sessions.opens_order(session, token, order.id, now=clock.now())
