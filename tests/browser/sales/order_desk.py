"""What our team does with an order in a browser."""

from playwright.sync_api import Page

from tests.browser.page_elements import is_done


def record_check(page: Page, order: str, *, number: str, slip: str = "") -> None:
    """Record a check payment for the order at this URL."""
    page.goto(order)
    page.locator('main a[href$="/payment"]').click()
    page.locator("#check_number").fill(number)
    page.locator("#slip").fill(slip)
    page.get_by_role("button", name="Record payment").click()
    is_done(page)
