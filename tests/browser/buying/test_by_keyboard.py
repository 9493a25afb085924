"""Buying by keyboard: buy box, checkout, card page, payment page, and purchasing page."""

import pytest
from playwright.sync_api import Route, expect

from lms.core.model_base import new_public_id
from tests.browser.buying.conftest import Sold
from tests.browser.buying.shopper import ADDRESS, TO_CONFIRM, is_thanked
from tests.browser.buying.test_buy_by_card import email, paid_by
from tests.browser.buying.test_buy_for_a_library import link_in
from tests.browser.conftest import Served, Visit
from tests.browser.invited_person import PASSWORD
from tests.browser.keyboard import Keyboard
from tests.browser.page_elements import is_done
from tests.browser.sales.arrived_mail import arrived
from tests.servers.smtp import MailSink

pytestmark = pytest.mark.browser


def test_buyer_fixes_an_error_and_pays_by_card_by_keyboard(
    served: Served, visit: Visit, webinar: Sold
) -> None:
    page, sam = visit().page, email()
    keys = Keyboard(page)
    keys.open(webinar.page)
    keys.tab_to("Just me")
    keys.activate(r"Buy for \$99")
    expect(page.get_by_role("heading", name="Check out")).to_be_visible()
    keys.activate(r"Pay \$99")
    keys.is_told_of_faults()
    keys.activate("#main [data-error-summary] a[href='#name']")
    expect(page.get_by_label("Your name")).to_be_focused()
    page.keyboard.type("Sam Ortiz")
    keys.enter("#email", sam)
    keys.activate("I agree", "Space")
    keys.activate(r"Pay \$99")
    page.wait_for_selector("#card")
    page.keyboard.press("Tab")
    for _ in range(6):
        if page.evaluate("document.activeElement.innerText || ''").startswith("Pay"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    is_thanked(page, "Sam Ortiz")
    assert paid_by(served, sam) == [9900]
    keys.activate("Watch now")
    expect(page.locator("media-controller")).to_be_visible()


@pytest.mark.parametrize("payment", ["Invoice", "Purchase order"])
def test_library_orders_confirms_and_pays_by_keyboard(
    served: Served, visit: Visit, webinar: Sold, domain: str, mail_sink: MailSink, payment: str
) -> None:
    rosa = f"rosa-{new_public_id()[:6]}@{domain}"
    keys = Keyboard(visit().page)
    order_seats(keys, webinar, rosa, payment)
    mail = arrived(mail_sink, rosa, subject=TO_CONFIRM)
    keys.open(link_in(served, mail, "/orders/confirm/"))
    keys.enter("#password", PASSWORD)
    keys.activate("#main form [type=submit]")
    is_done(keys.page)

    invoice = arrived(mail_sink, rosa, subject=r"Invoice .*")
    keys = Keyboard(visit().page)
    keys.open(link_in(served, invoice, "/pay/"))
    tell_of_a_check(keys)
    keys.activate(r"Pay \$325.00 by card")
    keys.page.wait_for_selector("#card")
    keys.page.locator("#card").focus()
    keys.press("Enter")
    expect(keys.page.get_by_text("Paid", exact=True).first).to_be_visible()


def test_focus_stays_in_view_when_the_price_arrives_late(visit: Visit, webinar: Sold) -> None:
    page = visit(viewport={"width": 390, "height": 600}).page
    page.goto(webinar.page)
    buy = page.locator("[data-buy-act]")
    expect(buy).to_have_text("Buy for $99.00")
    page.get_by_label("My team").check()
    expect(buy).not_to_have_text("Buy for $99.00")
    held: list[Route] = []
    page.route(lambda url: "seats=8" in url, lambda route: held.append(route))  # noqa: PLW0108  (Playwright wants a Python function)
    with page.expect_request(lambda request: "seats=8" in request.url):
        page.locator("#buy-seats").fill("8")
    buy.focus()
    buy.evaluate("one => scrollBy(0, one.getBoundingClientRect().bottom - innerHeight)")
    held[-1].continue_()
    expect(buy).to_have_text("Buy for $520.00")
    expect(buy).to_be_in_viewport()


def order_seats(keys: Keyboard, webinar: Sold, rosa: str, payment: str) -> None:
    """Order five seats for a library, to be paid later."""
    page = keys.page
    keys.open(webinar.page)
    keys.tab_to("Just me")
    keys.choose("My team")
    keys.enter("#buy-seats", "5")
    keys.activate("Buy for")
    expect(page.get_by_role("heading", name="Check out")).to_be_visible()
    keys.enter("Your name", "Rosa Delgado")
    keys.enter("#email", rosa)
    keys.enter("#organization_name", f"Pine County Library {new_public_id()[:6]}")
    for field, value in ADDRESS.items():
        keys.enter(f"#{field}", value)
    keys.tab_to("", group="How will you pay")
    keys.choose(payment)
    if payment == "Purchase order":
        keys.activate("I agree", "Space")
        keys.activate(r"Place order: \$325")
        keys.is_told_of_faults()
        keys.activate("#main [data-error-summary] a[href='#po_number']")
        page.keyboard.type("88123")
    else:
        keys.activate("I agree", "Space")
    keys.activate(r"Place order: \$325")
    is_thanked(page, "Rosa Delgado")


def tell_of_a_check(keys: Keyboard) -> None:
    """Report on the payment page that a check was sent, first without its number."""
    keys.activate("Check sent")
    expect(keys.page.get_by_role("heading", name="Check sent")).to_be_visible()
    keys.activate("Save$")
    keys.is_told_of_faults()
    keys.activate("Check number")
    keys.page.keyboard.type("1042")
    keys.activate("Save$")
    expect(keys.page.get_by_text("What you told us")).to_be_visible()


def test_quote_is_requested_by_keyboard(visit: Visit, webinar: Sold, mail_sink: MailSink) -> None:
    page, rosa = visit().page, email()
    keys = Keyboard(page)
    keys.open("/purchasing")
    keys.activate("Get a quote")
    expect(page.get_by_role("heading", name="Get a quote")).to_be_visible()
    keys.activate("Email me the quote")
    keys.is_told_of_faults()
    keys.activate("Which webinar")
    page.keyboard.type(webinar.title)
    page.keyboard.press("Escape")
    keys.enter("Your name", "Rosa Delgado")
    keys.enter("#email", rosa)
    keys.enter("#organization_name", "Pine County Library")
    for field, value in ADDRESS.items():
        keys.enter(f"#{field}", value)
    keys.activate("Email me the quote")
    arrived(mail_sink, rosa, subject=".*")
