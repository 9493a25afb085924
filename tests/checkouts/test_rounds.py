"""Rounds: an unknown checkout does not stop others, and refunds are dated in our time zone."""

from datetime import UTC, date, datetime

from sqlalchemy import select

from lms.checkouts import rounds
from lms.models.payments import Checkout, CheckoutState, Payment, Refund
from tests.checkouts.card_stories import Shop


def test_session_unknown_to_the_provider_is_skipped(shop: Shop) -> None:
    lost, paid = shop.open(shop.draft()), shop.open(shop.draft())
    shop.pay(paid)
    del shop.fake.books.objects[lost.url.rpartition("/")[2]]
    rounds.sweep(shop.carrel, shop.provider, now=shop.clock.moment)
    with shop.carrel.database.read_session() as session:
        states = session.scalars(select(Checkout.state).order_by(Checkout.id)).all()
    assert states == [CheckoutState.OPEN, CheckoutState.COMPLETE]


def test_refund_on_new_years_eve_is_dated_in_the_same_year_as_its_payment(shop: Shop) -> None:
    shop.clock.set(datetime(2027, 1, 1, 1, 0, tzinfo=UTC))  # 8 PM in New York
    order = shop.draft()
    shop.pay(shop.open(order))
    shop.come_back(order)
    shop.refund(shop.credit(order), 9900)
    with shop.carrel.database.read_session() as session:
        assert session.scalars(select(Payment.received_on)).one() == date(2026, 12, 31)
        assert session.scalars(select(Refund.done_on)).one() == date(2026, 12, 31)
