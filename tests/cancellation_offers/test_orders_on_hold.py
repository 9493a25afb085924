"""Exchanges of orders on hold: the credit can pay for the other webinar."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.core.dates_and_time_zones import read_zone, say_datetime
from lms.core.errors import Conflict
from lms.core.runtime import Carrel
from lms.grants.grants import Target
from lms.models.catalog import Webinar
from lms.models.grants import Scope
from lms.pricing.price_list import set_prices
from lms.sales import cancellations, mails
from lms.sales.orders import lines_of
from lms.seats import named_people
from tests.cancellation_offers.offer_fixtures import OTHER, cancel, exchange, furnish
from tests.cancellation_offers.test_offers import exchanged
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import ZONE
from tests.live.conftest import to_come
from tests.live.upcoming_webinar import HELD_AT
from tests.mailbox import letters, newest
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import GROUP, PRICES, balanced, grants, locked, paid, placed, read

__all__ = ["to_come"]
HELD = replace(GROUP, is_held=True)


def test_order_paid_in_full_by_its_credit_is_released(
    carrel: Carrel, database: Database, to_come: Cast
) -> None:
    furnish(database)
    cheaper = [replace(one, price_minor=2_000) for one in PRICES]
    with database.transaction() as session:
        other = session.scalars(select(Webinar.id).where(Webinar.slug == OTHER)).one()
        before = NOW - timedelta(days=300)
        set_prices(session, cheaper, Target(Scope.WEBINAR, other), actor=None, now=before)
    facts = placed(database, HELD)
    paid(database, facts, 20_000, check_number="9")
    cancel(carrel)
    exchange(database, facts)
    made = exchanged(database, facts)
    assert (made.total_minor, made.open_minor) == (10_000, 0)
    assert made.held_at is None
    assert [one.awaits_payment_since for one in grants(database, made)] == [None]
    assert "Mending spines" in newest(database, "mia@example.org", "order_open").text
    assert balanced(database)


def test_people_named_for_seats_are_invited_to_the_other_webinar(
    carrel: Carrel, database: Database, to_come: Cast
) -> None:
    furnish(database)
    facts = placed(database, HELD)
    people = named_people.read_names("Zoe <zoe@example.org>", seats=5)
    with database.transaction() as session:
        named_people.name_people(session, lines_of(session, facts.id)[0].id, people)
    cancel(carrel)
    exchange(database, facts)
    made = exchanged(database, facts)
    with database.transaction() as session:
        order = locked(session, made)
        cancellations.release(session, order, mail_context=OFFICE, actor=None, now=NOW)
    assert [one.kind for one in letters(database, "zoe@example.org")] == ["invitation"]


def test_resent_email_does_not_invite_to_the_canceled_webinar(
    carrel: Carrel, database: Database, to_come: Cast
) -> None:
    facts = furnish(database).card
    held = " ".join(say_datetime(HELD_AT, read_zone(ZONE)).split())

    def text() -> str:
        return " ".join(newest(database, "dan@example.org", "order_confirmation").text.split())

    assert held in text()
    cancel(carrel)
    with database.transaction() as session:
        order = locked(session, facts)
        mails.send_placed(session, order, mail_context=OFFICE, now=NOW, is_again=True)
    assert held not in text()


def test_hold_moves_from_the_exchanged_order_to_the_new_one(
    carrel: Carrel, database: Database, to_come: Cast
) -> None:
    furnish(database)
    facts = placed(database, HELD)
    cancel(carrel)
    exchange(database, facts)
    assert not read(database, facts).is_on_hold(NOW)
    with database.transaction() as session:
        order = locked(session, facts)
        with pytest.raises(Conflict):
            cancellations.release(session, order, mail_context=OFFICE, actor=None, now=NOW)
    assert exchanged(database, facts).is_on_hold(NOW)
