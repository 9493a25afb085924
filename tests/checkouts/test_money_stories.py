"""Money stories end with the same money, access, and email however provider events arrive.

Each story has one expected end in `expected`, whatever goes wrong on the way (MONEY.md, The card
provider). A diagonal of stories and deliveries is always run, and all combinations as slow tests.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from lms.checkouts import rounds
from lms.checkouts.opening import OpenCheckout
from lms.models.documents import CreditReason
from lms.models.orders import Terms
from lms.sales import cancellations, orders
from lms.sales.read_models import find_order_facts
from tests.checkouts.card_stories import Shop
from tests.sales.order_fixtures import GROUP, paid
from tests.servers.databases import on_postgresql
from tests.servers.stripe import Delivery
from tests.servers.stripe_objects import ASKS, DISPUTES, PAYS, REFUND_FAILS

EXPECTED: Final = Path(__file__).parent / "expected"
DECLINED: Final = "4000000000000002"
SEE_OTHER, PAYMENT_REQUIRED, OK = 303, 402, 200
Story = Callable[[Shop], None]


def bought(shop: Shop, card: str = PAYS) -> str:
    order = shop.draft()
    assert shop.pay(shop.open(order), card) == SEE_OTHER
    shop.hear()
    return order


def plain(shop: Shop) -> None:
    bought(shop)


def declined(shop: Shop) -> None:
    assert shop.pay(shop.open(shop.draft()), DECLINED) == PAYMENT_REQUIRED


def declined_and_mended(shop: Shop) -> None:
    opened = shop.open(shop.draft())
    assert shop.pay(opened, DECLINED) == PAYMENT_REQUIRED
    assert shop.pay(opened) == SEE_OTHER
    shop.hear()


def authentication(shop: Shop) -> None:
    opened = shop.open(shop.draft())
    assert shop.pay(opened, ASKS) == OK
    assert shop.pay(opened, ASKS, bank="yes") == SEE_OTHER
    shop.hear()


def organization(shop: Shop) -> None:
    assert shop.pay(shop.open(shop.draft(replace(GROUP, terms=Terms.CARD)))) == SEE_OTHER
    shop.hear()


def invoice(shop: Shop) -> None:
    assert shop.pay(shop.open(shop.place(GROUP))) == SEE_OTHER
    shop.hear()


def pressed_again(shop: Shop) -> None:
    order = shop.draft()
    first, second = shop.open(order), shop.open(order)
    assert first.url == second.url
    assert shop.pay(second) == SEE_OTHER
    shop.hear()


def after_expiry(shop: Shop) -> None:
    opened = shop.open(shop.draft())
    shop.clock.advance(timedelta(hours=25))
    shop.fake.books.find(opened.url.rpartition("/")[2])
    shop.hear()
    shop.fake.books.pay(opened.url.rpartition("/")[2], PAYS, is_late=True)
    shop.hear()


def paid_by_check_too(shop: Shop) -> OpenCheckout:
    """Pay an invoice by card after a check arrived; the card payment is not yet known."""
    order = shop.place(GROUP)
    opened = shop.open(order)
    with shop.carrel.database.read_session() as session:
        facts = find_order_facts(session, order)
    paid(shop.carrel.database, facts)
    assert shop.pay(opened) == SEE_OTHER
    return opened


def paid_twice(shop: Shop) -> None:
    paid_by_check_too(shop)
    shop.hear()
    shop.finish()
    week_over(shop)


def canceled_before_it_is_paid(shop: Shop) -> None:
    order = shop.draft()
    opened = shop.open(order)
    with shop.carrel.database.transaction() as session:
        row = orders.find_order(session, order, lock=True)
        cancellations.cancel(session, row, actor=None, now=shop.clock.moment)
    assert shop.pay(opened) == SEE_OTHER
    shop.hear()


def canceled(shop: Shop) -> None:
    canceled_before_it_is_paid(shop)
    shop.finish()
    week_over(shop)


def week_over(shop: Shop) -> None:
    shop.clock.advance(timedelta(days=7))
    rounds.return_unused(shop.carrel, now=shop.clock.moment)
    shop.work()
    shop.hear()


def refunded(shop: Shop) -> None:
    order = bought(shop)
    shop.finish()
    shop.refund(shop.credit(order), 9900)
    shop.hear()


def refund_fails(shop: Shop) -> None:
    order = bought(shop, REFUND_FAILS)
    shop.finish()
    shop.refund(shop.credit(order), 9900)
    shop.hear()
    shop.clock.advance(timedelta(days=5))
    shop.fake.books.fail_refunds()
    shop.hear()


def refunded_in_dashboard(shop: Shop) -> None:
    order = bought(shop)
    shop.finish()
    shop.fake.books.refund_in_dashboard(shop.payment(), 9900)
    shop.hear()
    shop.finish()
    shop.credit(order, CreditReason.GOODWILL)


def dispute_lost(shop: Shop) -> None:
    bought(shop, DISPUTES)
    shop.fake.books.decide(dispute_of(shop), is_won=False)
    shop.hear()


def part_dispute_lost(shop: Shop) -> None:
    bought(shop)
    shop.finish()
    shop.fake.books.dispute(shop.payment(), 4000)
    shop.hear()
    shop.fake.books.decide(dispute_of(shop), is_won=False)
    shop.hear()


def dispute_won(shop: Shop) -> None:
    bought(shop, DISPUTES)
    shop.fake.books.decide(dispute_of(shop), is_won=True)
    shop.hear()


def dispute_of_refunded(shop: Shop) -> None:
    order = bought(shop)
    shop.finish()
    shop.refund(shop.credit(order, CreditReason.GOODWILL), 9900)
    shop.hear()
    shop.fake.books.dispute(shop.payment())
    shop.hear()
    shop.fake.books.decide(dispute_of(shop), is_won=False)
    shop.hear()


def dispute_of(shop: Shop) -> str:
    found = shop.fake.books.objects.values()
    return str([one["id"] for one in found if one["object"] == "dispute"][-1])


STORIES: Final[tuple[Story, ...]] = (
    plain,
    declined,
    declined_and_mended,
    authentication,
    organization,
    invoice,
    pressed_again,
    after_expiry,
    paid_twice,
    canceled,
    refunded,
    refund_fails,
    refunded_in_dashboard,
    dispute_lost,
    dispute_won,
    dispute_of_refunded,
    part_dispute_lost,
)
DELIVERIES: Final = tuple(Delivery)
PRODUCT: Final = [(story, delivery) for story in STORIES for delivery in DELIVERIES]
# each story once and each delivery at least once
DIAGONAL: Final = [
    (story, DELIVERIES[place % len(DELIVERIES)]) for place, story in enumerate(STORIES)
]


def ends_as_expected(shop: Shop, story: Story, delivery: Delivery) -> None:
    shop.fake.delivery = delivery
    story(shop)
    shop.finish()
    assert shop.dump() == (EXPECTED / f"{story.__name__}.txt").read_text()


def _id(value: object) -> str:
    return getattr(value, "__name__", str(value))


@pytest.mark.parametrize(("story", "delivery"), DIAGONAL, ids=_id)
def test_story_ends_as_expected(shop: Shop, story: Story, delivery: Delivery) -> None:
    if on_postgresql() and story not in (plain, paid_twice, refund_fails, dispute_lost):
        pytest.skip("PostgreSQL runs four of the stories")
    ends_as_expected(shop, story, delivery)


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize(("story", "delivery"), PRODUCT, ids=_id)
def test_every_story_ends_the_same_with_every_delivery(
    shop: Shop, story: Story, delivery: Delivery
) -> None:
    ends_as_expected(shop, story, delivery)
