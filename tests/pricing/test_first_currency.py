"""The first order, quote, or payment fixes the currency; test orders and past sales don't."""

from dataclasses import replace
from datetime import date

import pytest

from lms.core.database import Database
from lms.core.errors import Invalid
from lms.models.orders import Terms
from lms.models.payments import PaymentMethod
from lms.payments import payments
from lms.payments.payments import NewPayment
from lms.pricing.price_list import Price, currency_of, set_prices
from lms.sales import orders, quotes
from lms.sales.new_orders import NewOrder
from tests.cast import Cast
from tests.clock import NOW
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import GROUP, PRICES, SEAT, placed

EUROS = tuple(replace(one, currency="EUR") for one in PRICES)


def put(database: Database, prices: tuple[Price, ...]) -> None:
    with database.transaction() as session:
        set_prices(session, prices, actor=None, now=NOW)


def is_changeable(database: Database) -> bool:
    try:
        put(database, EUROS)
    except Invalid:
        return False
    return True


@pytest.mark.parametrize("new", [GROUP, SEAT, replace(GROUP, bill_on=date(2026, 7, 1))])
def test_order_fixes_the_currency(database: Database, cast: Cast, new: NewOrder) -> None:
    put(database, PRICES)
    placed(database, new)
    assert not is_changeable(database)
    put(database, ())
    assert not is_changeable(database)
    with database.read_session() as session:
        assert currency_of(session) == "USD"
    put(database, PRICES[:1])


def test_quote_fixes_the_currency_but_a_draft_does_not(database: Database, cast: Cast) -> None:
    put(database, PRICES)
    with database.transaction() as session:
        orders.draft(session, GROUP, actor=None, now=NOW)
    assert is_changeable(database)
    put(database, PRICES)
    with database.transaction() as session:
        order = orders.draft(session, GROUP, actor=None, now=NOW)
        quotes.issue_quote(session, order, mail_context=OFFICE, actor=None, now=NOW)
    assert not is_changeable(database)


def test_payment_fixes_the_currency(database: Database, cast: Cast) -> None:
    put(database, PRICES)
    paid = NewPayment(
        PaymentMethod.CASH, "USD", 9_900, date(2026, 3, 2), organization_id=cast.organization_id
    )
    with database.transaction() as session:
        payments.record(session, paid, actor=None, now=NOW)
    assert not is_changeable(database)


def test_currency_is_kept_without_prices(database: Database, cast: Cast) -> None:
    put(database, EUROS)
    placed(database, replace(GROUP, currency="EUR"))
    put(database, ())
    with database.read_session() as session:
        assert currency_of(session) == "EUR"


@pytest.mark.parametrize(
    "new", [replace(GROUP, livemode=False), replace(GROUP, terms=Terms.HISTORY)]
)
def test_test_orders_and_past_sales_do_not_fix_the_currency(
    database: Database, cast: Cast, new: NewOrder
) -> None:
    put(database, PRICES)
    placed(database, new)
    assert is_changeable(database)
