"""Clicks, fields, and seconds of five everyday tasks for a new user, on a phone and a desktop.

Uses the demo with its recordings encoded and cards paid through the simulated Stripe. Each task
begins on the home page and ends when its result is visible: a price, a paid order, a recording that
plays at the right place. A click is a link, button, or choice; a field is one that is typed into,
with Enter included. `seconds` counts only the pages, because no one reads, thinks, or types. The
card number is one field in the simulation; a real provider asks for more. Run: python -m
benchmarks.newcomer_tasks
"""

import argparse
import json
import os
import re
import secrets
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from playwright.sync_api import Locator, Page, ViewportSize, expect
from sqlalchemy import select

from benchmarks.served_product import come_to_rest, whole_product
from lms.core.clock import now
from lms.core.model_base import new_public_id
from lms.core.password_hashing_and_rules import hash_password
from lms.core.runtime import Carrel, open_carrel
from lms.core.settings import Settings
from lms.demo.install import install_demo
from lms.migrations import upgrade
from lms.models.recordings import Recording, RecordingState
from tests.browser.person import Person
from tests.factories import make_grant, make_login
from tests.servers.chromium import running_chromium
from tests.servers.process import free_port
from tests.servers.stripe import KEY, SECRET, running_stripe
from tests.wait_until import until

if TYPE_CHECKING:
    from playwright.sync_api import Browser

VIEWPORTS: Final[dict[int, ViewportSize]] = {
    390: {"width": 390, "height": 844},
    1440: {"width": 1440, "height": 900},
}
ENCODED_S: Final = 1800.0
SLUG: Final = "first-ninety-seconds"
SAID: Final = "ten seconds to notice"
SAID_AT_S: Final = 46.1
STOPPED_AT_S: Final = 12
PASSWORD: Final = "seven lamps on a long table"  # noqa: S105  (of people whom this file makes)
CARD: Final = "4242 4242 4242 4242"
PLAYS_WITHIN: Final = """([from, to]) => {
    const {paused, currentTime} = document.querySelector("video");
    return !paused && currentTime > from && currentTime < to;
}"""


@dataclass(frozen=True, slots=True)
class Library:
    """The demo, served."""

    carrel: Carrel
    url: str


@dataclass(slots=True)
class Newcomer:
    """A person on a page, and the number of their actions."""

    person: Person
    email: str = ""
    clicks: int = 0
    fields: int = 0
    seconds: float = 0.0

    @property
    def page(self) -> Page:
        """The current page."""
        return self.person.page

    def click(
        self,
        role: Literal["link", "button", "radio", "checkbox"],
        name: str,
        *,
        within: str = "body",
    ) -> None:
        """Click the element with this name, the first if there are several."""
        named = re.compile(f"^{name}")
        self._press(self.page.locator(within).get_by_role(role, name=named).first)

    def click_first(self, selector: str) -> None:
        """Click the first of these."""
        self._press(self.page.locator(selector).first)

    def fill(self, label: str, value: str, *, enters: bool = False) -> None:
        """Type into a field, and press Enter if that submits its form."""
        field = self.page.get_by_label(label, exact=True).first
        field.fill(value)
        self.fields += 1
        if enters:
            field.press("Enter")

    def plays_from(self, place_s: float) -> None:
        """Wait until the recording plays from this position."""
        self.person.until(PLAYS_WITHIN, [place_s - 3, place_s + 15])

    def _press(self, found: Locator) -> None:
        found.click()
        self.clicks += 1


def price_for_three(newcomer: Newcomer) -> None:
    """Find out what a webinar costs for three people."""
    newcomer.click_first("section[aria-labelledby=upcoming] .card-title a")
    newcomer.click("radio", "My team")
    expect(newcomer.page.locator("[data-amount]")).to_have_text("$225.00")


def buy_pass(newcomer: Newcomer) -> None:
    """Buy an all-access pass without an account."""
    newcomer.click("link", "All-access passes", within="main")
    newcomer.click("button", r"Buy for \$499.00")
    newcomer.fill("Your name", "Sam Ortiz")
    newcomer.fill("Your email address", f"sam-{new_public_id()[:8]}@example.org")
    pay(newcomer)


def resume(newcomer: Newcomer) -> None:
    """Continue a recording that was started on another device."""
    newcomer.click_first("section[aria-labelledby=begun] .card-title a")
    play(newcomer)
    newcomer.plays_from(STOPPED_AT_S)


def find_sentence(newcomer: Newcomer) -> None:
    """Find a spoken sentence by its words, and play it."""
    newcomer.fill("Search webinars", SAID, enters=True)
    newcomer.click_first(".found-place")
    play(newcomer)
    newcomer.plays_from(SAID_AT_S)


def renew_pass(newcomer: Newcomer) -> None:
    """Sign in and renew a pass that expired."""
    newcomer.click("link", "Sign in")
    newcomer.fill("Email address", newcomer.email)
    newcomer.fill("Password", PASSWORD)
    newcomer.click("button", "Sign in", within="main")
    newcomer.click("button", r"Renew for \$499.00")
    pay(newcomer)


def play(newcomer: Newcomer) -> None:
    """Press Play."""
    newcomer.click_first("media-controller .player-bar media-play-button")


