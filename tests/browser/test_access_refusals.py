"""Each access refusal as people see it: the reason and the next step, at each width."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from werkzeug.serving import make_server

from lms.access.explanations import STEP_LABELS, Step
from lms.access.policy import Code
from lms.core.password_hashing_and_rules import hash_password
from lms.models.accounts import Login
from tests.access.decision_situations import arrange
from tests.access.test_explanations import SAYS
from tests.browser.person import Person, sign_in_cookie
from tests.cast import assemble
from tests.servers.buffered_responses import in_whole
from tests.servers.databases import fill, wipe

pytestmark = pytest.mark.browser

WIDTHS = (390, 820, 1440)
SCHEMES = ("light", "dark")
CLAIM, BUY, RENEW, CONTACT, WATCH = (
    STEP_LABELS[step] for step in (Step.CLAIM, Step.BUY, Step.RENEW, Step.CONTACT, Step.WATCH)
)
ASK_MIA = STEP_LABELS[Step.ASK] % {"manager": "Mia"}
# The next step, or None if there is nothing to do but wait.
STEPS = {
    Code.INVITE_NOT_CLAIMED: CLAIM,
    Code.SEAT_CLAIMABLE: CLAIM,
    Code.PAYMENT_PENDING: ASK_MIA,
    Code.PAYMENT_OVERDUE: ASK_MIA,
    Code.POOL_FULL_WAITLISTED: ASK_MIA,
    Code.NOT_STARTED: None,
    Code.LIVE_NOT_OPEN: "Join live",
    Code.RECORDING_NOT_READY: None,
    Code.HELD_AFTER_TERM: RENEW,
    Code.CONTRACT_LAPSED: ASK_MIA,
    Code.PASS_EXPIRED: RENEW,
    Code.SEAT_RELEASED: ASK_MIA,
    Code.SUSPENDED_DISPUTE: CONTACT,
    Code.REFUNDED: BUY,
    Code.REVOKED: CONTACT,
    Code.NO_GRANT: BUY,
    Code.WEBINAR_PULLED: CONTACT,
}
# Blocked people see the reason at sign-in, and late people on the live session's page.
AT_A_DOOR = {Code.ACCOUNT_BLOCKED: CONTACT, Code.LIVE_OVER: WATCH}
PASSWORD = "seven lamps on a long table"  # noqa: S105


@pytest.fixture
def address(app, clock) -> Iterator[str]:
    """The URL of this test's site, which uses the test's clock."""
    server = make_server("127.0.0.1", 0, in_whole(app), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_every_access_code_is_covered() -> None:
    assert STEPS.keys() | AT_A_DOOR.keys() == SAYS.keys()


def test_each_refusal_says_why_and_what_to_do_next(
    browser: Browser, address, carrel, database
) -> None:
    person = Person.arrive(browser, address, carrel, None)
    for code in STEPS:
        cast = fill(database, "cast", assemble)
        with database.transaction() as session:
            situation = arrange(session, cast, code)
        person.context.add_cookies([sign_in_cookie(carrel, address, cast.dan.id)])
        person.page.goto(f"/webinars/{situation.slug}")
        _check(person, f"[data-testid=access-{code}]", code, STEPS[code])
        _take_pictures(person, code)
        wipe(database)
    person.leave()


def test_ended_live_session_leads_to_the_recording(
    browser: Browser, address, carrel, database, cast
) -> None:
    with database.transaction() as session:
        situation = arrange(session, cast, Code.LIVE_OVER)
    person = Person.arrive(browser, address, carrel, cast.dan.id)
    person.page.goto(f"/webinars/{situation.slug}/live")
    _check(person, "main", Code.LIVE_OVER, AT_A_DOOR[Code.LIVE_OVER])
    _take_pictures(person, Code.LIVE_OVER)
    person.page.locator("main .button").first.click()
    person.page.wait_for_url(f"**/webinars/{situation.slug}/watch")
    person.leave()


def test_blocked_account_sees_why_at_sign_in(
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
    _check(person, "main", Code.ACCOUNT_BLOCKED, AT_A_DOOR[Code.ACCOUNT_BLOCKED])
    _take_pictures(person, Code.ACCOUNT_BLOCKED)
    person.page.locator("main .button").first.click()
    person.page.wait_for_url("**/ask?kind=trouble*")
    person.leave()


def _check(person: Person, place: str, code: Code, step: str | None) -> None:
    """Check that a part of the page gives the reason, and that the next step comes first."""
    panel = person.page.locator(place)
    assert SAYS[code].replace("'", "\u2019") in panel.inner_text()
    if step is not None:
        assert step in panel.locator(".button").first.inner_text()


def _take_pictures(person: Person, code: Code) -> None:
    """Check that the page fits each width; with CARREL_PICTURES, also take screenshots."""
    pictures = os.environ.get("CARREL_PICTURES")
    for width in WIDTHS:
        person.page.set_viewport_size({"width": width, "height": 900})
        wide = "document.documentElement.scrollWidth <= window.innerWidth"
        assert person.page.evaluate(wide)
        for scheme in SCHEMES if pictures else ():
            person.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            name = f"{code.value.lower()}-{width}-{scheme}.png"
            person.page.screenshot(path=str(Path(pictures or "") / name), full_page=True)
