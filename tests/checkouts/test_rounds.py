"""Rounds: one checkout that the provider does not know keeps no other from being settled."""

from sqlalchemy import select

from lms.checkouts import rounds
from lms.models.payments import Checkout, CheckoutState
from tests.checkouts.card_stories import Shop


def test_a_session_that_the_provider_does_not_know_is_passed_over(shop: Shop) -> None:
    lost, paid = shop.open(shop.draft()), shop.open(shop.draft())
    shop.pay(paid)
    del shop.fake.books.objects[lost.url.rpartition("/")[2]]
    rounds.sweep(shop.carrel, shop.provider, now=shop.clock.moment)
    with shop.carrel.database.read_session() as session:
        states = session.scalars(select(Checkout.state).order_by(Checkout.id)).all()
    assert states == [CheckoutState.OPEN, CheckoutState.COMPLETE]