def pay(newcomer: Newcomer) -> None:
    """Agree to the terms and pay on the provider's page, with a typed card number."""
    newcomer.click("checkbox", "I agree")
    newcomer.click("button", r"Pay \$499.00")
    newcomer.fill("Card number", CARD)
    newcomer.click("button", "Pay")
    expect(newcomer.page.get_by_role("heading", name=re.compile("^Thank you"))).to_be_visible()


TASKS: Final[dict[str, tuple[Callable[[Newcomer], None], str]]] = {
    "price for three people": (price_for_three, "visitor"),
    "buy a pass": (buy_pass, "visitor"),
    "resume a recording": (resume, "viewer"),
    "find a sentence said in a webinar": (find_sentence, "viewer"),
    "renew an expired pass": (renew_pass, "expired"),
}


def main() -> None:
    """Print one line of JSON for each task and width."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=tuple(TASKS), help="one task")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="carrel-newcomer-") as name,
        running_stripe() as stripe,
        _library(Path(name), stripe.url) as library,
        running_chromium() as browser,
    ):
        for task in (options.only,) if options.only else TASKS:
            for width in VIEWPORTS:
                found = [_done(browser, library, task, width) for _ in range(options.rounds)]
                print(json.dumps(_told(task, width, found)), flush=True)


@contextmanager
def _library(place: Path, stripe_url: str) -> Iterator[Library]:
    """Serve the demo once its recordings are encoded."""
    port = free_port()
    environ = {
        "CARREL_DATA_DIR": str(place),
        "CARREL_DATABASE_URL": f"sqlite:///{place}/library.db",
        "CARREL_BASE_URL": f"http://localhost:{port}",
        "CARREL_SECRET_KEY": secrets.token_urlsafe(48),
        "CARREL_STRIPE_SECRET_KEY": KEY,
        "CARREL_STRIPE_WEBHOOK_SECRET": SECRET,
        "CARREL_STRIPE_API_BASE": stripe_url,
    }
    carrel = open_carrel(Settings.from_env(environ))
    upgrade(carrel.database)
    install_demo(carrel, now=now())
    with whole_product(place, environ, port, 1) as process:
        until(lambda: not _waiting(carrel), seconds=ENCODED_S)
        come_to_rest(process)
        yield Library(carrel, environ["CARREL_BASE_URL"])
    carrel.database.dispose()


def _waiting(carrel: Carrel) -> bool:
    """Return whether a recording isn't encoded yet."""
    with carrel.database.read_session() as session:
        return bool(
            session.scalar(
                select(Recording.id).where(Recording.state != RecordingState.READY).limit(1)
            )
        )


def _done(browser: "Browser", library: Library, task: str, width: int) -> Newcomer:
    """Do a task with a new browser profile, account, and history."""
    act, who = TASKS[task]
    email, login_id = f"newcomer-{new_public_id()[:8]}@example.org", None
    if who != "visitor":
        login_id = _account(library.carrel, email, has_expired=who == "expired")
    if who == "viewer":
        _begin(browser, library, login_id)
    person = Person.arrive(
        browser,
        library.url,
        library.carrel,
        login_id if who == "viewer" else None,
        viewport=VIEWPORTS[width],
    )
    newcomer = Newcomer(person, email)
    try:
        began = time.monotonic()
        person.page.goto("/")
        act(newcomer)
        newcomer.seconds = time.monotonic() - began
    finally:
        _leave(person)
    return newcomer


def _account(carrel: Carrel, email: str, *, has_expired: bool) -> int:
    """Add an account with an all-access pass that is active, or ended a month ago."""
    moment, year = now(), timedelta(days=365)
    ends_at = moment - timedelta(days=30) if has_expired else moment + timedelta(days=200)
    with carrel.database.transaction() as session:
        login = make_login(session, email, name="Nora Ibarra")
        login.password_hash = hash_password(PASSWORD)
        make_grant(session, login, starts_at=ends_at - year, ends_at=ends_at)
        return login.id


def _begin(browser: "Browser", library: Library, login_id: int | None) -> None:
    """Watch the beginning of the recording on a desktop, and leave."""
    person = Person.arrive(browser, library.url, library.carrel, login_id, viewport=VIEWPORTS[1440])
    newcomer = Newcomer(person)
    try:
        person.page.goto(f"/webinars/{SLUG}/watch")
        play(newcomer)
        newcomer.plays_from(STOPPED_AT_S + 3)
    finally:
        _leave(person)


def _leave(person: Person) -> None:
    person.page.goto("about:blank")
    person.leave()


def _told(task: str, width: int, found: list[Newcomer]) -> dict[str, object]:
    clicks, fields = {each.clicks for each in found}, {each.fields for each in found}
    if len(clicks) > 1 or len(fields) > 1:
        raise SystemExit(f"newcomer_tasks: {task} took {clicks} clicks and {fields} fields")
    return {
        "metric": "newcomer",
        "task": task,
        "width": width,
        "clicks": clicks.pop(),
        "fields": fields.pop(),
        "seconds": round(statistics.median(each.seconds for each in found), 1),
        "load": round(os.getloadavg()[0], 1),
    }


if __name__ == "__main__":
    main()
