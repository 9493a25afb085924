"""Prices of one webinar, series, or presenter replace the standard ones (MONEY.md, M16)."""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.core.database import Database
from lms.core.errors import Invalid
from lms.grants.grants import Target
from lms.models.audit import AuditEntry
from lms.models.catalog import Presenter, Webinar, WebinarPresenter, WebinarSeries
from lms.models.grants import OfferKind, Scope
from lms.pricing.price_list import Price, own_prices, prices_at, read_prices, set_prices
from lms.pricing.quotes import seats_total
from tests import factories
from tests.clock import NOW

SINGLE = Price(OfferKind.SINGLE, 1, 9900, "USD")
FROM_3 = Price(OfferKind.GROUP_SEATS, 3, 7500, "USD")
SHOWING = Price(OfferKind.GROUP_SHOWING, 1, 29900, "USD")
PASS = Price(OfferKind.PASS, 1, 49900, "USD")
GENERAL = (SINGLE, FROM_3, SHOWING, PASS)
CHEAP = Price(OfferKind.SINGLE, 1, 4900, "USD")
CHEAP_FROM_3 = Price(OfferKind.GROUP_SEATS, 3, 3900, "USD")
CHEAP_PASS = Price(OfferKind.PASS, 1, 19900, "USD")


@dataclass(frozen=True, slots=True)
class Shelf:
    """A webinar with a series and presenter, one with the presenter only, one with neither."""

    part: Target
    talk: Target
    other: Target
    series: Target
    presenter: Target


@pytest.fixture
def shelf(database: Database) -> Shelf:
    with database.transaction() as session:
        set_prices(session, GENERAL, actor=None, now=NOW)
        part, talk, other = (
            factories.make_webinar(session, slug).id for slug in ("part", "talk", "other")
        )
        series = add_series(session, "row", part)
        presenter = add_presenter(session, "ann", part, talk)
    return Shelf(
        Target(Scope.WEBINAR, part),
        Target(Scope.WEBINAR, talk),
        Target(Scope.WEBINAR, other),
        series,
        presenter,
    )


def add_series(session: Session, slug: str, *webinars: int) -> Target:
    series = factories.make_series(session, slug)
    session.add_all(WebinarSeries(webinar_id=each, series_id=series.id) for each in webinars)
    return Target(Scope.SERIES, series.id)


def add_presenter(session: Session, slug: str, *webinars: int) -> Target:
    presenter = Presenter(slug=slug, name=slug.title(), created_at=NOW)
    session.add(presenter)
    session.flush()
    session.add_all(
        WebinarPresenter(webinar_id=each, presenter_id=presenter.id, position=1)
        for each in webinars
    )
    return Target(Scope.PRESENTER, presenter.id)


def put(database: Database, target: Target, *prices: Price) -> None:
    with database.transaction() as session:
        set_prices(session, prices, target, actor=None, now=NOW)


def of(database: Database, target: Target) -> tuple[Price, ...]:
    with database.read_session() as session:
        return read_prices(session, target)


def test_standard_prices_apply_without_special_prices(database: Database, shelf: Shelf) -> None:
    for target in (shelf.part, shelf.other, shelf.series, shelf.presenter):
        assert of(database, target) == GENERAL


def test_most_specific_price_applies(database: Database, shelf: Shelf) -> None:
    put(database, shelf.presenter, replace(SHOWING, price_minor=3))
    assert of(database, shelf.part)[2].price_minor == 3
    assert of(database, shelf.talk)[2].price_minor == 3
    put(database, shelf.series, replace(SHOWING, price_minor=2))
    assert of(database, shelf.part)[2].price_minor == 2
    assert of(database, shelf.talk)[2].price_minor == 3
    put(database, shelf.part, replace(SHOWING, price_minor=1))
    assert of(database, shelf.part)[2].price_minor == 1
    assert of(database, shelf.other) == GENERAL
    assert of(database, Target(Scope.EVERYTHING)) == GENERAL


