"""People in real browsers."""

import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from lms.core.runtime import Carrel
from lms.web.core.current_user import cookie_name
from tests.visitor import add_sign_in

PATIENCE_MS = 60_000
POLL_MS = 100


@dataclass(frozen=True, slots=True)
class Person:
    """A person with a separate browser, and the errors in its console."""

    context: BrowserContext
    page: Page
    faults: list[str]

    @classmethod
    def arrive(
        cls, browser: Browser, url: str, carrel: Carrel, login_id: int | None, **how: Any
    ) -> "Person":
        """Open a browser, signed in if there is a login."""
        context = browser.new_context(base_url=url, **how)
        context.set_default_timeout(PATIENCE_MS)
        if login_id is not None:
            context.add_cookies([sign_in_cookie(carrel, url, login_id)])
        page = context.new_page()
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda message: _note(faults, message))
        return cls(context, page, faults)

    def until(self, truth: str, arg: Any = None, *, within_s: float = 300.0) -> None:
        """Wait until an expression is true on the page; raises TimeoutError.

        Playwright's wait_for_function needs eval, which the pages' CSP forbids.
        """
        ends = time.monotonic() + within_s
        while not self.page.evaluate(truth, arg):
            if time.monotonic() > ends:
                raise TimeoutError(f"not true within {within_s} s: {truth}")
            self.page.wait_for_timeout(POLL_MS)

    def undo(self) -> None:
        """Press "Undo" in the toast.

        Before its script runs, the page has another Undo button; a click on that one would wait in
        vain.
        """
        self.page.locator("[data-toasts]").get_by_role("button", name="Undo").click()

    def leave(self) -> None:
        """Close the browser."""
        self.context.close()


def _note(faults: list[str], message: ConsoleMessage) -> None:
    if message.type in ("error", "warning"):
        at = urlsplit(message.location.get("url", "")).path
        faults.append(f"{message.text} {at}".strip())


def sign_in_cookie(carrel: Carrel, url: str, login_id: int) -> Any:
    """Sign a person in; returns the browser's cookie."""
    value, _id = add_sign_in(carrel, login_id)
    return {"name": cookie_name(carrel.settings), "value": value, "url": url}
