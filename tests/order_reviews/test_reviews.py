"""Orders that wait for our team's review: which, until when, who is emailed, what ends it (P9)."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from lms.branding import BrandingTexts, edit_branding
from lms.buying.carts import Item
from lms.core.database import Database
from lms.core.dates_and_time_zones import NO_BREAK, say_datetime
from lms.models.grants import OfferKind
from lms.models.seats import VerifiedDomain
from lms.order_reviews import reviews
from lms.requests.business_days import due_after
from lms.sales import cancellations, order_access
from lms.sales.order_search import WantedOrders, list_orders
from lms.sales.read_models import OrderFacts
from tests.buying.buying_fixtures import (
    ROSA,
    WEBINAR,
    confirmed,
    details,
    filled,
    open_for_business,
    ordered,
    row,
)
from tests.cast import Cast
from tests.clock import NOW
from tests.mailbox import letters, newest
from tests.requests.test_requests import EASTERN, OFFICE
from tests.sales.order_fixtures import GROUP, credited, locked, paid, placed

TEAM = "team@lantern.example"


@pytest.fixture(autouse=True)
def _open(database: Database, cast: Cast) -> None:
    open_for_business(database)
    with database.transaction() as session:
        words = BrandingTexts("Lantern", "#1d6a4c", TEAM, "Lantern", "")
        edit_branding(session, words, actor=None, now=NOW)


def listed(database: Database) -> list[str]:
    with database.read_session() as session:
        found = list_orders(
            session, WantedOrders(to_review=True), now=NOW, offset=0, limit=10
        ).items
        assert [one.public_id for one in reviews.first(session, limit=10)] == [
            one.public_id for one in found
        ]
        return [one.public_id for one in found]


def waiting(database: Database, at: datetime = NOW) -> OrderFacts:
    facts = ordered(database, filled(database), details(), at=at)
    confirmed(database, at=at)
    return facts


def test_returned_order_needs_no_review(database: Database) -> None:
    facts = waiting(database)
    assert listed(database) == [facts.public_id]
    credited(database, facts)
    assert listed(database) == []


def test_order_needs_review_once_its_address_is_confirmed(database: Database) -> None:
    facts = ordered(database, filled(database), details())
    assert listed(database) == []
    later = NOW + timedelta(days=3)
    confirmed(database, at=later)
    assert listed(database) == [facts.public_id]
    assert row(database, facts).review_due_at == due_after(later, EASTERN)


def test_our_team_is_emailed_the_buyer_and_the_deadline(database: Database) -> None:
    facts = waiting(database)
    mail = newest(database, TEAM, "order_to_review")
    assert f"/staff/orders/{facts.public_id}" in mail.text
    assert "Pine County Library" in mail.text
    due = say_datetime(due_after(NOW, EASTERN), EASTERN)
    assert due.replace(NO_BREAK, " ") in mail.text
    assert len([one for one in letters(database, TEAM) if one.kind == "order_to_review"]) == 1


def test_order_with_immediate_access_needs_no_review(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        session.add(
            VerifiedDomain(
                organization_id=cast.organization_id, domain="pinecounty.example", verified_at=NOW
            )
        )
    ordered(database, filled(database, Item(OfferKind.SINGLE, WEBINAR)), details())
    confirmed(database)
    assert listed(database) == []


def test_granting_access_ends_the_review(database: Database) -> None:
    facts = waiting(database)
    with database.transaction() as session:
        cancellations.release(
            session, locked(session, facts), mail_context=OFFICE, actor=None, now=NOW
        )
    assert listed(database) == []
    assert "have access" in newest(database, ROSA, "order_open").subject


def test_putting_access_on_hold_for_payment_ends_the_review(database: Database) -> None:
    facts = waiting(database)
    with database.transaction() as session:
        order_access.hold(session, locked(session, facts), now=NOW)
    assert listed(database) == []
    assert row(database, facts).held_at is not None


def test_payment_ends_the_review(database: Database) -> None:
    facts = waiting(database)
    paid(database, facts)
    assert listed(database) == []
    assert row(database, facts).held_at is None


def test_orders_are_overdue_after_a_business_day(database: Database) -> None:
    waiting(database)
    due = due_after(NOW, EASTERN)
    with database.read_session() as session:
        assert reviews.count(session, now=due - timedelta(seconds=1)).overdue == 0
        assert reviews.count(session, now=due).overdue == 1


def test_order_put_on_hold_by_our_team_needs_no_review(database: Database) -> None:
    placed(database, replace(GROUP, is_held=True))
    assert listed(database) == []
