"""The cart: it belongs to one browser, and needs no account and no script."""

import re

import pytest
from flask import Flask

from lms.core.database import Database
from lms.web.buying.cart import HERE, IN_LMS
from tests.buying.buying_fixtures import open_for_business
from tests.cast import Cast
from tests.clock import Clock
from tests.page_texts import is_empty
from tests.visitor import Visitor
from tests.web.buying.shopping import BOX, fill

pytestmark = pytest.mark.usefixtures("cast", "_open", "clock")


@pytest.fixture
def _open(database: Database) -> None:
    open_for_business(database)


def line_of(client: Visitor) -> str:
    """Return the address of the form that changes the first line of the cart."""
    found = re.search(r'action="(/cart/\w+)"', client.get("/cart").text)
    assert found
    return found[1]


def test_no_one_sees_or_changes_the_cart_of_another_browser(client: Visitor, app: Flask) -> None:
    fill(client)
    other = app.test_client()
    assert is_empty(other.get("/cart").text)
    assert other.get("/checkout").location == "/cart"
    assert other.post(line_of(client), data={"act": "remove"}).status_code == 404
    assert not is_empty(client.get("/cart").text)


def test_nothing_is_added_without_a_csrf_token(client: Visitor) -> None:
    assert client.post("/cart", data=BOX, headers={"X-CSRFToken": ""}).status_code == 400


def test_several_items_can_be_added_changed_and_removed(client: Visitor) -> None:
    answer = client.post("/cart", data={**BOX, "choice": "team", "seats": "5", "then": "stay"})
    assert answer.location == "/cart"
    fill(client, choice="showing")
    page = client.get("/cart").text
    assert "$325.00" in page
    assert "$624.00" in page
    client.post(line_of(client), data={"seats": "3"})
    assert "$225.00" in client.get("/cart").text
    client.post(line_of(client), data={"act": "remove"})
    assert "$225.00" not in client.get("/cart").text


@pytest.mark.parametrize(("through", "place"), [("here", HERE), ("lms", IN_LMS)])
def test_cart_and_checkout_say_where_library_staff_watch(
    client: Visitor, through: str, place: str
) -> None:
    fill(client, choice="library", delivered_through=through)
    for path in ("/cart", "/checkout"):
        assert place in client.get(path).text, path
    client.post("/cart", data={**BOX, "choice": "library", "delivered_through": "lms"})
    assert client.get("/cart").text.count(IN_LMS) == 1


def test_where_to_watch_is_not_shown_for_a_personal_purchase(client: Visitor) -> None:
    fill(client)
    assert HERE not in client.get("/cart").text


def test_cheaper_offers_are_collapsed_among_several_items(client: Visitor) -> None:
    fill(client, choice="team", seats="8")
    folded = "Save with Group viewing: $299.00"
    assert folded not in client.get("/cart").text
    fill(client, choice="library")
    page = client.get("/cart").text
    assert folded in page
    assert "Switch to Group viewing: $299.00" in page


def test_cart_can_switch_to_a_cheaper_offer(client: Visitor) -> None:
    fill(client, choice="team", seats="8")
    page = client.get("/cart").text
    assert 'value="institutional"' in page
    client.post(line_of(client), data={"instead": "institutional", "seats": "8"})
    assert "$499.00" in client.get("/cart").text


@pytest.mark.parametrize(
    "wrong",
    [{"choice": "none"}, {"choice": "team", "seats": "many"}, {"covers": "webinar:none"}],
)
def test_unavailable_choice_is_refused_with_a_message(
    client: Visitor, wrong: dict[str, str]
) -> None:
    answer = client.post("/cart", data={**BOX, **wrong}, follow_redirects=True)
    assert answer.status_code == 200
    assert is_empty(answer.text)
    assert "toast" in answer.text


def test_price_of_a_choice_is_shown_with_a_cheaper_offer(client: Visitor) -> None:
    answer = client.get("/cart/price", query_string={**BOX, "choice": "team", "seats": "8"})
    assert "$520.00" in answer.text
    assert "$499.00" in answer.text
    assert client.get("/cart/price", query_string={**BOX, "choice": "no"}).status_code == 200


def test_webinar_page_has_a_buy_box(client: Visitor, cast: Cast) -> None:
    page = client.get(f"/webinars/{cast.slug}").text
    assert f'value="webinar:{cast.slug}"' in page
    assert "$99.00" in page


def test_csp_of_the_cart_excludes_the_card_provider(client: Visitor, clock: Clock) -> None:
    fill(client)
    assert "form-action 'self';" in client.get("/cart").headers["Content-Security-Policy"] + ";"
