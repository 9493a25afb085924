"""Prices are stored in versions, and sales keep the version they were sold at."""

from collections.abc import Sequence

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.core.errors import Invalid
from lms.grants.grants import Target
from lms.models.grants import Offer, OfferKind, Scope
from lms.pricing.price_list import Price, pass_prices, read_prices, say_money, set_prices
from tests.clock import NOW
from tests.factories import make_series

SINGLE = Price(OfferKind.SINGLE, 1, 9900, "USD")
FROM_3 = Price(OfferKind.GROUP_SEATS, 3, 7500, "USD")
FROM_5 = Price(OfferKind.GROUP_SEATS, 5, 6500, "USD")
PASS = Price(OfferKind.PASS, 1, 49900, "USD")


def priced(database: Database, *prices: Price) -> int:
    with database.transaction() as session:
        return set_prices(session, prices, actor=None, now=NOW)


def standing(database: Database) -> Sequence[Price]:
    with database.read_session() as session:
        return read_prices(session)


def test_new_installation_has_no_prices(database: Database) -> None:
    assert standing(database) == ()


def test_prices_are_listed_by_offer_and_tier(database: Database) -> None:
    priced(database, PASS, FROM_5, SINGLE, FROM_3)
    assert standing(database) == (SINGLE, FROM_3, FROM_5, PASS)


def test_price_of_one_pass_is_listed_for_everything_and_for_a_series(
    database: Database,
) -> None:
    priced(database, SINGLE, PASS, Price(OfferKind.PASS, 3, 39900, "USD"))
    own = Price(OfferKind.PASS, 1, 19900, "USD")
    with database.transaction() as session:
        series = Target(Scope.SERIES, make_series(session, "basics").id)
        set_prices(session, [own], series, actor=None, now=NOW)
        assert pass_prices(session) == {
            (Scope.EVERYTHING, ""): PASS,
            (Scope.SERIES, "basics"): own,
        }


def test_changed_price_is_retired_and_replaced_by_the_next_version(
    database: Database,
) -> None:
    priced(database, SINGLE, PASS)
    dearer = Price(OfferKind.SINGLE, 1, 10900, "USD")
    assert priced(database, dearer, PASS) == 1
    assert standing(database) == (dearer, PASS)
    with database.read_session() as session:
        kept = session.execute(
            select(Offer.version, Offer.price_minor, Offer.retired_at.is_(None))
            .where(Offer.kind == OfferKind.SINGLE)
            .order_by(Offer.version)
        )
        assert [tuple(row) for row in kept] == [(1, 9900, False), (2, 10900, True)]


def test_setting_the_same_prices_changes_nothing(database: Database) -> None:
    priced(database, SINGLE)
    assert priced(database, SINGLE) == 0


def test_omitted_price_is_retired_and_can_return(
    database: Database,
) -> None:
    priced(database, SINGLE, PASS)
    priced(database, SINGLE)
    assert standing(database) == (SINGLE,)
    priced(database, SINGLE, PASS)
    assert standing(database) == (SINGLE, PASS)


@pytest.mark.parametrize(
    ("prices", "field"),
    [
        ((Price(OfferKind.SINGLE, 1, -1, "USD"),), "single"),
        ((Price(OfferKind.SINGLE, 1, 100_000_001, "USD"),), "single"),
        ((FROM_3, FROM_3), "group_seats-3"),
        ((Price(OfferKind.SINGLE, 1, 1, "QQQ"),), "currency"),
        ((SINGLE, Price(OfferKind.PASS, 1, 1, "EUR")), "currency"),
    ],
)
def test_error_names_its_line(database: Database, prices: tuple[Price, ...], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        priced(database, *prices)
    assert list(refusal.value.fields) == [field]
    assert standing(database) == ()


@pytest.mark.parametrize(
    ("minor", "currency", "said"),
    [
        (9900, "USD", "$99.00"),
        (123456789, "USD", "$1,234,567.89"),
        (0, "USD", "$0.00"),
        (500, "JPY", "¥500"),
        (1050, "EUR", "€10.50"),
    ],
)
def test_amount_is_written_with_its_currency_symbol(minor: int, currency: str, said: str) -> None:
    assert say_money(minor, currency) == said
