"""Other pages in the browser of an order before its buyer confirms their address (S15)."""

import re

import pytest
from flask import Flask

from lms.core.database import Database
from lms.models.grants import OfferKind
from lms.pricing.price_list import Price, set_prices
from tests.cast import Cast
from tests.clock import NOW
from tests.visitor import Visitor
from tests.web.buying.shopping import order
from tests.web.buying.test_order import OTHER
from tests.web.buying.test_order import _open as _open
from tests.web.buying.test_order import free as free

pytestmark = pytest.mark.usefixtures("cast", "_open")


def test_webinar_page_offers_to_watch_in_the_browser_that_ordered(
    client: Visitor, app: Flask, free: str, cast: Cast
) -> None:
    said, watch = 'class="notice notice-done"', f'href="/webinars/{cast.slug}/watch"'
    page = client.get(f"/webinars/{cast.slug}").text
    assert said in page
    assert watch in page
    assert said not in client.get(f"/webinars/{OTHER}").text
    page = app.test_client().get(f"/webinars/{cast.slug}").text
    assert said not in page
    assert watch not in page


def test_order_of_a_pass_leads_to_the_webinars(client: Visitor, database: Database) -> None:
    with database.transaction() as session:
        set_prices(session, (Price(OfferKind.PASS, 1, 0, "USD"),), actor=None, now=NOW)
    path = order(client, box={"choice": "pass"}, payer="myself")
    page = client.get(path).text
    assert 'href="/webinars">Browse webinars' in page
    assert re.search(r"All-access pass until \w{3} \d+, \d{4}", page)
    assert 'class="notice notice-done"' in client.get(f"/webinars/{OTHER}").text
