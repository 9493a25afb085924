"""The staff page at which a caller is helped, and how many clicks that takes."""

import re
from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

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

    def button(self, name: str) -> Locator:
        """Return the first button of a name."""
        return self.page.get_by_role("button", name=re.compile(f"^{name}")).first

    def ask(self, who: str, webinar: str) -> None:
        """Type who calls and about what; one click."""
        self.clicks = 0
        self.page.goto("/staff/people/why")
        self.page.get_by_label("Person", exact=True).fill(who)
        self.page.get_by_label("Webinar (optional)").fill(webinar)
        self.press(self.button("Find out why"))

    def told(self, words: str) -> None:
        """Wait for words of the answer."""
        expect(self.page.locator("main")).to_contain_text(words.replace("'", "\u2019"))

    def done(self, words: str) -> None:
        """Wait for what the page says was done, still on it; the call took few clicks."""
        expect(self.page.get_by_text(words).first).to_be_visible()
        assert "/staff/people/why" in self.page.url
        assert self.clicks <= MOST_CLICKS
