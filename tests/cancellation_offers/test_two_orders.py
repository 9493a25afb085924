"""Offers to a payer who ordered a canceled webinar twice: one choice covers both orders."""

from dataclasses import replace

from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.models.live import OfferChoice
from lms.models.orders import LineAct
from lms.models.payments import PaymentMethod
from lms.payments.payments import NewPayment
from lms.sales import receiving
from lms.sales.read_models import OrderFacts
from lms.sales.seat_prices import MoreSeats, price_of_more
from lms.seats.pools import pools_of
from tests.cancellation_offers.offer_fixtures import cancel, choose, exchange, furnish
from tests.cancellation_offers.test_offers import refunds
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import make_organization
from tests.live.conftest import to_come
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import (
    FIVE_SEATS,
    GROUP,
    balanced,
    documents,
    first_line,
    grants,
    placed,
    read,
    with_line,
)
from tests.seats.pool_fixtures import people, take_seat

__all__ = ["to_come"]


def pay_both(database: Database, first: OrderFacts, second: OrderFacts) -> None:
    """Record one check that pays the invoices of two orders."""
    pays = {one.invoice_id or "": one.open_minor for one in (first, second)}
    new = NewPayment(
        PaymentMethod.CHECK,
        "USD",
        sum(pays.values()),
        NOW.date(),
        organization_id=first.organization_id,
        check_number="9",
        pays=pays,
    )
    with database.transaction() as session:
        receiving.receive(session, new, mail_context=OFFICE, actor=None, now=NOW)


def cost_of_more(database: Database, order: OrderFacts, seats: int) -> int:
    with database.read_session() as session:
        (pool,) = pools_of(session, order.organization_id or 0)
        found = price_of_more(session, pool, seats, now=NOW)
    assert isinstance(found, MoreSeats)
    return found.price_minor


def test_orders_paid_by_one_check_are_both_refunded(
    database: Database, carrel: Carrel, to_come: Cast
) -> None:
    elm = furnish(database).elm
    first, second = placed(database, GROUP), placed(database, GROUP)
    pay_both(database, first, second)
    cancel(carrel)
    choose(database, first, OfferChoice.REFUND)
    assert refunds(database) == [elm.total_minor, first.total_minor, second.total_minor]
    for facts in (first, second):
        assert documents(database, facts)[-1][0::3] == ("credit_note", 0)
    assert balanced(database)


def test_seats_in_use_of_both_orders_are_refunded(
    database: Database, carrel: Carrel, to_come: Cast
) -> None:
    elm = furnish(database).elm
    more = placed(database, GROUP)
    with database.read_session() as session:
        (pool,) = pools_of(session, elm.organization_id or 0)
    for one in people(database, 10):
        take_seat(database, pool.id, one)
    cancel(carrel)
    choose(database, elm, OfferChoice.REFUND)
    assert refunds(database) == [elm.total_minor]
    assert [read(database, one).open_minor for one in (elm, more)] == [0, 0]
    assert all(one.revoked_at for facts in (elm, more) for one in grants(database, facts))


def test_more_seats_on_the_other_webinar_count_both_orders(
    database: Database, carrel: Carrel, to_come: Cast
) -> None:
    oak = furnish(database).oak
    more = replace(
        FIVE_SEATS,
        price_minor=6_500,
        quantity=1,
        act=LineAct.MORE_SEATS,
        adds_to=first_line(database, oak).public_id,
    )
    placed(database, replace(GROUP, lines=(more,), organization="oak-county"))
    cancel(carrel)
    exchange(database, oak)
    assert cost_of_more(database, oak, 2) == 52_000 - 39_000


def test_exchanged_seats_count_once(database: Database, carrel: Carrel, to_come: Cast) -> None:
    """A fifth seat, after four from two orders, costs 325.00 - 300.00."""
    furnish(database)
    oak = replace(GROUP, organization="oak-hill", organization_name="")
    with database.transaction() as session:
        make_organization(session, "oak-hill", name="Oak Hill Library")
    two = placed(database, with_line(oak, quantity=2, price_minor=19_800))
    to = first_line(database, two).public_id
    more = {"act": LineAct.MORE_SEATS, "adds_to": to, "quantity": 2, "price_minor": 10_200}
    placed(database, with_line(oak, **more))
    cancel(carrel)
    exchange(database, two)
    assert cost_of_more(database, two, 1) == 2_500
