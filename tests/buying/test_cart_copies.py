"""Copies of carts: a buyer with two tabs doesn't pay twice."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from lms.buying import cart_copies, carts
from lms.core.database import Database
from lms.core.errors import Conflict
from lms.models.orders import Order
from lms.models.payments import Checkout
from lms.sales import orders
from tests.buying.buying_fixtures import filled, open_for_business
from tests.cast import Cast
from tests.clock import NOW

pytestmark = pytest.mark.usefixtures("cast", "_open")


@pytest.fixture
def _open(database: Database) -> None:
    open_for_business(database)


def paying(session: Session, token: str) -> Order:
    """Send the buyer of a cart to the card page."""
    cart = carts.find(session, token)
    session.add(
        Checkout(
            order_id=cart.id,
            currency="USD",
            amount_minor=32500,
            provider_session=f"cs_{cart.id}",
            idempotency_key=f"key-{cart.id}",
            created_at=NOW,
            expires_at=NOW + timedelta(hours=24),
        )
    )
    session.flush()
    return cart


def test_cart_on_the_card_page_is_changed_in_a_copy(database: Database) -> None:
    token = filled(database)
    with database.transaction() as session:
        cart = paying(session, token)
        shown = carts.read(session, cart).lines[0].public_id
        paying_id = cart.id
    with database.transaction() as session:
        cart = carts.editable(session, token, now=NOW)
        carts.change(session, cart, shown, seats=2)
        assert cart.id != paying_id
        assert [one.net_minor for one in carts.read(session, cart).lines] == [19800]
    with database.read_session() as session:
        (kept,) = carts.read(session, session.get_one(type(cart), paying_id)).lines
        assert kept.net_minor == 32500


@pytest.mark.parametrize("is_sent_to_purchasing", [False, True])
def test_original_cart_is_canceled_when_its_copy_is_ordered(
    database: Database, is_sent_to_purchasing: bool
) -> None:
    token = filled(database)
    with database.transaction() as session:
        original_id = paying(session, token).public_id
        copy = carts.editable(session, token, now=NOW)
        if is_sent_to_purchasing:
            copy = cart_copies.set_aside(session, copy, token, now=NOW)
        assert cart_copies.sent_to_card_page(session, token) == original_id
        assert cart_copies.cancel_original(session, copy, token, now=NOW) == original_id
        assert orders.find_order(session, original_id).canceled_at == NOW
        assert cart_copies.cancel_original(session, copy, token, now=NOW) == ""
        assert cart_copies.sent_to_card_page(session, token) == ""


def test_cart_sent_to_purchasing_is_not_canceled_with_its_copy(database: Database) -> None:
    token = filled(database)
    with database.transaction() as session:
        sent = carts.find(session, token)
        copy = cart_copies.set_aside(session, sent, token, now=NOW)
        assert cart_copies.cancel_original(session, copy, token, now=NOW) == ""
        assert sent.canceled_at is None


def test_copy_of_a_paid_cart_is_refused(database: Database, cast: Cast) -> None:
    token = filled(database)
    with database.transaction() as session:
        original = paying(session, token)
        copy = carts.editable(session, token, now=NOW)
        original.login_id, original.placed_at = cast.alice.id, NOW
        session.flush()
        with pytest.raises(Conflict):
            cart_copies.cancel_original(session, copy, token, now=NOW)
