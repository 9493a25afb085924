"""Asking for one's money back after a canceled webinar: the person's page, and staff's page of the request."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.models.accounts import Login
from lms.models.requests import DeskRequest
from lms.sales.read_models import OrderFacts
from tests.cast import Cast
from tests.clock import NOW
from tests.requests.test_rebookings import postpone
from tests.sales.order_fixtures import SEAT, placed
from tests.visitor import Visitor


@pytest.fixture
def bought(to_come: Cast, database: Database, carrel: Carrel) -> OrderFacts:
    """What Dan bought: the webinar to come, which then is moved, and nothing else is to come."""
    order = placed(database, SEAT, at=NOW - timedelta(hours=1))
    postpone(database, carrel, to_come.slug)
    return order


def test_where_nothing_else_is_to_come_the_page_speaks_of_the_money_alone(
    client: Visitor, to_come: Cast, database: Database, bought: OrderFacts
) -> None:
    _sign_in(client, database)
    page = client.get(f"/webinars/{to_come.slug}").text
    assert "At this moment no other webinar can be chosen instead." in page
    assert "Ask for my money back" in page
    assert "Take this one instead" not in page


def test_staff_are_led_to_the_order_and_asked_to_sell_nothing(
    client: Visitor, to_come: Cast, database: Database, bought: OrderFacts
) -> None:
    _sign_in(client, database)
    client.post(f"/webinars/{to_come.slug}/money-back")
    with database.read_session() as session:
        [request_id] = session.scalars(select(DeskRequest.public_id))
    assert "Money back" in client.get(f"/requests/{request_id}").text
    client.sign_in(to_come.ada.id)
    page = client.get(f"/staff/requests/{request_id}").text
    assert f'href="/staff/orders/{bought.public_id}"' in page
    assert "$99.00" in page
    assert "Money back" in client.get("/staff/requests").text
    for said in ("MONEY_BACK", "Trouble registering", "Sell it"):
        assert said not in page


def _sign_in(client: Visitor, database: Database) -> None:
    with database.read_session() as session:
        client.sign_in(session.scalars(select(Login.id).where(Login.email == SEAT.email)).one())
