"""Refunds that fail later at the provider: the order's history counts the money once."""

from datetime import timedelta

from lms.sales.order_history import Happening, history_of
from lms.sales.orders import find_order
from tests.checkouts.card_stories import Shop
from tests.checkouts.test_money_stories import bought
from tests.servers.stripe_objects import REFUND_FAILS


def test_failed_refund_is_owed_again_until_its_replacement(shop: Shop) -> None:
    order = bought(shop, REFUND_FAILS)
    shop.clock.advance(timedelta(days=1))
    shop.refund(shop.credit(order), 9900)
    shop.clock.advance(timedelta(days=5))
    shop.fake.books.fail_refunds()
    shop.hear()
    with shop.carrel.database.read_session() as session:
        events = history_of(session, find_order(session, order))
    assert [(one.what, one.balance_minor) for one in events][-4:] == [
        (Happening.REFUNDED, 0),
        (Happening.REFUND_DONE, 0),
        (Happening.REFUND_FAILED, -9900),
        (Happening.REFUNDED, 0),
    ]
