"""The staff page for helping callers, and how many clicks that takes."""

from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

from lms.access.policy import Code
from tests.browser.page_elements import button_to, is_done

MOST_CLICKS = 4


@dataclass
class Desk:
    """The page for answering calls, and the clicks of this call."""

    page: Page
    clicks: int = 0

    def press(self, target: Locator) -> None:
        """Click, and count it."""
        self.clicks += 1
        target.click()

    def act(self, path: str) -> None:
        """Press the first button of a form whose action contains this path."""
        self.press(button_to(self.page, path).first)

    def ask(self, who: str, webinar: str) -> None:
        """Enter the caller and the webinar; one click."""
        self.clicks = 0
        self.page.goto("/staff/people/why")
        self.page.get_by_label("Person", exact=True).fill(who)
        self.page.get_by_label("Webinar (optional)").fill(webinar)
        self.press(self.page.locator(".caller-form button[type=submit]"))

    def told(self, words: str) -> None:
        """Wait for a text of the answer."""
        expect(self.page.locator("main")).to_contain_text(words.replace("'", "\u2019"))

    def answers(self, code: Code, about: str = "") -> None:
        """Wait for the answer with a code, about an organization."""
        expect(self.page.get_by_test_id(f"answer-{code}")).to_contain_text(about)

    def done(self, about: str = "") -> None:
        """Wait until the page confirms an action for a person."""
        is_done(self.page, about)
        self.check_clicks()

    def check_clicks(self) -> None:
        """Check that the call took few clicks and stayed on this page."""
        assert "/staff/people/why" in self.page.url
        assert self.clicks <= MOST_CLICKS
