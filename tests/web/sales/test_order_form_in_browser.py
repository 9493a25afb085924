"""The order form with its script: fields that a line needs, prices, and suggestions."""

from collections.abc import Iterator
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from flask import Flask
from werkzeug.serving import make_server

from lms.core.database import Database
from lms.core.settings import Settings
from lms.web.core.current_user import cookie_name
from tests.factories import make_organization
from tests.visitor import Visitor
from tests.web.sales.order_pages import the_order

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

TELEPHONE = {"width": 390, "height": 844}


@pytest.fixture
def page(staff: Visitor, app: Flask, settings: Settings, browser: "Browser") -> Iterator["Page"]:
    """Yield a browser page with staff signed in."""
    name = cookie_name(settings)
    cookie = staff.get_cookie(name)
    assert cookie is not None
    with make_server("127.0.0.1", 0, app, threaded=True) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        context = browser.new_context(base_url=url, viewport=TELEPHONE)
        context.add_cookies([{"name": name, "value": cookie.value, "url": url}])
        yield context.new_page()
        context.close()
        server.shutdown()


@pytest.mark.browser
def test_order_of_two_lines_can_be_placed_on_a_phone(page: "Page", database: Database) -> None:
    from playwright.sync_api import expect  # noqa: PLC0415  (only browser tests pay)

    with database.transaction() as session:
        make_organization(session, "oak-county", name="Oak County Library")
    page.goto("/staff/orders/new")
    organization = page.get_by_label("Organization", exact=True)
    organization.press_sequentially("Oak")
    expect(page.locator("#organizations option")).to_have_attribute("value", "Oak County Library")
    organization.fill("Oak County Library")
    page.get_by_label("Contact name").fill("Ora")
    page.get_by_label("Contact email").fill("ora@example.org")
    page.get_by_label("Item").select_option("group_seats")
    page.get_by_label("Webinar", exact=True).fill("reading-rooms")
    page.get_by_label("Seats", exact=True).fill("5")
    expect(page.locator("#lines-0-price")).to_have_value("325.00")
    page.get_by_role("button", name="Add a line").click()
    page.get_by_label("Item").nth(1).select_option("pass")
    expect(page.get_by_label("Webinar", exact=True).nth(1)).to_be_hidden()
    page.locator("#lines-1-price").fill("499")
    page.get_by_role("button", name="Place order").click()
    expect(page.get_by_role("heading", name="Oak County Library")).to_be_visible()
    order = the_order(database)
    assert (order.lines, order.total_minor) == (2, 82_400)
