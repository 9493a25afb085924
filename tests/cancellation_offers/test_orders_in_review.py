"""Exchanges of orders that wait for our team's review: the review moves with the access."""

from dataclasses import replace
from datetime import timedelta

from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.order_reviews import reviews
from lms.sales import cancellations
from lms.sales.new_orders import NewLine
from lms.sales.read_models import OrderFacts
from tests.cancellation_offers.offer_fixtures import DEARER, OTHER, cancel, exchange, furnish
from tests.cancellation_offers.test_offers import exchanged
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import make_webinar
from tests.live.conftest import to_come
from tests.live.upcoming_webinar import HELD_AT
from tests.mailbox import newest
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import FIVE_SEATS, GROUP, grants, locked, placed

__all__ = ["to_come"]


def waiting(database: Database, *lines: NewLine) -> OrderFacts:
    """Place an order on credit, for five seats and these lines, that our team has to review."""
    facts = placed(database, replace(GROUP, lines=(FIVE_SEATS, *lines), is_held=True))
    with database.transaction() as session:
        reviews.ask(session, locked(session, facts), mail_context=OFFICE, now=NOW)
    return facts


def listed(database: Database) -> list[int]:
    """Return the orders that our team has to review."""
    with database.read_session() as session:
        return [one.id for one in reviews.first(session, limit=10)]


def test_review_moves_to_the_order_with_the_access(
    carrel: Carrel, database: Database, to_come: Cast
) -> None:
    furnish(database)
    facts = waiting(database)
    cancel(carrel)
    exchange(database, facts)
    made = exchanged(database, facts)
    assert listed(database) == [made.id]
    with database.transaction() as session:
        order = locked(session, made)
        cancellations.release(session, order, mail_context=OFFICE, actor=None, now=NOW)
    assert [one.awaits_payment_since for one in grants(database, made)] == [None]
    assert "Mending spines" in newest(database, "mia@example.org", "order_open").text
    assert listed(database) == []


def test_order_with_other_access_on_hold_stays_in_review(
    carrel: Carrel, database: Database, to_come: Cast
) -> None:
    furnish(database)
    with database.transaction() as session:
        make_webinar(session, DEARER, held_at=HELD_AT + timedelta(days=20))
    facts = waiting(database, replace(FIVE_SEATS, covers=f"webinar:{OTHER}"))
    cancel(carrel)
    exchange(database, facts, DEARER)
    assert listed(database) == [facts.id, exchanged(database, facts).id]
