"""What our team does with an organization in a browser: add people, and merge two records."""

from playwright.sync_api import Page

from tests.browser.page_elements import is_done


def add_manager(desk: Page, slug: str, address: str) -> None:
    desk.goto(f"/staff/organizations/{slug}")
    desk.locator('details:has(form[action$="/members"]) > summary').click()
    desk.get_by_label("Email address").fill(address)
    desk.get_by_label("Role", exact=True).select_option("manager")
    desk.locator('form[action$="/members"] [type=submit]').click()


def preview_merge(desk: Page, slug: str, other: str) -> None:
    """Find the other record by name, and open the preview."""
    desk.goto(f"/staff/organizations/{slug}")
    desk.get_by_role("link", name="Merge").click()
    desk.locator("#table-q").fill(other)
    desk.get_by_role("button", name="Show").click()
    desk.get_by_role("link", name=other).first.click()


def merge(desk: Page) -> None:
    """Merge the two records of a preview."""
    desk.get_by_role("button", name="Merge organizations").click()
    is_done(desk)
