"""Parts of pages that people use and see, found by address, field, or state, so that their words can change."""

from playwright.sync_api import Frame, FrameLocator, Locator, Page, expect

from lms.access.policy import Code

Place = Page | Frame | FrameLocator


def button_to(page: Place, path: str) -> Locator:
    """Return the buttons of forms that post to an address with this in it."""
    return page.locator(f'form[action*="{path}"] button[type=submit]')


def submit_of(page: Place) -> Locator:
    """Return the button of the only form on a page."""
    return page.locator("main form button[type=submit]")


def code_button(page: Page) -> Locator:
    """Return the button of the sign-in page that emails a code instead."""
    return page.locator('button[formaction="/sign-in/code"]')


def link_to(page: Place, path: str) -> Locator:
    """Return the links of the page's own part to an address with this in it."""
    return page.locator(f'main a[href*="{path}"]')


def is_done(page: Page, about: str = "", *, within_ms: float | None = None) -> None:
    """See the message that an action succeeded, about a person or thing."""
    message = page.locator('[data-toasts] [data-toast="done"]')
    expect(message.filter(has_text=about).first).to_be_visible(timeout=within_ms)


def is_refused(page: Place, code: Code, about: str = "") -> None:
    """See why a person has no access: the panel with a code, about an organization or date."""
    panel = page.get_by_test_id(f"access-{code}")
    expect(panel.locator(".access-sentence").filter(has_text=about)).to_be_visible()


def stopped_by(page: Place, code: str) -> Locator:
    """Return the message in place of the film, if it is the one with a code."""
    return page.locator(f'[data-message][data-code="{code}"]')
