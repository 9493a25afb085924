"""Sales tax at checkout: the total follows the state at once, and is the amount paid."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from lms.core.clock import now
from lms.core.model_base import new_public_id
from lms.models.tax import Supply
from lms.tax.rule_list import NewTaxRule, add_rule, end_rule
from tests.browser.buying.conftest import Sold
from tests.browser.buying.shopper import check_page, choose, enter_person, is_thanked, pay_by_card
from tests.browser.buying.test_buy_by_card import paid_by
from tests.browser.conftest import Served, Visit

pytestmark = pytest.mark.browser


@pytest.fixture
def _tax(served: Served) -> Iterator[None]:
    """8% tax in Illinois during the test."""
    with served.carrel.database.transaction() as session:
        new = NewTaxRule("IL", "Illinois sales tax", Supply.BOTH, Decimal(8), date(2020, 1, 1))
        rule = add_rule(session, new, actor=None, now=now())
    yield
    with served.carrel.database.transaction() as session:
        end_rule(session, rule.id, now().date() - timedelta(days=2), actor=None, now=now())


@pytest.mark.usefixtures("_tax")
def test_total_follows_the_state_and_is_the_amount_paid(
    served: Served, visit: Visit, webinar: Sold
) -> None:
    stranger, sam = visit(), f"sam-{new_public_id()[:6]}@example.org"
    page = stranger.page
    page.goto(webinar.page)
    choose(page, "me")
    expect(page.get_by_role("button", name="Update total")).to_have_count(0)
    expect(page.get_by_test_id("tax-later")).to_be_visible()
    page.get_by_label("State", exact=True).first.fill("IL")
    expect(page.get_by_role("button", name="Pay $106.92")).to_be_visible()
    expect(page.get_by_test_id("tax")).to_be_visible()
    check_page(page)
    page.get_by_label("State", exact=True).first.fill("NY")
    expect(page.get_by_role("button", name="Pay $99.00")).to_be_visible()
    expect(page.get_by_test_id("no-tax")).to_be_visible()
    page.get_by_label("State", exact=True).first.fill("IL")
    expect(page.get_by_role("button", name="Pay $106.92")).to_be_visible()
    page.get_by_label("ZIP code", exact=True).fill("62701")
    enter_person(page, "Sam Ortiz", sam)
    page.get_by_role("checkbox", name=re.compile("^I agree")).check()
    page.get_by_role("button", name="Pay $106.92").click()
    pay_by_card(page)
    is_thanked(page, "Sam Ortiz")
    assert stranger.faults == []
    assert paid_by(served, sam) == [10692]


@pytest.mark.usefixtures("_tax")
def test_without_scripts_a_button_updates_the_total_and_keeps_entries(
    visit: Visit, webinar: Sold
) -> None:
    page = visit(java_script_enabled=False).page
    page.goto(webinar.page)
    page.get_by_role("radio", name=re.compile("^Just me")).check()
    page.get_by_role("button", name="Buy", exact=True).click()
    enter_person(page, "Sam Ortiz", "sam@example.org")
    page.get_by_label("State", exact=True).first.fill("IL")
    page.get_by_role("button", name="Update total").click()
    expect(page.get_by_role("button", name="Place order: $106.92")).to_be_visible()
    expect(page.get_by_label("Your name")).to_have_value("Sam Ortiz")
    expect(page.get_by_label("State", exact=True).first).to_have_value("IL")
