"""Concurrent payments: one per session, one refund per credit, one checkout per order."""

from collections import Counter

from sqlalchemy import func, select

from lms.checkouts.opening import NewCheckout, open_checkout
from lms.checkouts.settling import settle_provider_object
from lms.core.database import Database
from lms.models.documents import Document
from lms.models.payments import Checkout, Payment, Refund
from lms.payments import card_refunds
from tests.checkouts.card_stories import Shop
from tests.sales.order_fixtures import balanced
from tests.seats.test_concurrent_claims import together

AT_ONCE = 64


def count(database: Database, model: type) -> int:
    with database.read_session() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_64_concurrent_settlements_record_one_payment(shop: Shop) -> None:
    opened = shop.open(shop.draft())
    shop.pay(opened)
    session_id = opened.url.rpartition("/")[2]
    now = shop.clock.moment

    def settle(_place: int) -> bool:
        settle_provider_object(shop.carrel, shop.provider, session_id, now=now)
        return True

    assert Counter(together(AT_ONCE, settle)) == {True: AT_ONCE}
    database = shop.carrel.database
    assert (count(database, Payment), count(database, Document)) == (1, 2)
    assert balanced(database)


def test_two_paid_sessions_of_one_order_are_one_purchase(shop: Shop) -> None:
    """As when a buyer pays in two windows, and the provider expired neither session in time."""
    order = shop.draft()
    first = shop.open(order)
    new = NewCheckout(order, "http://localhost/thanks", "http://localhost/another")
    shop.fake.books.expire_session = lambda _id: {}  # type: ignore[method-assign]  # it is too late
    second = open_checkout(shop.carrel, shop.provider, new, now=shop.clock.moment)
    shop.pay(first)
    shop.pay(second)
    ids = [one.url.rpartition("/")[2] for one in (first, second)]
    now = shop.clock.moment
    together(
        AT_ONCE,
        lambda place: settle_provider_object(shop.carrel, shop.provider, ids[place % 2], now=now),
    )
    with shop.carrel.database.read_session() as session:
        assert sorted(session.scalars(select(Payment.open_minor))) == [0, 9900]
        assert count(shop.carrel.database, Document) == 2
    assert balanced(shop.carrel.database)


def test_64_concurrent_sends_of_a_refund_return_the_money_once(shop: Shop) -> None:
    order = shop.draft()
    shop.pay(shop.open(order))
    shop.come_back(order)
    note = shop.credit(order)
    shop.work = lambda: None  # type: ignore[method-assign]  # the job is done below, by 64
    refund = shop.refund(note, 9900)
    now = shop.clock.moment

    def send(_place: int) -> bool:
        card_refunds.send(shop.carrel, shop.provider, refund, now=now)
        return True

    assert Counter(together(AT_ONCE, send)) == {True: AT_ONCE}
    returned = [one for one in shop.fake.books.objects.values() if one["object"] == "refund"]
    assert [one["amount"] for one in returned] == [9900]
    with shop.carrel.database.read_session() as session:
        assert session.scalars(select(Refund.state)).all() == ["done"]
    assert balanced(shop.carrel.database)


def test_16_concurrent_payment_attempts_open_one_checkout(shop: Shop) -> None:
    order = shop.draft()
    urls = together(16, lambda _place: shop.open(order).url)
    assert len(set(urls)) == 1
    assert count(shop.carrel.database, Checkout) == 1
