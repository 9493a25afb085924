"""What invited people do in a browser: create an account and claim the seat."""

from typing import Final

from playwright.sync_api import Locator, Page

from lms.seats.mails import INVITED
from tests.browser.page_elements import button_to, is_done
from tests.browser.sales.arrived_mail import like

INVITATION: Final = like(INVITED)  # the subject
PASSWORD: Final = "a quiet corner table"  # noqa: S105  (a test password)


def create_account(page: Page, name: str) -> None:
    """Fill in the form for a person without an account."""
    page.get_by_label("Your name").fill(name)
    page.locator("#password").fill(PASSWORD)


def claim_button(page: Page) -> Locator:
    """Return the button that claims the seat."""
    return button_to(page, "/claim/")


def claim_seat(page: Page, organization: str) -> None:
    """Claim the seat from an organization, and check that it was claimed."""
    claim_button(page).click()
    is_done(page, organization)
