"""Prices on the cards of lists, and the ways to buy on the home page."""

import pytest

from lms.core.database import Database
from lms.grants.grants import Target
from lms.models.catalog import Presenter, Webinar, WebinarPresenter, WebinarSeries
from lms.models.grants import OfferKind, Scope
from lms.pricing.price_list import Price, price_for_one, set_prices
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.factories import make_series
from tests.visitor import Visitor

SINGLE = Price(OfferKind.SINGLE, 1, 9900, "USD")
OTHERS = (
    Price(OfferKind.GROUP_SEATS, 3, 7500, "USD"),
    Price(OfferKind.GROUP_SHOWING, 1, 29900, "USD"),
    Price(OfferKind.PASS, 1, 49900, "USD"),
)


@pytest.fixture
def lists(database: Database, cast: Cast, clock: Clock) -> tuple[str, ...]:
    """Return the paths of the pages that list the cast's webinar."""
    with database.transaction() as session:
        set_prices(session, (SINGLE, *OTHERS), actor=None, now=NOW)
        ann = Presenter(slug="ann", name="Ann Falk", created_at=NOW)
        session.add(ann)
        series = make_series(session, "steps")
        session.flush()
        session.add_all(
            [
                WebinarPresenter(webinar_id=cast.webinar_id, presenter_id=ann.id, position=1),
                WebinarSeries(webinar_id=cast.webinar_id, series_id=series.id),
            ]
        )
    return ("/", "/webinars", "/series/steps", "/presenters/ann")


def test_only_people_without_access_see_prices(
    client: Visitor, cast: Cast, lists: tuple[str, ...]
) -> None:
    for who, is_told in (("nobody", True), ("dan", True), ("carol", True), ("alice", False)):
        if who != "nobody":
            client.sign_in(getattr(cast, who).id)
        for path in lists:
            assert ("From $99" in client.get(path).text) is is_told, (who, path)


def test_special_price_of_a_webinar_is_on_its_card(
    client: Visitor, database: Database, cast: Cast, lists: tuple[str, ...]
) -> None:
    with database.transaction() as session:
        own = [Price(OfferKind.SINGLE, 1, 4950, "USD")]
        set_prices(session, own, Target(Scope.WEBINAR, cast.webinar_id), actor=None, now=NOW)
    for path in lists:
        page = client.get(path).text
        assert "From $49.50" in page
        assert "From $99" not in page


def test_a_free_webinar_has_no_price(
    client: Visitor, database: Database, cast: Cast, lists: tuple[str, ...]
) -> None:
    with database.transaction() as session:
        session.get_one(Webinar, cast.webinar_id).free = True
    for path in lists:
        assert "From $" not in client.get(path).text


def test_price_for_one_person_leaves_out_groups_and_passes() -> None:
    group, showing, annual = OTHERS
    assert price_for_one((SINGLE, group, showing, annual)) == SINGLE
    assert price_for_one((group, showing)) == showing
    assert price_for_one((annual,)) is None
    assert price_for_one(()) is None


def test_short_price_leaves_out_zero_cents() -> None:
    for minor, currency, said in (
        (9900, "USD", "$99"),
        (123400, "USD", "$1,234"),
        (4950, "USD", "$49.50"),
        (1200, "JPY", "¥1,200"),
    ):
        assert Price(OfferKind.SINGLE, 1, minor, currency).said_shortly == said


def test_home_page_shows_prices_and_ways_to_buy(
    client: Visitor, cast: Cast, lists: tuple[str, ...]
) -> None:
    page = client.get("/").text
    prices = page.partition('id="prices"')[2].partition("</section>")[0]
    for said in ("Just me", "My team", "$299.00", "All-access pass", "/passes", "/purchasing"):
        assert said in prices
