"""The passes page, the buy box for people without access, and purchase warnings (A6)."""

from datetime import timedelta

import pytest
from lxml.html import document_fromstring
from sqlalchemy import select

from lms.core.database import Database
from lms.grants.grants import Target
from lms.models.accounts import Login
from lms.models.catalog import Webinar, WebinarSeries
from lms.models.grants import OfferKind, Scope
from lms.pricing.price_list import Price, set_prices
from lms.web.buying.cart import ONE_YEAR_PASS
from lms.web.pricing.buy_box import HAS_IT
from lms.web.pricing.buy_box import HAS_PASS as INCLUDED
from tests.buying.buying_fixtures import open_for_business
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import make_grant, make_series, make_webinar
from tests.page_texts import is_empty, shows
from tests.visitor import Visitor
from tests.web.buying.shopping import fill

pytestmark = pytest.mark.usefixtures("cast", "_open", "clock")
PAYS_TWICE = "notice-attention"


@pytest.fixture
def _open(database: Database) -> None:
    open_for_business(database)


def test_passes_page_is_public_and_shows_no_access_of_others(client: Visitor, cast: Cast) -> None:
    page = client.get("/passes")
    assert "$499.00" in page.text
    assert INCLUDED not in page.text
    for path in ("/", "/webinars", "/purchasing"):
        assert 'href="/passes"' in client.get(path).text
    client.sign_in(cast.dan.id)
    assert INCLUDED not in client.get("/passes").text


def test_passes_page_is_empty_without_pass_prices(client: Visitor, database: Database) -> None:
    with database.transaction() as session:
        set_prices(session, (Price(OfferKind.SINGLE, 1, 9900, "USD"),), actor=None, now=NOW)
    assert is_empty(client.get("/passes").text)


def test_pass_can_be_bought_from_its_page(client: Visitor) -> None:
    box = {"covers": "everything", "choice": "pass", "pass_covers": "everything"}
    assert client.post("/cart", data=box).location == "/checkout"
    page = client.get("/checkout").text
    assert "$499.00" in page
    assert shows(page, ONE_YEAR_PASS)


@pytest.mark.parametrize(
    ("own", "offered"),
    [
        (None, ["everything"]),
        (49_900, ["everything"]),
        (19_900, ["series:basics", "everything"]),
    ],
)
def test_series_pass_is_offered_only_if_it_costs_less(
    client: Visitor, database: Database, cast: Cast, own: int | None, offered: list[str]
) -> None:
    with database.transaction() as session:
        series = make_series(session, "basics")
        session.add(WebinarSeries(webinar_id=cast.webinar_id, series_id=series.id, position=1))
        if own is not None:
            price = (Price(OfferKind.PASS, 1, own, "USD"),)
            set_prices(session, price, Target(Scope.SERIES, series.id), actor=None, now=NOW)
    scopes = "//select[@name='pass_covers']/option/@value | //input[@name='pass_covers']/@value"
    for path in ("/series/basics", f"/webinars/{cast.slug}"):
        page = document_fromstring(client.get(path).text)
        assert page.xpath(scopes) == offered, path


def test_person_with_a_pass_is_warned_before_buying_another(client: Visitor, cast: Cast) -> None:
    client.sign_in(cast.bob.id)
    assert INCLUDED in client.get("/passes").text
    fill(client, covers="everything", choice="pass", pass_covers="everything")
    assert PAYS_TWICE in client.get("/cart").text
    assert PAYS_TWICE in client.get("/checkout").text
    client.sign_in(cast.carol.id)  # Carol's pass has ended
    assert INCLUDED not in client.get("/passes").text


def test_person_with_access_is_warned_and_can_buy_for_others(client: Visitor, cast: Cast) -> None:
    for person in (cast.alice, cast.bob):
        client.sign_in(person.id)
        page = client.get(f"/webinars/{cast.slug}").text
        assert shows(page, HAS_IT)
        assert 'id="buy-me"' not in page
        assert 'id="buy-team"' in page
    fill(client)
    assert PAYS_TWICE in client.get("/cart").text


def test_seats_for_others_show_no_duplicate_purchase_warning(client: Visitor, cast: Cast) -> None:
    client.sign_in(cast.alice.id)
    fill(client, choice="team", seats="3")
    assert PAYS_TWICE not in client.get("/cart").text


def test_checkout_does_not_reveal_what_an_address_has(client: Visitor, cast: Cast) -> None:
    fill(client)
    assert PAYS_TWICE not in client.get("/cart").text
    answer = client.post("/checkout", data={"name": "", "email": cast.alice.email})
    assert PAYS_TWICE not in answer.text


def test_watch_page_without_access_offers_to_buy(client: Visitor, cast: Cast) -> None:
    client.sign_in(cast.dan.id)
    answer = client.get(f"/webinars/{cast.slug}/watch")
    assert answer.status_code == 403
    assert 'id="buy-me"' in answer.text
    client.sign_in(cast.carol.id)
    assert 'id="buy-me"' in client.get(f"/webinars/{cast.slug}/watch").text


def test_live_page_without_access_offers_to_buy(
    client: Visitor, database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        make_webinar(session, "tomorrow", held_at=NOW + timedelta(minutes=20))
    client.sign_in(cast.dan.id)
    answer = client.get("/webinars/tomorrow/live")
    assert answer.status_code == 403
    assert 'id="buy-me"' in answer.text


def test_watch_page_with_suspended_access_does_not_offer_to_buy(
    client: Visitor, database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        webinar = session.scalars(select(Webinar).where(Webinar.id == cast.webinar_id)).one()
        grant = make_grant(session, session.get_one(Login, cast.dan.id), webinar)
        grant.suspended_at = NOW
    client.sign_in(cast.dan.id)
    answer = client.get(f"/webinars/{cast.slug}/watch")
    assert answer.status_code == 403
    assert 'id="buy-me"' not in answer.text
