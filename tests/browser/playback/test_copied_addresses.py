"""A media URL copied to another browser, and a browser that changes its network."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page
from sqlalchemy import select

from lms.models.playback import PlaybackEnd, PlaybackSession
from tests.browser.conftest import Served, Visit
from tests.factories import make_grant

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

PLAYING = "document.querySelector('video').currentTime > {}"
HOME, OFFICE = ({"X-Forwarded-For": address} for address in ("198.51.100.7", "203.0.113.9"))
CURL = {"User-Agent": "curl/8.14.1"}
STATUS = "url => fetch(url, {headers: {Range: 'bytes=0-99'}}).then(answer => answer.status)"


@pytest.fixture
def alice(served: Served, slug: str) -> tuple[int, str]:
    """A person with access to a webinar: her login, and the path of its watch page."""
    with served.carrel.database.transaction() as session:
        webinar = served.add_webinar(session, slug, title="Getting the most from a recording")
        login = served.add_person(session, "Alice")
        make_grant(session, login, webinar)
        return login.id, f"/webinars/{slug}/watch"


def play(page: Page) -> None:
    page.locator("media-controller .player-bar media-play-button").click()


def asked_for(page: Page) -> list[str]:
    """Collect the media URLs that a page requests."""
    found: list[str] = []
    page.on("request", lambda each: found.append(each.url) if ".mp4" in each.url else None)
    return found


def _altered(path: str) -> str:
    start = len("/media/") + 8
    other = "A" if path[start] != "A" else "B"
    return path[:start] + other + path[start + 1 :]


def sessions_of(served: Served, login_id: int) -> list[PlaybackEnd | None]:
    with served.carrel.database.read_session() as session:
        ends = select(PlaybackSession.ended_as).where(PlaybackSession.login_id == login_id)
        return list(session.scalars(ends))


def test_copied_media_url_is_refused_in_other_browsers(
    served: Served, visit: Visit, alice: tuple[int, str]
) -> None:
    login_id, path = alice
    with served.carrel.database.transaction() as session:
        dan_id = served.add_person(session, "Dan").id
    owner, stranger, dan = visit(login_id), visit(None), visit(dan_id)
    addresses = asked_for(owner.page)
    owner.page.goto(path)
    play(owner.page)
    owner.until(PLAYING.format(1))
    copied = urlsplit(addresses[-1]).path
    stranger.page.goto("/")
    for network in ({}, HOME):  # the same network, and another one
        stranger.context.set_extra_http_headers(network)
        assert stranger.page.evaluate(STATUS, copied) == 403
    dan.page.goto("/library")
    assert dan.page.evaluate(STATUS, copied) == 403
    assert owner.page.evaluate(STATUS, copied) == 206
    agent = owner.page.evaluate("navigator.userAgent")
    for headers in ({"User-Agent": agent}, {"User-Agent": agent} | OFFICE, CURL):
        assert served.status_of(copied, headers) == 403  # the cookie is missing
    assert served.status_of(_altered(copied), {"User-Agent": agent}) == 404
    owner.page.evaluate("document.querySelector('video').currentTime = 50")
    owner.until(PLAYING.format(51))
    owner.page.goto("/library")
    assert stranger.page.evaluate(STATUS, copied) == 403
    assert owner.faults == []


def test_network_change_keeps_the_playback_session(
    served: Served, visit: Visit, alice: tuple[int, str]
) -> None:
    login_id, path = alice
    person = visit(login_id)
    person.context.set_extra_http_headers(HOME)
    addresses = asked_for(person.page)
    person.page.goto(path)
    play(person.page)
    person.until(PLAYING.format(1))
    first = urlsplit(addresses[-1]).path
    person.context.set_extra_http_headers(OFFICE)
    person.page.evaluate("document.querySelector('video').currentTime = 60")
    person.until(PLAYING.format(62))
    last = urlsplit(addresses[-1]).path
    assert last.split("/")[2] != first.split("/")[2]
    assert person.page.evaluate(STATUS, last) == 206
    assert person.page.evaluate(STATUS, first) == 403
    assert sessions_of(served, login_id) == [None]
    assert all("403" in fault for fault in person.faults)
