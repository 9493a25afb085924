"""Prices of more seats (P4, C3) and of renewals (C5), which are separate actions."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import update

from lms.core.database import Database
from lms.models.documents import CreditReason
from lms.models.grants import Grant, OfferKind
from lms.models.orders import LineAct, Terms
from lms.models.seats import Pool
from lms.pricing.price_list import Price, set_prices
from lms.pricing.quotes import Unpriced
from lms.sales import cancellations, corrections, orders
from lms.sales.corrections import Correction
from lms.sales.credit_notes import Credit
from lms.sales.line_corrections import LineChange
from lms.sales.read_models import OrderFacts
from lms.sales.seat_prices import (
    MoreSeats,
    RenewalPrice,
    price_for_the_rest,
    price_of_more,
    price_of_renewal,
)
from lms.seats.pools import PoolFacts, pools_of
from tests.cast import Cast
from tests.clock import NOW
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import (
    GROUP,
    PRICES,
    credited,
    first_line,
    locked,
    paid,
    placed,
    with_line,
)

TWO = replace(with_line(GROUP, quantity=2, price_minor=19_800), terms=Terms.CARD)
CONTRACT = with_line(
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


def price(database: Database, cast: Cast, more: int, *, at: datetime = NOW) -> int:
    pool = pool_of(database, cast)
    with database.read_session() as session:
        found = price_of_more(session, pool, more, now=at)
    assert isinstance(found, MoreSeats)
    return found.price_minor


def add(database: Database, facts: OrderFacts, seats: int, price_minor: int) -> OrderFacts:
    line = first_line(database, facts).public_id
    return placed(
        database,
        with_line(
            GROUP,
            quantity=seats,
            price_minor=price_minor,
            act=LineAct.MORE_SEATS,
            adds_to=line,
        ),
    )


@pytest.mark.parametrize(("days", "minor"), [(0, 12700), (29, 12700), (30, 22500), (400, 22500)])
def test_three_seats_added_to_two_cost_the_difference_for_thirty_days(
    database: Database, cast: Cast, days: int, minor: int
) -> None:
    placed(database, TWO)
    assert price(database, cast, 3, at=NOW + timedelta(days=days)) == minor


def test_two_more_seats_on_three_cost_100_dollars(database: Database, cast: Cast) -> None:
    placed(database, with_line(GROUP, quantity=3, price_minor=22_500))
    assert price(database, cast, 2) == 10_000


def test_seat_that_lowers_the_total_price_costs_nothing(database: Database, cast: Cast) -> None:
    steep = [replace(each, price_minor=5_000) if each.minimum == 5 else each for each in PRICES]
    with database.transaction() as session:
        set_prices(session, steep, actor=None, now=NOW - timedelta(days=8))
    placed(database, with_line(GROUP, quantity=4, price_minor=30_000))
    assert price(database, cast, 1) == 0


def test_thirty_days_start_with_payment(database: Database, cast: Cast) -> None:
    facts = placed(database, replace(TWO, terms=Terms.INVOICE))
    late = NOW + timedelta(days=100)
    assert price(database, cast, 3, at=late) == 12_700
    paid(database, facts, at=late)
    assert price(database, cast, 3, at=late + timedelta(days=29)) == 12_700
    assert price(database, cast, 3, at=late + timedelta(days=30)) == 22_500


def test_partly_paid_order_counts_as_unpaid(database: Database, cast: Cast) -> None:
    facts = placed(database, replace(TWO, terms=Terms.INVOICE))
    paid(database, facts, 10_000, at=NOW + timedelta(days=10))
    late = NOW + timedelta(days=100)
    assert price(database, cast, 3, at=late) == 12_700
    paid(database, facts, 9_800, at=late)
    assert price(database, cast, 3, at=late + timedelta(days=29)) == 12_700
    assert price(database, cast, 3, at=late + timedelta(days=30)) == 22_500


def test_added_seats_count_toward_the_next_price(database: Database, cast: Cast) -> None:
    facts = placed(database, TWO)
    add(database, facts, 3, 12_700)
    assert price(database, cast, 1) == 39_000 - 32_500


def test_added_seats_count_after_the_first_line_is_corrected(
    database: Database, cast: Cast
) -> None:
    facts = placed(database, TWO)
    add(database, facts, 3, 12_700)
    change = LineChange(first_line(database, facts).public_id, 2, 18_000)
    with database.transaction() as session:
        order = locked(session, facts)
        fix = Correction(lines=(change,))
        corrections.correct(session, order, fix, mail_context=OFFICE, actor=None, now=NOW)
    assert price(database, cast, 1) == 39_000 - 32_500


def test_seats_of_drafts_and_canceled_orders_do_not_count(database: Database, cast: Cast) -> None:
    first = placed(database, TWO)
    wanted = price(database, cast, 3)
    line = first_line(database, first).public_id
    more = with_line(TWO, quantity=3, price_minor=wanted, act=LineAct.MORE_SEATS, adds_to=line)
    with database.transaction() as session:
        orders.draft(session, more, actor=None, now=NOW)
    assert price(database, cast, 3) == wanted
    canceled = placed(database, replace(more, terms=Terms.INVOICE, bill_on=date(2027, 1, 1)))
    assert price(database, cast, 3) != wanted
    with database.transaction() as session:
        order = locked(session, canceled)
        cancellations.cancel(session, order, actor=None, now=NOW)
    assert price(database, cast, 3) == wanted


def test_discount_does_not_change_the_price_of_more_seats(database: Database, cast: Cast) -> None:
    placed(database, with_line(TWO, price_minor=9_800, discount_minor=10_000))
    assert price(database, cast, 3) == 12_700


def test_returned_order_does_not_count(database: Database, cast: Cast) -> None:
    credited(database, placed(database, TWO))
    assert price(database, cast, 3) == 22_500


def test_returned_seats_do_not_count(database: Database, cast: Cast) -> None:
    facts = placed(database, GROUP)
    line = first_line(database, facts).public_id
    credited(database, facts, CreditReason.RETURN, Credit(line, seats=2))
    assert price(database, cast, 2) == 10_000  # from three seats to five


def test_price_difference_uses_the_prices_of_the_order_date(database: Database, cast: Cast) -> None:
    placed(database, TWO)
    dearer = [replace(each, price_minor=2 * each.price_minor) for each in PRICES]
    with_a_tier_more = [*dearer, Price(OfferKind.GROUP_SEATS, 4, 14000, "USD")]
    with database.transaction() as session:
        set_prices(session, with_a_tier_more, actor=None, now=NOW + timedelta(days=1))
    assert price(database, cast, 2, at=NOW + timedelta(days=2)) == 4 * 7500 - 19800
    assert price(database, cast, 2, at=NOW + timedelta(days=30)) == 2 * 19800


def test_special_prices_apply_to_more_seats_after_thirty_days(
    database: Database, cast: Cast
) -> None:
    placed(database, TWO)
    target = pool_of(database, cast).target
    own = [Price(OfferKind.SINGLE, 1, 4_000, "USD"), Price(OfferKind.GROUP_SEATS, 3, 3_000, "USD")]
    with database.transaction() as session:
        set_prices(session, own, target, actor=None, now=NOW + timedelta(days=1))
    assert price(database, cast, 3, at=NOW + timedelta(days=2)) == 12_700
    assert price(database, cast, 3, at=NOW + timedelta(days=30)) == 9_000


def test_seats_added_to_a_contract_are_prorated_by_day(database: Database, cast: Cast) -> None:
    placed(database, CONTRACT)
    pool = pool_of(database, cast)
    day = datetime(2026, 12, 1, 15, tzinfo=UTC)
    with database.read_session() as session:
        assert price_for_the_rest(session, pool, 2, OFFICE.zone, now=day) == 2 * 100 * 31


def test_seats_added_to_a_renewed_contract_are_prorated_to_its_last_end(
    database: Database, cast: Cast
) -> None:
    placed(database, CONTRACT)
    placed(database, with_line(CONTRACT, act=LineAct.RENEWAL, price_minor=730_000, **_next_year()))
    pool, december = pool_of(database, cast), datetime(2026, 12, 1, 15, tzinfo=UTC)
    with database.read_session() as session:
        both_terms = 2 * 100 * 31 + 2 * 200 * 365
        assert price_for_the_rest(session, pool, 2, OFFICE.zone, now=december) == both_terms


def test_ended_contract_has_no_prorated_price(database: Database, cast: Cast) -> None:
    placed(database, CONTRACT)
    pool, after = pool_of(database, cast), datetime(2027, 1, 2, tzinfo=UTC)
    with database.read_session() as session:
        found = price_for_the_rest(session, pool, 2, OFFICE.zone, now=after)
        assert found == Unpriced(OfferKind.CONTRACT)


def test_renewal_costs_the_last_full_term_price_for_each_current_seat(
    database: Database, cast: Cast
) -> None:
    placed(database, with_line(CONTRACT, quantity=12, price_minor=318_000))
    with database.read_session() as session:
        assert price_of_renewal(session, pool_of(database, cast)) == RenewalPrice(318_000, 12)
    more = with_line(
        CONTRACT,
        quantity=2,
        price_minor=12_345,
        act=LineAct.MORE_SEATS,
        starts_at=NOW,
    )
    placed(database, more)
    with database.read_session() as session:
        assert price_of_renewal(session, pool_of(database, cast)) == RenewalPrice(371_000, 14)


def test_renewal_price_does_not_include_the_discount(database: Database, cast: Cast) -> None:
    placed(database, with_line(CONTRACT, price_minor=300_000, discount_minor=65_000))
    with database.read_session() as session:
        assert price_of_renewal(session, pool_of(database, cast)) == RenewalPrice(365_000, 10)


def _next_year() -> dict[str, datetime | None]:
    return {
        "starts_at": CONTRACT.lines[0].ends_at,
        "ends_at": datetime(2028, 1, 1, 5, tzinfo=UTC),
    }


def test_ended_contract_is_renewed_with_the_seats_it_had(database: Database, cast: Cast) -> None:
    placed(database, CONTRACT)
    placed(database, with_line(CONTRACT, quantity=2, price_minor=60_000, act=LineAct.MORE_SEATS))
    with database.transaction() as session:
        ends_at = CONTRACT.lines[0].ends_at
        session.execute(update(Grant).values(ends_at=ends_at, grace_until=ends_at))
        session.execute(update(Pool).values(capacity=0))
    pool = pool_of(database, cast)
    with database.read_session() as session:
        assert price_of_renewal(session, pool) == RenewalPrice(438_000, 12)