def test_special_price_for_one_replaces_the_standard_group_prices(
    database: Database, shelf: Shelf
) -> None:
    put(database, shelf.part, CHEAP)
    assert of(database, shelf.part) == (CHEAP, SHOWING, PASS)
    assert [seats_total(of(database, shelf.part), seats) for seats in (1, 3)] == [4900, 3 * 4900]


def test_special_group_prices_keep_the_standard_price_for_one(
    database: Database, shelf: Shelf
) -> None:
    put(database, shelf.part, CHEAP_FROM_3)
    assert of(database, shelf.part) == (SINGLE, CHEAP_FROM_3, SHOWING, PASS)
    put(database, shelf.series, CHEAP)
    assert of(database, shelf.part) == (CHEAP, CHEAP_FROM_3, SHOWING, PASS)


def test_special_prices_replace_all_tiers_of_their_kind(database: Database, shelf: Shelf) -> None:
    put(database, shelf.part, CHEAP, replace(CHEAP_FROM_3, minimum=10))
    assert [each.minimum for each in of(database, shelf.part)[:2]] == [1, 10]


def test_cheaper_one_of_two_series_applies_with_its_group_prices(
    database: Database, shelf: Shelf
) -> None:
    with database.transaction() as session:
        second = add_series(session, "second", shelf.part.id or 0)
    put(database, shelf.series, SINGLE, FROM_3)
    put(database, second, CHEAP, CHEAP_FROM_3)
    assert of(database, shelf.part)[:2] == (CHEAP, CHEAP_FROM_3)
    put(database, shelf.series, replace(CHEAP, price_minor=100))
    assert of(database, shelf.part)[0].price_minor == 100


def test_pass_of_a_series_is_not_offered_as_the_all_access_pass(
    database: Database, shelf: Shelf
) -> None:
    put(database, shelf.series, CHEAP_PASS)
    assert of(database, shelf.series) == (SINGLE, FROM_3, SHOWING, CHEAP_PASS)
    assert of(database, shelf.part) == GENERAL


def test_webinar_excluded_from_passes_has_no_pass_price(database: Database, shelf: Shelf) -> None:
    with database.transaction() as session:
        session.get_one(Webinar, shelf.part.id).is_in_passes = False
    assert of(database, shelf.part) == (SINGLE, FROM_3, SHOWING)
    assert of(database, shelf.series) == GENERAL


def test_special_prices_of_a_past_date_can_be_read(database: Database, shelf: Shelf) -> None:
    put(database, shelf.part, CHEAP)
    later = NOW + timedelta(days=9)
    with database.transaction() as session:
        set_prices(session, (), shelf.part, actor=None, now=later)
    with database.read_session() as session:
        assert prices_at(session, later - timedelta(seconds=1), shelf.part)[0] == CHEAP
        assert prices_at(session, later, shelf.part) == GENERAL
        assert own_prices(session, shelf.part) == ()


def test_special_prices_of_each_target_are_audited(database: Database, shelf: Shelf) -> None:
    for target in (shelf.part, shelf.series, shelf.presenter):
        put(database, target, CHEAP)
        put(database, target, replace(CHEAP, price_minor=1))
    with database.read_session() as session:
        acts = session.scalars(select(AuditEntry.act).order_by(AuditEntry.id)).all()
        assert acts == [
            "prices.set",
            *["webinar.prices_set"] * 2,
            *["series.prices_set"] * 2,
            *["presenter.prices_set"] * 2,
        ]
        assert own_prices(session, shelf.series) == (replace(CHEAP, price_minor=1),)


def test_pass_cannot_have_a_price_for_one_webinar(database: Database, shelf: Shelf) -> None:
    with pytest.raises(Invalid) as refusal:
        put(database, shelf.part, CHEAP_PASS)
    assert list(refusal.value.fields) == ["pass"]


def test_all_prices_must_be_in_one_currency(database: Database, shelf: Shelf) -> None:
    for target in (shelf.part, shelf.series):
        with pytest.raises(Invalid) as refusal:
            put(database, target, replace(CHEAP, currency="EUR"))
        assert list(refusal.value.fields) == ["currency"]
    put(database, shelf.part, CHEAP)
    with pytest.raises(Invalid):
        put(database, Target(Scope.EVERYTHING), replace(SINGLE, currency="EUR"))
