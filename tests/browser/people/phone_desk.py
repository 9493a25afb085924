"""The staff page at which a caller is helped, and how many clicks that takes."""

from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

from lms.access.policy import Code
from tests.browser.page_elements import button_to, is_done

MOST_CLICKS = 4


@dataclass
class Desk:
    """The page at which a call is answered, and the clicks of this call."""

    page: Page
    clicks: int = 0

    def press(self, target: Locator) -> None:
        """Click once, and count it."""
        self.clicks += 1
        target.click()

    def act(self, path: str) -> None:
        """Press the first button that posts to an address with this in it."""
        self.press(button_to(self.page, path).first)

    def ask(self, who: str, webinar: str) -> None:
        """Type who calls and about what; one click."""
        self.clicks = 0
        self.page.goto("/staff/people/why")
        self.page.get_by_label("Person", exact=True).fill(who)
        self.page.get_by_label("Webinar (optional)").fill(webinar)
        self.press(self.page.locator(".caller-form button[type=submit]"))

    def told(self, words: str) -> None:
        """Wait for words of the answer."""
        expect(self.page.locator("main")).to_contain_text(words.replace("'", "\u2019"))

    def answers(self, code: Code, about: str = "") -> None:
        """Wait for the answer with a code, about an organization."""
        expect(self.page.get_by_test_id(f"answer-{code}")).to_contain_text(about)

    def done(self, about: str = "") -> None:
        """Wait until the page says that an act on a person is done."""
        is_done(self.page, about)
        self.check_clicks()

    def check_clicks(self) -> None:
        """Check that the call took few clicks and stayed on this page."""
        assert "/staff/people/why" in self.page.url
        assert self.clicks <= MOST_CLICKS
