"""Invoices that can't be paid aren't issued: what waits or is refused without a payee (M29)."""

from dataclasses import replace
from datetime import date, datetime

import pytest

from lms.core.database import Database
from lms.core.errors import Conflict
from lms.core.runtime import Carrel
from lms.jobs.queue import JobRun
from lms.models.payments import Reversal
from lms.sales import jobs, receiving
from lms.sales.invoices import NOT_NOW
from lms.seller.settings import SellerSettings, edit_seller
from tests.buying.buying_fixtures import (
    confirmed,
    details,
    filled,
    open_for_business,
    ordered,
    row,
)
from tests.cancellation_offers import offer_fixtures
from tests.cancellation_offers.offer_fixtures import OTHER
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.live.conftest import to_come as to_come
from tests.live.upcoming_webinar import Quiet
from tests.order_reviews import test_takeovers
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import GROUP, PAY, balanced, documents, paid, placed, read
from tests.seller.seller_settings import COMPLETE


def set_seller(database: Database, settings: SellerSettings) -> None:
    with database.transaction() as session:
        edit_seller(session, settings, actor=None, now=NOW)


def bill(carrel: Carrel) -> None:
    jobs.bill(carrel, JobRun(0, "", "", {}, 1, 1, Quiet()))


def test_billing_waits_until_seller_settings_are_complete(
    carrel: Carrel, database: Database, cast: Cast, clock: Clock
) -> None:
    facts = placed(database, replace(GROUP, bill_on=date(2026, 7, 1)))
    clock.set(datetime.fromisoformat("2026-07-02T12:00+00:00"))
    bill(carrel)
    assert documents(database, facts) == []
    set_seller(database, COMPLETE)
    bill(carrel)
    assert [one[0] for one in documents(database, facts)] == ["invoice"]


def test_confirmed_order_is_billed_once_seller_settings_are_complete(
    carrel: Carrel, database: Database, cast: Cast, clock: Clock
) -> None:
    open_for_business(database)
    facts = ordered(database, filled(database), details())
    set_seller(database, SellerSettings())
    confirmed(database)
    assert not row(database, facts).awaits_proof
    bill(carrel)
    assert documents(database, facts) == []
    set_seller(database, COMPLETE)
    bill(carrel)
    assert [one[0] for one in documents(database, facts)] == ["invoice"]
    assert balanced(database)


def test_organization_cannot_take_over_an_order_without_a_payee(
    database: Database, cast: Cast
) -> None:
    test_takeovers.open_with_domain(database, cast)
    facts, _buyer = test_takeovers.bought(database)
    set_seller(database, SellerSettings())
    with pytest.raises(Conflict, match=NOT_NOW):
        test_takeovers.accept(database, cast)
    assert len(documents(database, facts)) == 1
    set_seller(database, COMPLETE)
    test_takeovers.accept(database, cast)
    assert read(database, facts).organization_id == cast.organization_id


@pytest.mark.usefixtures("to_come")
def test_exchange_with_a_balance_due_is_refused_without_a_payee(
    carrel: Carrel, database: Database
) -> None:
    payers = offer_fixtures.furnish(database)
    set_seller(database, SellerSettings())
    offer_fixtures.cancel(carrel)
    with pytest.raises(Conflict, match=NOT_NOW):
        offer_fixtures.exchange(database, payers.unpaid, OTHER)
    offer_fixtures.exchange(database, payers.check, OTHER)  # paid by its credit, so nothing is due
    set_seller(database, COMPLETE)
    offer_fixtures.exchange(database, payers.unpaid, OTHER)
    assert balanced(database)


def test_bounce_of_a_short_check_is_refused_without_a_payee(database: Database, cast: Cast) -> None:
    facts = placed(database, GROUP)
    payment = paid(database, facts, 32_400)

    def bounce() -> None:
        with database.transaction() as session:
            receiving.reverse(
                session,
                payment,
                Reversal.BOUNCED,
                pay=PAY,
                mail_context=OFFICE,
                actor=None,
                now=NOW,
            )

    with pytest.raises(Conflict, match="Seller settings"):
        bounce()
    set_seller(database, COMPLETE)
    bounce()
    assert read(database, facts).open_minor == 32_500
