"""What buyers do in a browser: choose, fill in checkout, pay by card, and watch."""

import os
import re
import time
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from tests.browser.page_elements import is_done, submit_of
from tests.browser.person import Person
from tests.servers.axe import axe_faults

LOOKS = ((390, "dark"), (1440, "light"))
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
ADDRESS = {
    "billing_street": "1 Main Street",
    "billing_city": "Pine",
    "billing_state": "IL",
    "billing_postal_code": "62701",
}
TO_CONFIRM = "Confirm your order .*"  # the subject


def check_page(page: Page) -> None:
    """Check that a page is accessible and fits, on a phone in the dark theme and on a desktop."""
    for width, theme in LOOKS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]  # one of two words
        assert page.evaluate(WIDER) <= 0, f"{page.url} scrolls sideways at {width} px"
        _take_picture(page, f"{width}-{theme}")
        found = axe_faults(page)
        assert found == [], f"{page.url} at {width} px, {theme}: {found}"


def _take_picture(page: Page, name: str) -> None:
    """Take a full-page screenshot (CARREL_SCREENSHOTS=directory)."""
    if place := os.environ.get("CARREL_SCREENSHOTS"):
        path = re.sub(r"[^a-z]+", "-", urlsplit(page.url).path)
        at = int(time.monotonic() * 1000)
        page.screenshot(path=Path(place) / f"{at}-{path}-{name}.png", full_page=True)


def choose(page: Page, choice: str, *, seats: int | None = None) -> None:
    """Choose in the buy box ("me", "team", "showing", "library", "pass"), and go to checkout."""
    page.locator(f"#buy-{choice}").check()
    if seats is not None:
        page.locator("#buy-seats").fill(str(seats))
    page.get_by_role("button", name=re.compile(r"^Buy for \$")).click()
    expect(page.get_by_role("heading", name="Check out")).to_be_visible()


def enter_person(page: Page, name: str, email: str) -> None:
    page.get_by_label("Your name").fill(name)
    page.locator("#email").fill(email)


def enter_library(page: Page, name: str) -> None:
    page.locator("#organization_name").fill(name)
    for field, value in ADDRESS.items():
        page.locator(f"#{field}").fill(value)


def enter_people(page: Page, addresses: str) -> None:
    """Enter who gets the seats."""
    page.locator("textarea[name^=people-]").fill(addresses)


def is_thanked(page: Page, name: str) -> None:
    """Check that the order's page thanks the buyer by name."""
    expect(page).to_have_url(re.compile(r"/orders/\w+"))
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)


def confirm_order(page: Page, password: str) -> None:
    """Choose a password by the order email's link, and check that the address is confirmed."""
    page.locator("#password").fill(password)
    submit_of(page).click()
    is_done(page)


def pay_by_card(page: Page, card: str = "4242 4242 4242 4242") -> None:
    """Fill in the provider's card page."""
    page.get_by_label("Card number").fill(card)
    page.get_by_role("button", name=re.compile("^Pay")).click()


def watch(person: Person, *, within_s: float = 60.0) -> None:
    """Press Watch on an order's page, and check that the recording plays."""
    person.page.get_by_role("link", name="Watch now").click()
    person.page.locator("media-controller .player-bar media-play-button").click()
    person.until("document.querySelector('video').currentTime > 0.5", within_s=within_s)


class Stopwatch:
    """Measures elapsed seconds."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began
