"""From a request to access: a person sends it, staff place the order, and the person can watch."""

import re
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from lms.core.clock import now
from lms.core.model_base import new_public_id
from lms.mail.links import Links, MailContext
from lms.models.accounts import SellerRole
from lms.models.grants import OfferKind
from lms.models.requests import RequestKind
from lms.pricing.price_list import Price, set_prices
from lms.requests import requests
from lms.requests.requests import NewRequest
from lms.seller.settings import edit_seller
from tests.browser.conftest import Served, Visit
from tests.browser.page_elements import button_to, is_done, link_to
from tests.browser.sent_mail import found_in_letter, letter_to
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
    link_to(desk, "/staff/orders/").last.click()
    assert axe_faults(desk) == []
    desk.get_by_role("link", name="Edit the draft").click()
    assert axe_faults(desk) == []
    desk.get_by_role("button", name="Place order").click()
    expect(desk.get_by_role("heading", name=re.compile("^Dan"))).to_be_visible()
    expect(desk.get_by_role("link", name=re.compile("^Invoice"))).to_have_count(2)
    assert axe_faults(desk) == []


def test_request_leads_to_a_sale_and_access(served: Served, visit: Visit) -> None:
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
    asker.locator("#quantity").fill("8")
    expect(asker.locator("[data-quote]").get_by_text("$520.00")).to_be_visible()
    expect(asker.get_by_role("link", name="Institutional access")).to_be_visible()
    asker.get_by_label("What do you need?").select_option("register")
    asker.locator("#quantity").fill("")
    asker.get_by_role("button", name="Send request").click()
    expect(button_to(asker, "/resend")).to_be_visible()
    assert axe_faults(asker) == []

    place_drafted_order(visit(ada.id).page)

    asker.reload()
    expect(asker.get_by_role("heading", name="We answered your request")).to_be_visible()
    expect(button_to(asker, "/resend")).to_have_count(0)
    asker.goto(f"/webinars/{slug}")
    expect(asker.get_by_text("You have permanent access to this webinar.")).to_be_visible()


def test_switching_to_a_cheaper_offer_keeps_entered_text(served: Served, visit: Visit) -> None:
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


def test_request_is_assigned_to_a_colleague_who_answers_it(served: Served, visit: Visit) -> None:
    with served.carrel.database.transaction() as session:
        ada = served.add_person(session, "Ada", seller_role=SellerRole.STAFF)
        bo = served.add_person(session, "Bo", seller_role=SellerRole.STAFF)
        bo.name = f"Bo {bo.public_id[:6]}"
        dan = served.add_person(session, "Dan")
        facts = requests.ask(
            session,
            NewRequest(RequestKind.TROUBLE, "Dan", dan.email or "", login_id=dan.id),
            mail_context=MailContext(Links(served.url), ZoneInfo("America/New_York")),
            actor=None,
            now=now(),
        )
    desk, colleague, asker = visit(ada.id).page, visit(bo.id).page, visit(dan.id).page
    colleague.goto("/staff")
    expect(colleague.get_by_role("link", name="1 is assigned to you")).to_have_count(0)

    desk.goto(f"/staff/requests/{facts.public_id}")
    desk.get_by_role("combobox", name="Assigned to").select_option(bo.name)
    desk.get_by_role("button", name="Assign", exact=True).click()
    expect(desk.get_by_text("Assigned.")).to_be_visible()
    expect(desk.locator("button[name=to]")).to_be_visible()

    link = found_in_letter(served, bo.email or "", rf"{served.url}(/staff/requests/\S+)")
    colleague.goto("/staff")
    colleague.get_by_role("link", name="1 is assigned to you").click()
    assert axe_faults(colleague) == []
    colleague.get_by_role("link", name=re.compile("Question or problem")).click()
    assert urlsplit(colleague.url).path == link
    colleague.get_by_role("textbox", name="Answer").fill("Try it now.")
    colleague.get_by_role("button", name="Mark as done").click()
    is_done(colleague)

    letter_to(served, dan.email or "", holding="Try it now.")
    asker.goto(f"/requests/{facts.public_id}")
    expect(asker.get_by_role("heading", name="We answered your request")).to_be_visible()
    colleague.goto("/staff")
    expect(colleague.get_by_role("link", name="1 is assigned to you")).to_have_count(0)
    desk.goto("/staff/requests?state=done")
    expect(desk.get_by_role("row").filter(has_text=bo.name)).to_have_count(1)
