"""From sign-in to search, the webinar's page, and the recording."""

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import expect

from lms.core.password_hashing_and_rules import hash_password
from lms.models.accounts import Login
from lms.models.playback import PlaybackEnd
from lms.search import webinar_search
from lms.web.playback.session_opening_and_end_reasons import ENDINGS
from tests.browser.conftest import Served, Visit
from tests.browser.person import Person
from tests.factories import make_grant

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

TITLE = "Quiet corners in busy branches"
SLUG = "quiet-corners"
PASSWORD = "seven lamps on a long table"  # noqa: S105
PAST_TEN_SECONDS = "document.querySelector('video').currentTime > 10"
STATUS = "async url => (await fetch(url)).status"


@dataclass(frozen=True, slots=True)
class Two:
    """The email addresses of Alice, who has access to the webinar, and Dan, who doesn't."""

    alice: str
    dan: str


@pytest.fixture(scope="session")  # the same scope as the site whose database it changes
def two(served: Served) -> Two:
    with served.carrel.database.transaction() as session:
        webinar = served.add_webinar(session, SLUG, title=TITLE)
        webinar_search.keep(session, [webinar.id])
        alice = served.add_person(session, "Alice")
        dan = served.add_person(session, "Dan")
        alice.password_hash = dan.password_hash = hash_password(PASSWORD)
        make_grant(session, alice, webinar)
        return Two(_address(alice), _address(dan))


def _address(login: Login) -> str:
    assert login.email is not None
    return login.email


def _sign_in(person: Person, email: str) -> None:
    person.page.goto("/sign-in")
    person.page.get_by_label("Email").fill(email)
    person.page.get_by_label("Password", exact=True).fill(PASSWORD)
    person.page.get_by_role("button", name="Sign in", exact=True).click()
    expect(person.page.get_by_role("link", name="My webinars").first).to_be_attached()


def _find(person: Person) -> None:
    box = person.page.get_by_label("Search webinars")
    box.fill("quiet corners")
    box.press("Enter")
    person.page.get_by_role("link", name=TITLE).click()


def test_person_with_access_finds_and_watches_and_others_cannot(
    served: Served, visit: Visit, two: Two
) -> None:
    alice, dan = visit(), visit()
    films: list[str] = []
    alice.page.on("request", lambda request: films.append(request.url))
    _sign_in(alice, two.alice)
    _find(alice)
    alice.page.get_by_role("link", name="Watch", exact=True).click()
    expect(alice.page).to_have_url(re.compile(f"/webinars/{SLUG}/watch$"))
    alice.page.locator(".player-bar media-play-button").click()
    alice.until(PAST_TEN_SECONDS)
    segments = [url for url in films if "/media/" in url and url.endswith(".mp4")]
    assert len(segments) >= 3

    _sign_in(dan, two.dan)
    _find(dan)
    expect(dan.page.get_by_role("heading", name=TITLE)).to_be_visible()
    expect(dan.page.get_by_role("link", name="Watch", exact=True)).to_have_count(0)
    assert dan.page.evaluate(STATUS, segments[0]) == 403
    assert alice.page.evaluate(STATUS, segments[0]) == 200

    other = alice.context.new_page()
    other.goto("/library")
    other.get_by_text("Alice", exact=True).click()
    other.get_by_role("button", name="Sign out").click()
    agent = {"User-Agent": alice.page.evaluate("navigator.userAgent")}
    path = segments[0].removeprefix(served.url)
    alice.until("url => fetch(url).then(answer => answer.status === 403)", segments[0], within_s=30)
    assert served.status_of(path, agent) == 403
    message = alice.page.locator("[data-message]")
    expect(message).to_contain_text(ENDINGS[PlaybackEnd.SIGNED_OUT], timeout=60_000)
