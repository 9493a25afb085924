"""Offers to a payer who ordered a canceled webinar twice: one choice is for both orders."""

from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.models.live import OfferChoice
from lms.models.payments import PaymentMethod
from lms.payments.payments import NewPayment
from lms.sales import receiving
from lms.sales.read_models import OrderFacts
from tests.cancellation_offers.offer_fixtures import cancel, choose, furnish
from tests.cancellation_offers.test_offers import refunds
from tests.cast import Cast
from tests.clock import NOW
from tests.live.conftest import to_come
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import GROUP, balanced, documents, placed

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


def test_orders_that_one_check_paid_are_both_refunded(
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
