"""Fixtures: staff of a seller with settings and prices, at a frozen clock."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from lms.core.database import Database
from lms.pricing.price_list import set_prices
from lms.seller.settings import edit_seller
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.sales.order_fixtures import PRICES
from tests.seller.seller_settings import COMPLETE
from tests.servers.databases import fill
from tests.visitor import Visitor


@pytest.fixture(autouse=True)
def _now(clock: Clock) -> None:
    """Freeze the clock at NOW."""


@pytest.fixture
def staff(client: Visitor, cast: Cast, database: Database) -> Visitor:
    def opened(session: Session) -> None:
        set_prices(session, PRICES, actor=None, now=NOW - timedelta(days=400))
        edit_seller(session, COMPLETE, actor=None, now=NOW)

    fill(database, "prices and seller", opened)
    client.sign_in(cast.ada.id)
    return client
