"""Special prices of one webinar, series, or presenter, set by the seller's owners."""

from collections.abc import Mapping

import pytest

from lms.core.database import Database
from lms.models.catalog import Webinar
from lms.models.grants import OfferKind
from lms.pricing.price_list import FOR_SEVERAL_ONLY, Price, set_prices
from lms.web.pricing.price_form_lines import ENTER_AMOUNTS
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import make_series
from tests.page_texts import shows
from tests.visitor import Visitor

GENERAL = (
    Price(OfferKind.SINGLE, 1, 9900, "USD"),
    Price(OfferKind.GROUP_SEATS, 3, 7500, "USD"),
    Price(OfferKind.PASS, 1, 49900, "USD"),
)


@pytest.fixture
def path(database: Database, cast: Cast) -> str:
    with database.transaction() as session:
        set_prices(session, GENERAL, actor=None, now=NOW)
        public_id = session.get_one(Webinar, cast.webinar_id).public_id
    return f"/staff/prices/webinar/{public_id}"


def lines(*amounts: tuple[str, str, str]) -> Mapping[str, object]:
    kinds, minimums, prices = zip(*amounts, strict=True)
    return {"kind": list(kinds), "minimum": list(minimums), "amount": list(prices), "act": "save"}


def test_only_owners_can_open_the_page(client: Visitor, cast: Cast, path: str) -> None:
    assert client.get(path).status_code == 303
    for person in (cast.alice, cast.mia, cast.ada):
        client.sign_in(person.id)
        assert client.get(path).status_code == 404
        assert client.post(path, data=lines(("single", "1", "1"))).status_code == 404


def test_unknown_pages_are_not_found(owner: Visitor, path: str) -> None:
    for wrong in ("webinar/none", "everything/none", path.rsplit("/", 1)[1]):
        assert owner.get(f"/staff/prices/{wrong}").status_code == 404


def test_webinar_can_get_a_special_price_and_return_to_the_standard(
    owner: Visitor, cast: Cast, path: str
) -> None:
    staff_page = f"/staff/webinars/{cast.slug}"
    assert 'data-testid="standard-prices"' in owner.get(staff_page).text
    assert 'placeholder="99.00"' in owner.get(path).text
    sent = lines(("single", "1", "49"), ("group_seats", "3", ""))
    answer = owner.post(path, data=sent)
    assert (answer.status_code, answer.location) == (303, staff_page)
    assert "$49.00" in owner.get(staff_page).text
    page = owner.get(f"/webinars/{cast.slug}").text
    assert "$49.00" in page
    assert "$75.00" not in page
    assert path in owner.get("/staff/prices").text
    assert owner.post(path, data={"act": "general"}).status_code == 303
    assert "$99.00" in owner.get(f"/webinars/{cast.slug}").text
    assert path not in owner.get("/staff/prices").text


def test_invalid_prices_are_refused_and_preserve_input(owner: Visitor, path: str) -> None:
    answer = owner.post(path, data=lines(("single", "1", "a lot"), ("group_seats", "3", "39")))
    assert answer.status_code == 400
    assert 'value="a lot"' in answer.text
    assert 'value="39"' in answer.text
    assert shows(answer.text, ENTER_AMOUNTS)
    refused = owner.post(path, data=lines(("pass", "1", "10")))
    assert refused.status_code == 400
    assert shows(refused.text, FOR_SEVERAL_ONLY)


def test_special_price_of_a_series_is_on_its_staff_page(
    owner: Visitor, database: Database, path: str
) -> None:
    with database.transaction() as session:
        series = make_series(session, "reading").public_id
    own = lines(("pass", "1", "199"))
    assert owner.post(f"/staff/prices/series/{series}", data=own).status_code == 303
    assert "$199.00" in owner.get(f"/staff/series/{series}").text
