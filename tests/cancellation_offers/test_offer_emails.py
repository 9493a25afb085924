"""Emails about offers, and the number of seats in them."""

from datetime import timedelta

from lms.core.database import Database
from lms.core.runtime import Carrel
from tests.cancellation_offers.offer_fixtures import cancel, furnish
from tests.cast import Cast
from tests.live.conftest import to_come
from tests.live.upcoming_webinar import HELD_AT
from tests.mailbox import letters
from tests.seat_rows import add_pool

__all__ = ["to_come"]


def test_offer_counts_only_the_unused_seats_of_its_orders(
    to_come: Cast, carrel: Carrel, database: Database
) -> None:
    oak = furnish(database).oak
    with database.transaction() as session:
        add_pool(session, oak.organization_id or 0, seats=4, ends_at=HELD_AT + timedelta(days=30))
    cancel(carrel)
    text = letters(database, "ora@example.org")[-1].text
    assert "5 unused seats" in text
