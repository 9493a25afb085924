"""Parts of pages, found by URL, field, or state instead of their wording."""

from playwright.sync_api import Frame, FrameLocator, Locator, Page, expect

from lms.access.policy import Code

Place = Page | Frame | FrameLocator


def button_to(page: Place, path: str) -> Locator:
    """Return the submit buttons of forms whose action contains this path."""
    return page.locator(f'form[action*="{path}"] button[type=submit]')


def submit_of(page: Place) -> Locator:
    """Return the submit button of the only form on a page."""
    return page.locator("main form button[type=submit]")


def code_button(page: Page) -> Locator:
    """Return the sign-in page's button that emails a code."""
    return page.locator('button[formaction="/sign-in/code"]')


def link_to(page: Place, path: str) -> Locator:
    """Return the links in the main part of a page whose URL contains this path."""
    return page.locator(f'main a[href*="{path}"]')


def is_done(page: Page, about: str = "", *, within_ms: float | None = None) -> None:
    """Check for the message that an action succeeded, about a person or thing."""
    message = page.locator('[data-toasts] [data-toast="done"]')
    expect(message.filter(has_text=about).first).to_be_visible(timeout=within_ms)


def is_refused(page: Place, code: Code, about: str = "") -> None:
    """Check for the reason why a person has no access: a panel with a code, naming its details."""
    panel = page.get_by_test_id(f"access-{code}")
    expect(panel.locator(".access-sentence").filter(has_text=about)).to_be_visible()


def stopped_by(page: Place, code: str) -> Locator:
    """Return the message in place of the video that has a code."""
    return page.locator(f'[data-message][data-code="{code}"]')
