"""Every answer of the policy as people see it: its sentence and its next step, at each width."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from werkzeug.serving import make_server

from lms.access.policy import ADMITTING, Code
from lms.core.password_hashing_and_rules import hash_password
from lms.models.accounts import Login
from tests.access.decision_situations import arrange
from tests.browser.person import Person, sign_in_cookie
from tests.cast import assemble
from tests.servers.buffered_responses import in_whole
from tests.servers.databases import fill, wipe

pytestmark = pytest.mark.browser

WIDTHS = (390, 820, 1440)
SCHEMES = ("light", "dark")
# What the page says, and the one thing to do; None where there is only waiting.
SHOWN = {
    Code.INVITE_NOT_CLAIMED: ("Elm County Library reserved a seat for you.", "Claim your seat"),
    Code.SEAT_CLAIMABLE: ("Elm County Library has a seat available", "Claim your seat"),
    Code.PAYMENT_PENDING: ("Elm County Library ordered this webinar.", "Ask Mia"),
    Code.PAYMENT_OVERDUE: ("Access through Elm County Library is paused", "Ask Mia"),
    Code.POOL_FULL_WAITLISTED: ("You're on the waitlist.", "Ask Mia"),
    Code.NOT_STARTED: ("Your access starts on March 3, 2026.", None),
    Code.LIVE_NOT_OPEN: ("You have access.", "Join live in"),
    Code.RECORDING_NOT_READY: ("as soon as the recording is ready.", None),
    Code.HELD_AFTER_TERM: ("covers webinars held until", "Renew"),
    Code.CONTRACT_LAPSED: ("The contract for Elm County Library ended on", "Ask Mia"),
    Code.PASS_EXPIRED: ("Your pass ended on", "Renew"),
    Code.SEAT_RELEASED: ("You no longer have a seat from Elm County Library.", "Ask Mia"),
    Code.SUSPENDED_DISPUTE: ("Your access is paused", "Contact us"),
    Code.REFUNDED: ("Your access ended when your payment was refunded.", "See prices"),
    Code.REVOKED: ("Your access to this webinar was removed.", "Contact us"),
    Code.NO_GRANT: ("You don't have access to this webinar yet.", "See prices"),
    Code.WEBINAR_PULLED: ("This webinar was removed", "Contact us"),
}
# A blocked log-in is told at the door, and who is late at the door of the live session.
AT_A_DOOR = {
    Code.ACCOUNT_BLOCKED: ("Your account is blocked.", "Contact us"),
    Code.LIVE_OVER: ("The live session is over.", "Watch"),
}
PASSWORD = "seven lamps on a long table"  # noqa: S105


@pytest.fixture
def address(app, clock) -> Iterator[str]:
    """Where the library of this test is served, by its own clock."""
    server = make_server("127.0.0.1", 0, in_whole(app), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_no_answer_is_forgotten() -> None:
    assert set(SHOWN) | set(AT_A_DOOR) == set(Code) - ADMITTING


def test_each_refusal_says_why_and_what_to_do_next(
    browser: Browser, address, carrel, database
) -> None:
    person = Person.arrive(browser, address, carrel, None)
    for code in SHOWN:
        cast = fill(database, "cast", assemble)
        with database.transaction() as session:
            situation = arrange(session, cast, code)
        person.context.add_cookies([sign_in_cookie(carrel, address, cast.dan.id)])
        person.page.goto(f"/webinars/{situation.slug}")
        _check(person, ".access", *SHOWN[code])
        _take_pictures(person, code)
        wipe(database)
    person.leave()


def test_who_comes_late_to_a_live_session_is_led_to_the_recording(
    browser: Browser, address, carrel, database, cast
) -> None:
    with database.transaction() as session:
        situation = arrange(session, cast, Code.LIVE_OVER)
    person = Person.arrive(browser, address, carrel, cast.dan.id)
    person.page.goto(f"/webinars/{situation.slug}/live")
    _check(person, "main", *AT_A_DOOR[Code.LIVE_OVER])
    _take_pictures(person, Code.LIVE_OVER)
    person.page.locator("main .button").first.click()
    person.page.wait_for_url(f"**/webinars/{situation.slug}/watch")
    person.leave()


def test_a_blocked_login_is_told_at_the_door(
    browser: Browser, address, carrel, database, cast
) -> None:
    with database.transaction() as session:
        arrange(session, cast, Code.ACCOUNT_BLOCKED)
        session.get_one(Login, cast.dan.id).password_hash = hash_password(PASSWORD)
    person = Person.arrive(browser, address, carrel, None)
    person.page.goto("/sign-in")
    person.page.get_by_label("Email address", exact=True).fill(cast.dan.email)
    person.page.get_by_label("Password", exact=True).fill(PASSWORD)
    person.page.get_by_role("button", name="Sign in", exact=True).click()
    person.page.get_by_role("heading", name="You can\u2019t sign in right now").wait_for()
    _check(person, "main", *AT_A_DOOR[Code.ACCOUNT_BLOCKED])
    _take_pictures(person, Code.ACCOUNT_BLOCKED)
    person.page.locator("main .button").first.click()
    person.page.wait_for_url("**/ask?kind=trouble*")
    person.leave()


def _check(person: Person, place: str, sentence: str, step: str | None) -> None:
    """Make sure that a place of the page says this, and that the next step comes first in it."""
    panel = person.page.locator(place)
    assert sentence.replace("'", "\u2019") in panel.inner_text()
    if step is not None:
        assert step in panel.locator(".button").first.inner_text()


def _take_pictures(person: Person, code: Code) -> None:
    """Make sure that the page fits each width; with CARREL_PICTURES, take a picture of each."""
    pictures = os.environ.get("CARREL_PICTURES")
    for width in WIDTHS:
        person.page.set_viewport_size({"width": width, "height": 900})
        wide = "document.documentElement.scrollWidth <= window.innerWidth"
        assert person.page.evaluate(wide)
        for scheme in SCHEMES if pictures else ():
            person.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            name = f"{code.value.lower()}-{width}-{scheme}.png"
            person.page.screenshot(path=str(Path(pictures or "") / name), full_page=True)
