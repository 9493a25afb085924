"""Buying by card and watching; replacing a declined card; going back to change the cart."""

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from lms.core.model_base import new_public_id
from lms.models.orders import Order
from lms.models.payments import Payment
from tests.browser.buying.conftest import Sold
from tests.browser.buying.shopper import (
    Stopwatch,
    check_page,
    choose,
    enter_person,
    is_thanked,
    pay_by_card,
    watch,
)
from tests.browser.conftest import Served, Visit
from tests.servers.smtp import MailSink

pytestmark = pytest.mark.browser

TO_WATCH_S = 60.0
DECLINED = "4000 0000 0000 0002"


def email() -> str:
    return f"sam-{new_public_id()[:6]}@example.org"


def paid_by(served: Served, address: str) -> list[int]:
    """Return the amounts paid, in minor units, for the orders of an email address."""
    with served.carrel.database.read_session() as session:
        of_theirs = (
            select(Payment.amount_minor)
            .join(Order, Order.contact_id == Payment.login_id)
            .where(Order.contact_email == address)
            .distinct()
        )
        return list(session.scalars(of_theirs))


def test_card_buyer_watches_within_a_minute_without_opening_email(
    served: Served, visit: Visit, webinar: Sold, mail_sink: MailSink
) -> None:
    stranger, sam = visit(), email()
    page, watched = stranger.page, Stopwatch()
    page.goto(webinar.page)
    choose(page, "me")
    expect(page.get_by_test_id("test-mode")).to_be_visible()
    enter_person(page, "Sam Ortiz", sam)
    page.get_by_role("checkbox", name=re.compile("^I agree")).check()
    page.get_by_role("button", name="Pay $99.00").click()
    pay_by_card(page)
    is_thanked(page, "Sam Ortiz")
    watch(stranger)
    assert watched.seconds < TO_WATCH_S
    assert stranger.faults == []
    assert paid_by(served, sam) == [9900]


def test_checkout_pages_are_accessible_on_phone_and_desktop(visit: Visit, webinar: Sold) -> None:
    page = visit().page
    page.goto(webinar.page)
    check_page(page)
    page.get_by_role("button", name="Add to cart").click()
    expect(page.get_by_role("heading", name="Your cart")).to_be_visible()
    page.reload()
    check_page(page)
    page.get_by_role("link", name="Check out").click()
    expect(page.get_by_role("button", name="Pay $99.00")).to_be_visible()
    check_page(page)
    page.get_by_role("button", name="Pay $99.00").click()
    expect(page.locator("#name-error")).to_be_visible()
    check_page(page)
    enter_person(page, "Sam Ortiz", email())
    page.get_by_role("checkbox", name=re.compile("^I agree")).check()
    page.get_by_role("button", name="Pay $99.00").click()
    pay_by_card(page)
    is_thanked(page, "Sam Ortiz")
    check_page(page)


def test_declined_card_can_be_replaced(served: Served, visit: Visit, webinar: Sold) -> None:
    stranger, sam = visit(), email()
    page = stranger.page
    page.goto(webinar.page)
    choose(page, "me")
    enter_person(page, "Sam Ortiz", sam)
    page.get_by_role("checkbox", name=re.compile("^I agree")).check()
    page.get_by_role("button", name="Pay $99.00").click()
    pay_by_card(page, DECLINED)
    expect(page.get_by_role("alert")).to_contain_text("declined")
    assert paid_by(served, sam) == []
    pay_by_card(page)
    is_thanked(page, "Sam Ortiz")
    assert paid_by(served, sam) == [9900]


def test_cart_can_be_changed_after_going_back_from_the_card_page(
    served: Served, visit: Visit, webinar: Sold
) -> None:
    stranger, sam = visit(), email()
    page = stranger.page
    page.goto(webinar.page)
    choose(page, "me")
    enter_person(page, "Sam Ortiz", sam)
    page.get_by_role("checkbox", name=re.compile("^I agree")).check()
    page.get_by_role("button", name="Pay $99.00").click()
    page.get_by_role("link", name="Back to the seller").click()
    expect(page.get_by_label("Your name")).to_have_value("Sam Ortiz")
    expect(page.locator("#email")).to_have_value(sam)
    page.goto(webinar.page)
    choose(page, "showing")
    expect(page.get_by_role("button", name="Pay $398.00")).to_be_visible()
    page.get_by_role("link", name="Edit").click()
    page.get_by_role("button", name="Remove").first.click()
    page.get_by_role("link", name="Check out").click()
    page.get_by_role("checkbox", name=re.compile("^I agree")).check()
    page.get_by_role("button", name="Pay $299.00").click()
    pay_by_card(page)
    is_thanked(page, "Sam Ortiz")
    expect(page.get_by_text("$299.00")).to_be_visible()
    assert paid_by(served, sam) == [29900]
