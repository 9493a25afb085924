"""Every answer of the policy as people see it: its sentence and its next step, at each width."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from werkzeug.serving import make_server

from lms.access import ADMITTING, Code
from tests.access.refusals import arrange
from tests.browser.people import Person

pytestmark = pytest.mark.browser

WIDTHS = (390, 820, 1440)
SCHEMES = ("light", "dark")
# What the page says, and the one thing to do; None where there is only waiting.
SHOWN = {
    Code.INVITE_NOT_CLAIMED: ("Elm County Library keeps a seat for you.", "Claim your seat"),
    Code.SEAT_CLAIMABLE: ("Elm County Library has a free seat", "Claim your seat"),
    Code.PAYMENT_PENDING: ("Elm County Library has ordered this.", "Ask Mia"),
    Code.POOL_FULL_WAITLISTED: ("You are on the waiting list.", "Ask Mia"),
    Code.NOT_STARTED: ("Your access begins on 3 March 2026.", None),
    Code.LIVE_NOT_OPEN: ("You have a place.", "Join live in"),
    Code.RECORDING_NOT_READY: ("as soon as the recording is ready.", None),
    Code.HELD_AFTER_TERM: ("takes place after your pass has ended", "Renew"),
    Code.CONTRACT_LAPSED: ("The contract of Elm County Library ended on", "Ask Mia"),
    Code.PASS_EXPIRED: ("Your pass ended on", "Renew"),
    Code.SEAT_RELEASED: ("Your seat with Elm County Library was released.", "Ask Mia"),
    Code.SUSPENDED_DISPUTE: ("Your access is paused", "Write to us"),
    Code.REFUNDED: ("Your access ended when your money was returned.", "See what it costs"),
    Code.REVOKED: ("Your access to this webinar was taken back.", "Write to us"),
    Code.NO_GRANT: ("This webinar is not in your library yet.", "See what it costs"),
    Code.WEBINAR_PULLED: ("This webinar had to be taken down", "Write to us"),
}
# A blocked log-in is told at the door, and who is late for a live session has the recording.
TOLD_ELSEWHERE = {Code.ACCOUNT_BLOCKED, Code.LIVE_OVER}


@pytest.fixture
def address(app, clock) -> Iterator[str]:
    """Where the library of this test is served, by its own clock."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_no_answer_is_forgotten() -> None:
    assert set(SHOWN) | TOLD_ELSEWHERE == set(Code) - ADMITTING


@pytest.mark.parametrize("code", SHOWN)
def test_a_refusal_says_why_and_what_to_do_next(
    browser: Browser, address, carrel, database, cast, code: Code
) -> None:
    with database.transaction() as session:
        situation = arrange(session, cast, code)
    sentence, step = SHOWN[code]
    pictures = os.environ.get("CARREL_PICTURES")
    person = Person.arrive(browser, address, carrel, cast.dan.id)
    person.page.goto(f"/webinars/{situation.slug}")
    panel = person.page.locator(".access")
    assert sentence in panel.inner_text()
    if step is not None:
        assert step in panel.locator(".button").first.inner_text()
    for width in WIDTHS:
        person.page.set_viewport_size({"width": width, "height": 900})
        wide = "document.documentElement.scrollWidth <= window.innerWidth"
        assert person.page.evaluate(wide)
        for scheme in SCHEMES if pictures else ():
            person.page.emulate_media(color_scheme=scheme)
            name = f"{code.value.lower()}-{width}-{scheme}.png"
            person.page.screenshot(path=str(Path(pictures or "") / name), full_page=True)
    person.leave()
