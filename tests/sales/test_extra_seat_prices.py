"""More seats for an organization that has some: P4 for a webinar's, C3 for a contract's."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from lms.core.database import Database
from lms.models.grants import OfferKind
from lms.models.sales import Terms
from lms.pricing.price_list import Price, set_prices
from lms.pricing.quotes import Unpriced
from lms.sales.extra_seat_prices import end_of_contract, price_for_the_rest, price_of_more
from lms.sales.payments_refunds_disputes import refund_all
from lms.seats.pools import PoolFacts, pools_of
from tests.cast import Cast
from tests.clock import NOW
from tests.requests.test_requests import OFFICE
from tests.sales.sale_fixtures import GROUP, PRICES, sold

TWO = replace(GROUP, quantity=2, price_minor=19800, terms=Terms.CARD)
CONTRACT = replace(
    GROUP,
    kind=OfferKind.CONTRACT,
    covers="everything",
    quantity=10,
    price_minor=365_000,
    starts_at=datetime(2026, 1, 1, 5, tzinfo=UTC),
    ends_at=datetime(2027, 1, 1, 5, tzinfo=UTC),
)


@pytest.fixture(autouse=True)
def _prices(database: Database) -> None:
    with database.transaction() as session:
        set_prices(session, PRICES, actor=None, now=NOW - timedelta(days=9))


def pool_of(database: Database, cast: Cast) -> PoolFacts:
    with database.read_session() as session:
        (pool,) = pools_of(session, cast.organization_id)
    return pool


def price(database: Database, cast: Cast, more: int, *, at: datetime) -> int | Unpriced:
    pool = pool_of(database, cast)
    with database.read_session() as session:
        return price_of_more(session, pool, more, now=at)


@pytest.mark.parametrize(("days", "minor"), [(0, 12700), (29, 12700), (30, 22500), (400, 22500)])
def test_three_more_cost_the_difference_for_thirty_days(
    database: Database, cast: Cast, days: int, minor: int
) -> None:
    sold(database, TWO)
    assert price(database, cast, 3, at=NOW + timedelta(days=days)) == minor


def test_what_was_added_counts_for_the_next(database: Database, cast: Cast) -> None:
    sold(database, TWO)
    sold(database, replace(GROUP, quantity=3, price_minor=12700))
    assert price(database, cast, 1, at=NOW) == 39000 - 32500


def test_a_refunded_order_counts_for_nothing(database: Database, cast: Cast) -> None:
    facts = sold(database, TWO)
    with database.transaction() as session:
        refund_all(session, facts.public_id, links=OFFICE.links, actor=None, now=NOW)
    assert price(database, cast, 3, at=NOW) == 22500


def test_the_difference_is_told_at_the_prices_of_the_order_s_day(
    database: Database, cast: Cast
) -> None:
    sold(database, TWO)
    dearer = [replace(each, price_minor=2 * each.price_minor) for each in PRICES]
    with_a_tier_more = [*dearer, Price(OfferKind.GROUP_SEATS, 4, 14000, "USD")]
    with database.transaction() as session:
        set_prices(session, with_a_tier_more, actor=None, now=NOW + timedelta(days=1))
    assert price(database, cast, 2, at=NOW + timedelta(days=2)) == 4 * 7500 - 19800
    assert price(database, cast, 2, at=NOW + timedelta(days=30)) == 2 * 19800


def test_seats_added_to_a_contract_are_priced_by_the_day(database: Database, cast: Cast) -> None:
    sold(database, CONTRACT)
    pool = pool_of(database, cast)
    day = datetime(2026, 12, 1, 15, tzinfo=UTC)
    with database.read_session() as session:
        assert price_for_the_rest(session, pool, 2, OFFICE.zone, now=day) == 2 * 100 * 31
        assert end_of_contract(session, pool, OFFICE.zone, now=day) == date(2026, 12, 31)


def test_seats_added_to_a_renewed_contract_last_and_cost_to_its_last_end(
    database: Database, cast: Cast
) -> None:
    sold(database, CONTRACT)
    june, december = (datetime(2026, month, 1, 15, tzinfo=UTC) for month in (6, 12))
    more = replace(CONTRACT, quantity=2, price_minor=2 * 100 * 214, starts_at=june)
    sold(database, more)
    next_year = {"starts_at": CONTRACT.ends_at, "ends_at": datetime(2028, 1, 1, 5, tzinfo=UTC)}
    sold(database, replace(CONTRACT, price_minor=730_000, **next_year))
    pool = pool_of(database, cast)
    with database.read_session() as session:
        assert end_of_contract(session, pool, OFFICE.zone, now=december) == date(2027, 12, 31)
        both_terms = 2 * 100 * 31 + 2 * 200 * 365
        assert price_for_the_rest(session, pool, 2, OFFICE.zone, now=december) == both_terms


def test_a_contract_that_is_over_has_no_rest(database: Database, cast: Cast) -> None:
    sold(database, CONTRACT)
    pool = pool_of(database, cast)
    after = datetime(2027, 1, 2, tzinfo=UTC)
    with database.read_session() as session:
        found = price_for_the_rest(session, pool, 2, OFFICE.zone, now=after)
        assert found == Unpriced(OfferKind.CONTRACT)
        assert end_of_contract(session, pool, OFFICE.zone, now=after) is None
