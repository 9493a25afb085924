"""Reminders to buyers who paid by card and never confirmed their address."""

from dataclasses import replace
from datetime import timedelta

from lms.buying.jobs import remind
from lms.jobs.queue import JobRun
from lms.sales.orders import find_order
from tests.checkouts.card_stories import Shop
from tests.live.upcoming_webinar import Quiet
from tests.mailbox import letters
from tests.sales.order_fixtures import SEAT
from tests.servers.stripe_objects import DISPUTES, PAYS

NIA = "nia@oak.example"
DAY = timedelta(days=1)


def bought(shop: Shop, card: str = PAYS) -> str:
    """Buy a webinar by card, from a cart and without an account."""
    order_id = shop.draft(replace(SEAT, email=NIA, name="Nia"))
    with shop.carrel.database.transaction() as session:
        order = find_order(session, order_id)
        order.cart_token_hash, order.is_self_service = "a cart", True
    assert shop.pay(shop.open(order_id), card) == 303
    shop.hear()
    with shop.carrel.database.transaction() as session:
        find_order(session, order_id).livemode = True  # it was paid with a test key
    return order_id


def told_a_day_later(shop: Shop) -> int:
    """Return how many reminders the buyer has received by the next day."""
    shop.clock.advance(DAY)
    remind(shop.carrel, JobRun(0, "", "", {}, 1, 1, Quiet()))
    kinds = [one.kind for one in letters(shop.carrel.database, NIA)]
    return kinds.count("confirm_order_reminder")


def test_buyer_who_paid_is_reminded(shop: Shop) -> None:
    bought(shop)
    assert told_a_day_later(shop) == 1


def test_buyer_who_was_refunded_is_not_reminded(shop: Shop) -> None:
    shop.credit(bought(shop))
    assert told_a_day_later(shop) == 0


def test_buyer_who_disputes_the_payment_is_not_reminded(shop: Shop) -> None:
    bought(shop, DISPUTES)
    assert told_a_day_later(shop) == 0
