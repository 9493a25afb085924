"""From a price to the access: somebody asks, staff place the order, the asker may watch."""

import re

import pytest
from playwright.sync_api import Page, expect

from lms.core.clock import now
from lms.core.model_base import new_public_id
from lms.models.accounts import SellerRole
from lms.models.grants import OfferKind
from lms.pricing.price_list import Price, set_prices
from lms.seller.settings import edit_seller
from tests.browser.conftest import Served, Visit
from tests.seller.seller_settings import COMPLETE
from tests.servers.axe import axe_faults

pytestmark = pytest.mark.browser

PRICES = (
    Price(OfferKind.SINGLE, 1, 9900, "USD"),
    Price(OfferKind.GROUP_SEATS, 3, 7500, "USD"),
    Price(OfferKind.GROUP_SEATS, 5, 6500, "USD"),
    Price(OfferKind.GROUP_SHOWING, 1, 29900, "USD"),
    Price(OfferKind.INSTITUTIONAL, 1, 49900, "USD"),
)


def place_drafted_order(desk: Page) -> None:
    desk.goto("/staff/requests")
    assert axe_faults(desk) == []
    desk.get_by_role("link", name=re.compile("Register for a webinar")).first.click()
    assert axe_faults(desk) == []
    desk.get_by_role("link", name="Open draft order").click()
    assert axe_faults(desk) == []
    desk.get_by_role("link", name="Edit the draft").click()
    assert axe_faults(desk) == []
    desk.get_by_role("button", name="Place order").click()
    expect(desk.get_by_role("heading", name=re.compile("^Dan"))).to_be_visible()
    expect(desk.get_by_role("link", name=re.compile("^Invoice"))).to_have_count(2)
    assert axe_faults(desk) == []


def test_a_request_leads_to_a_sale_and_a_film(served: Served, visit: Visit) -> None:
    slug = f"heron-{new_public_id()[:6]}"
    with served.carrel.database.transaction() as session:
        served.add_webinar(session, slug, title="The Stuffed Heron")
        set_prices(session, PRICES, actor=None, now=now())
        edit_seller(session, COMPLETE, actor=None, now=now())
        dan = served.add_person(session, "Dan")
        ada = served.add_person(session, "Ada", seller_role=SellerRole.STAFF)
    asker = visit(dan.id).page
    asker.goto(f"/ask?kind=register&webinar={slug}")
    assert axe_faults(asker) == []
    expect(asker.get_by_text("$99.00").first).to_be_visible()
    asker.get_by_label("What do you need?").select_option("group")
    asker.get_by_label("How many people?").fill("8")
    expect(asker.locator("[data-quote]").get_by_text("$520.00")).to_be_visible()
    expect(asker.get_by_role("link", name="Institutional access")).to_be_visible()
    asker.get_by_label("What do you need?").select_option("register")
    asker.get_by_label("How many people?").fill("")
    asker.get_by_role("button", name="Send request").click()
    expect(asker.get_by_role("heading", name="We received your request")).to_be_visible()
    assert axe_faults(asker) == []

    place_drafted_order(visit(ada.id).page)

    asker.reload()
    expect(asker.get_by_role("heading", name="We answered your request")).to_be_visible()
    asker.goto(f"/webinars/{slug}")
    expect(asker.get_by_text("You have permanent access to this webinar.")).to_be_visible()


def test_a_cheaper_offer_is_chosen_without_losing_what_was_typed(
    served: Served, visit: Visit
) -> None:
    slug = f"heron-{new_public_id()[:6]}"
    with served.carrel.database.transaction() as session:
        served.add_webinar(session, slug, title=f"Heron {slug}")
        set_prices(session, PRICES, actor=None, now=now())
        edit_seller(session, COMPLETE, actor=None, now=now())
    page = visit().page
    page.goto(f"/ask?kind=group&webinar={slug}&quantity=8")
    page.get_by_label("Your name").fill("Kim Larkspur")
    page.get_by_role("link", name="Group viewing").click()
    expect(page.get_by_label("What do you need?")).to_have_value("showing")
    expect(page.get_by_label("Your name")).to_have_value("Kim Larkspur")
    expect(page.locator("[data-quote]").get_by_text("$299.00")).to_be_visible()
