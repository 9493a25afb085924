"""A person without a mouse: Tab, arrows, Enter, Space, and typing; each Tab stop is checked."""

import re
from typing import Final

from playwright.sync_api import Frame, Page, expect

MOST_STOPS: Final = 120
# The focused element: its name, whether it has a focus ring, and whether it follows the last stop.
STOP: Final = """(selector) => {
    const here = document.activeElement;
    if (!here || here === document.body || !document.hasFocus()) return null;
    const text = here.labels?.[0]?.innerText || here.getAttribute("aria-label") || here.innerText || "";
    const group = here.closest("fieldset")?.querySelector("legend")?.innerText ?? "";
    // a card is ringed for the link in it
    const around = [here, here.labels?.[0], here.closest(":is(article, li)")];
    const shown = around.filter(Boolean).some((one) => {
        const style = getComputedStyle(one);
        return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none";
    });
    // what is framed is a page of its own; the parts of a date field have the focus in turn, and draw it themselves
    const isOwn = here.type?.startsWith("date") || here.localName === "iframe";
    const last = window.lastStop;
    const follows = !last?.isConnected || last === here
        || Boolean(last.compareDocumentPosition(here) & Node.DOCUMENT_POSITION_FOLLOWING);
    window.lastStop = here;
    return {
        name: text.trim().replace(/\\s+/g, " "),
        group: group.trim(),
        isWanted: !selector || here.matches(selector),
        drawn: isOwn || shown,
        isOwn,
        follows,
    };
}"""


class Keyboard:
    """Presses keys on a page, or in a frame of it."""

    def __init__(self, page: Page, frame: Frame | None = None) -> None:
        self.page = page
        self.place = frame or page

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)

    def open(self, path: str) -> None:
        """Open a URL; the focus starts at the top."""
        self.page.goto(path)

    def tab_to(self, name: str, *, group: str = "") -> None:
        """Press Tab until the element with this name has the focus; fails if a stop isn't visible.

        A name that starts with "#" is a selector, for elements whose text doesn't matter here.
        """
        selector, named = (name, "") if name.startswith("#") else (None, name)
        for _ in range(MOST_STOPS):
            self.press("Tab")
            stop = self.place.evaluate(STOP, selector)
            if stop is None:
                continue
            assert stop["drawn"], f"the focus is not drawn on {stop['name']!r}"
            if not stop["isOwn"]:
                expect(
                    self.place.locator(":focus").first, f"{stop['name']!r} is out of view"
                ).to_be_in_viewport()
            assert stop["follows"], f"{stop['name']!r} comes before {name!r}, which is not found"
            if stop["isWanted"] and re.match(named, stop["name"]) and group in stop["group"]:
                return
        raise AssertionError(f"Tab leads to no {name!r}")

    def enter(self, name: str, value: str) -> None:
        """Tab to a field and type."""
        self.tab_to(name)
        self.press("Control+a")
        self.page.keyboard.type(value)

    def activate(self, name: str, key: str = "Enter") -> None:
        """Tab to a button, link, or checkbox, and press it."""
        self.tab_to(name)
        self.press(key)

    def follow(self, name: str, heading: str) -> None:
        """Tab to a link or button, press it, and wait for the page with this heading."""
        self.activate(name)
        expect(self.place.get_by_role("heading", name=heading, level=1)).to_be_visible()

    def choose(self, name: str) -> None:
        """Press arrows until this option of the focused group is checked."""
        for _ in range(12):
            if re.match(name, self.place.evaluate(STOP)["name"]):
                return
            self.press("ArrowDown")
        raise AssertionError(f"the arrows lead to no {name!r}")

    def is_told_of_faults(self) -> None:
        """Check that the error summary has the focus."""
        expect(self.place.locator("[data-error-summary]")).to_be_focused()
