"""Opening a checkout: what can be paid, at which price, and lost answers."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from lms.checkouts.opening import NewCheckout, open_checkout
from lms.core.errors import Conflict, Invalid, NotFound, Unavailable
from lms.core.settings import Settings, SettingsError
from lms.models.orders import OrderLine
from lms.models.payments import Checkout, CheckoutState
from lms.payments.open_provider import offers_cards, open_provider
from lms.sales import cancellations, orders
from tests.checkouts.card_stories import Shop
from tests.sales.order_fixtures import SEAT, take_off, with_line
from tests.servers.stripe import Delivery


def test_unknown_free_canceled_and_paid_orders_cannot_be_paid(shop: Shop) -> None:
    with pytest.raises(NotFound):
        shop.open("0" * 26)
    with pytest.raises(Conflict):
        shop.open(shop.draft(with_line(SEAT, price_minor=0)))
    canceled = shop.draft()
    with shop.carrel.database.transaction() as session:
        row = orders.find_order(session, canceled, lock=True)
        cancellations.cancel(session, row, actor=None, now=shop.clock.moment)
    with pytest.raises(Conflict):
        shop.open(canceled)
    paid = shop.draft()
    shop.pay(shop.open(paid))
    with pytest.raises(Conflict):  # the provider knows, although no webhook arrived
        shop.open(paid)
    with pytest.raises(Conflict):
        shop.open(paid)


def test_checkout_has_the_amount_and_currency(shop: Shop) -> None:
    opened = shop.open(shop.draft())
    assert (opened.amount_minor, opened.currency) == (9900, "USD")


def test_changed_order_ends_the_earlier_checkout(shop: Shop) -> None:
    order = shop.draft()
    first = shop.open(order)
    with shop.carrel.database.transaction() as session:
        line = session.scalars(select(OrderLine)).one()
        line.net_minor = line.unit_minor = 12_000
    second = shop.open(order)
    assert second.amount_minor == 12_000
    assert shop.pay(first) != shop.pay(second)
    shop.finish()
    with shop.carrel.database.read_session() as session:
        states = session.scalars(select(Checkout.state).order_by(Checkout.id)).all()
    assert states == [CheckoutState.EXPIRED, CheckoutState.COMPLETE]


def test_order_that_costs_more_than_was_paid_is_not_placed(shop: Shop) -> None:
    """As when a buyer pays for one seat and changes it to five in another window."""
    order = shop.draft()
    opened = shop.open(order)
    with shop.carrel.database.transaction() as session:
        line = session.scalars(select(OrderLine)).one()
        line.net_minor = line.unit_minor = 40_000
    shop.pay(opened)
    shop.hear()
    assert "payment card 9900 9900 - set" in shop.dump()
    assert "document" not in shop.dump()


def test_canceled_webinar_is_not_sold(shop: Shop) -> None:
    order = shop.draft()
    opened = shop.open(order)
    take_off(shop.carrel.database)
    with pytest.raises(Invalid):
        shop.open(order)
    shop.pay(opened)  # on the page opened before
    shop.hear()
    left = shop.dump()
    assert "payment card 9900 9900 - set" in left
    assert "mail payment_unused dan@example.org" in left
    assert "grant" not in left


def test_lost_answer_is_requested_again(shop: Shop) -> None:
    order = shop.draft()
    new = NewCheckout(order, "http://localhost/thanks", "http://localhost/cart")
    shop.fake.faults = [Delivery.ANSWER_LOST] * 3
    with pytest.raises(Unavailable):
        open_checkout(shop.carrel, shop.provider, new, now=shop.clock.moment)
    opened = shop.open(order)
    (made,) = shop.fake.books.sessions()
    assert made["url"] == opened.url


def test_cards_are_not_offered_without_a_key(shop: Shop) -> None:
    without = replace(shop.carrel.settings, stripe=None)
    assert offers_cards(shop.carrel.settings)
    assert not offers_cards(without)
    with pytest.raises(Conflict):
        open_provider(without)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"CARREL_STRIPE_SECRET_KEY": "pk_test_1"}, "CARREL_STRIPE_SECRET_KEY"),
        ({"CARREL_STRIPE_WEBHOOK_SECRET": ""}, "CARREL_STRIPE_WEBHOOK_SECRET"),
        ({"CARREL_STRIPE_WEBHOOK_SECRET": "we_1ABC"}, "CARREL_STRIPE_WEBHOOK_SECRET"),
        ({"CARREL_STRIPE_API_BASE": "https://stripe.example.org"}, "CARREL_STRIPE_API_BASE"),
        ({"CARREL_BASE_URL": "https://library.example.org"}, "CARREL_STRIPE_API_BASE"),
        ({"CARREL_STRIPE_SECRET_KEY": "sk_live_1"}, "CARREL_STRIPE_API_BASE"),
    ],
)
def test_inconsistent_settings_are_faults(
    environ: dict[str, str], changes: dict[str, str], fault: str
) -> None:
    changed = {**environ, **changes}
    if fault == "CARREL_STRIPE_WEBHOOK_SECRET":
        changed.pop("CARREL_STRIPE_WEBHOOK_SECRET_OLD")
    with pytest.raises(SettingsError) as found:
        Settings.from_env(changed)
    assert set(found.value.faults) == {fault}


def test_fault_about_a_missing_package_says_how_to_install_it(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lms.core.stripe_settings.find_spec", lambda _name: None)
    with pytest.raises(SettingsError, match=r"pip install -r requirements/stripe.txt"):
        Settings.from_env(environ)
