"""Sales tax after a cancellation: exchanged and repeated orders are taxed as they were sold."""

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.documents.snapshots import BillTo
from lms.models.documents import Document, DocumentKind
from lms.models.live import OfferChoice
from lms.models.orders import Order
from lms.models.tax import ExemptionBasis
from lms.sales import billing, orders
from lms.sales.billing import Billing
from lms.sales.new_orders import NewOrder
from lms.sales.read_models import OrderFacts, find_order_facts
from tests.cancellation_offers.offer_fixtures import (
    cancel,
    choose,
    exchange,
    furnish,
    offer_of,
    reinstate,
)
from tests.cancellation_offers.test_offers import exchanged
from tests.cast import Cast
from tests.clock import NOW
from tests.live.conftest import to_come
from tests.mailbox import newest
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import GROUP, SEAT, add_ohio_tax, balanced, paid

__all__ = ["to_come"]
AT_HOME = Billing(BillTo("Dan", "", (), "dan@example.org", ""), "OH")


@pytest.fixture(autouse=True)
def _taxed(database: Database, to_come: Cast) -> None:
    """Let Ohio tax what Elm County and Dan buy at 8%."""
    add_ohio_tax(database, to_come)


def sold(
    database: Database, new: NewOrder = GROUP, *, exempt_as: ExemptionBasis | None = None
) -> OrderFacts:
    """Place an order by an Ohio buyer, who can be exempt."""
    with database.transaction() as session:
        order = orders.draft(session, new, actor=None, now=NOW)
        order.exempt_as = exempt_as
        if not new.organization:
            order.bill_to = billing.pack(AT_HOME)
        orders.agree(session, order, is_held=False, mail_context=OFFICE, actor=None, now=NOW)
        return find_order_facts(session, order.public_id)


def quoted(database: Database, facts: OrderFacts) -> int:
    """Return the total of the quote that offers a refunded order again."""
    with database.read_session() as session:
        again = session.get_one(Order, offer_of(database, facts).again_id)
        return session.scalars(
            select(Document.total_minor).where(
                Document.order_id == again.id, Document.kind == DocumentKind.QUOTE
            )
        ).one()


def test_exempt_buyer_pays_no_tax_on_the_other_webinar(carrel: Carrel, database: Database) -> None:
    furnish(database)
    facts = sold(database, exempt_as=ExemptionBasis.GOVERNMENT)
    paid(database, facts, check_number="9")
    cancel(carrel)
    exchange(database, facts)
    made = exchanged(database, facts)
    assert (made.total_minor, made.open_minor) == (32_500, 0)
    assert balanced(database)


@pytest.mark.parametrize(
    ("new", "exempt_as", "total", "price"),
    [
        (GROUP, ExemptionBasis.GOVERNMENT, 32_500, "$325.00"),
        (GROUP, None, 35_100, "$351.00"),
        (SEAT, None, 10_692, "$106.92"),
        (SEAT, ExemptionBasis.NONPROFIT, 9_900, "$99.00"),
    ],
)
def test_refunded_order_is_offered_again_for_the_price_paid_and_in_the_email(
    carrel: Carrel,
    database: Database,
    new: NewOrder,
    exempt_as: ExemptionBasis | None,
    total: int,
    price: str,
) -> None:
    facts = sold(database, new, exempt_as=exempt_as)
    if facts.open_minor:
        paid(database, facts)
    cancel(carrel)
    choose(database, facts, OfferChoice.REFUND)
    reinstate(carrel)
    assert facts.total_minor == quoted(database, facts) == total
    email = newest(database, new.email, "cancellation_offer_ended")
    assert price in email.text
