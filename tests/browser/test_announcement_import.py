"""Staff answer questions about an imported announcement in a browser, checked by axe."""

import pytest
from playwright.sync_api import Page, expect

from lms.models.accounts import SellerRole
from tests.browser.conftest import Served, Visit
from tests.servers.axe import faults_on_phone_and_desk

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

TEXT = """Shelf Life Weekly
The Other Tuesday

Mending Shelves

May 6, 2027, 1-2:15 pm Eastern
With Ana Bell
Price: $99, free for members of the guild

A shelf can be mended in an hour. Ana shows how with three clamps and one old door.

Bring $5 for clamps. Tom Ray has mended doors for years. Class 2 is on May 13, 2027.
"""
TO_CHECK = "#asked-title"


def is_sound(page: Page) -> None:
    assert faults_on_phone_and_desk(page) == []


def test_staff_choose_a_start_and_a_title_and_confirm_the_rest(
    visit: Visit, served: Served
) -> None:
    with served.carrel.database.transaction() as session:
        ada = served.add_person(session, "Ada", seller_role=SellerRole.STAFF).id
    staff = visit(ada, reduced_motion="reduce")
    page = staff.page
    page.goto("/staff/webinars/import")
    page.get_by_label("Announcement text").fill(TEXT)
    page.get_by_role("button", name="Continue").click()
    expect(page.locator(TO_CHECK)).to_be_visible()
    is_sound(page)
    starts = page.get_by_role("group", name="Starts")
    expect(page.locator("#held_at")).to_have_value("")
    starts.get_by_role("button", name="May 6, 2027").click()
    expect(page.locator("#held_at")).to_have_value("2027-05-06T13:00")
    expect(starts).to_have_count(0)
    page.get_by_role("group", name="Title").get_by_role("button", name="Mending Shelves").click()
    expect(page.locator("#title")).to_have_value("Mending Shelves")
    page.get_by_role("button", name="Confirm all as filled in").click()
    expect(page.locator(TO_CHECK)).to_have_count(0)
    is_sound(page)
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_role("heading", name="Mending Shelves", level=1)).to_be_visible()
    assert staff.faults == []
