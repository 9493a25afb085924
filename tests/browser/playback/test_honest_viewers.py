"""Permitted viewers aren't stopped by a pause, another sign-in, a slow server, or their cache."""

import re
from dataclasses import replace

import pytest
from playwright.sync_api import Route, expect
from sqlalchemy import select

from lms.core.clock import now
from lms.models.accounts import SignIn
from lms.models.playback import PlaybackEnd, PlaybackSession
from lms.playback import sessions
from tests.browser.conftest import Served, Visit
from tests.browser.person import Person, sign_in_cookie
from tests.factories import make_grant

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

PLAYING = "document.querySelector('video').currentTime > {}"
FILM, BEAT, OPENING = (re.compile(each) for each in (r"/media/.*\.mp4", "/beat$", "/playback$"))


@pytest.fixture
def alice(served: Served, visit: Visit, slug: str) -> Person:
    """Alice, whose video is playing."""
    with served.carrel.database.transaction() as session:
        webinar = served.add_webinar(session, slug, title="Getting the most from a recording")
        login = served.add_person(session, "Alice")
        make_grant(session, login, webinar)
        login_id = login.id
    person = visit(login_id)
    person.page.goto(f"/webinars/{slug}/watch")
    play(person)
    return person


def play(person: Person) -> None:
    person.page.locator("media-controller .player-bar media-play-button").click()
    person.until(PLAYING.format(2))


def seek(person: Person, to: float) -> None:
    person.page.evaluate("to => (document.querySelector('video').currentTime = to)", to)


def goes_on(person: Person, past: float) -> None:
    """Wait until the video plays past a position, without a message over it."""
    person.until(PLAYING.format(past))
    expect(person.page.locator("[data-message]")).to_be_hidden()
    assert not person.page.evaluate("document.querySelector('video').paused")


def ends(served: Served) -> list[PlaybackEnd | None]:
    """Return how each session of the most recent viewer ended, oldest first."""
    with served.carrel.database.read_session() as session:
        login_id = session.scalars(
            select(PlaybackSession.login_id).order_by(PlaybackSession.id.desc())
        ).first()
        query = select(PlaybackSession.ended_as).where(PlaybackSession.login_id == login_id)
        return list(session.scalars(query.order_by(PlaybackSession.id)))


class Sleep:
    """A laptop that slept for an hour: media tokens have expired, and heartbeats bring new ones."""

    def __init__(self, served: Served, person: Person, *, answers_late: bool) -> None:
        self.signer, self.page = served.carrel.signer, person.page
        self.answers_late = answers_late
        self.waiting: list[Route] = []
        self.renewed = ""
        self.page.route(FILM, self.serve)
        self.page.route(BEAT, self.renew)

    def serve(self, route: Route) -> None:
        if route.request.url.split("/")[4] == self.renewed:
            route.continue_()
        elif self.answers_late and not self.renewed:
            self.waiting.append(route)
        else:
            refuse(route)

    def renew(self, route: Route) -> None:
        answer = route.fetch()
        told = answer.json()
        ticket = self.signer.read(told["film"], 0)
        self.renewed = self.signer.sign(replace(ticket, expires=ticket.expires + 60))
        route.fulfill(response=answer, json={**told, "film": self.renewed})


def refuse(route: Route) -> None:
    route.fulfill(status=403, json={"code": "LINK_EXPIRED"})


def test_laptop_waking_after_an_hour_continues_the_session(served: Served, alice: Person) -> None:
    Sleep(served, alice, answers_late=False)
    seek(alice, 50)
    goes_on(alice, 51)
    assert ends(served) == [None]


def test_late_refusal_of_an_old_token_is_ignored(served: Served, alice: Person) -> None:
    sleep = Sleep(served, alice, answers_late=True)
    seek(alice, 50)
    alice.page.wait_for_timeout(500)
    with alice.page.expect_response(BEAT):
        alice.page.keyboard.press("k")  # a pause is reported at once
    alice.page.keyboard.press("k")
    alice.page.wait_for_timeout(500)
    assert sleep.waiting
    for route in sleep.waiting:
        refuse(route)
    goes_on(alice, 51)
    assert ends(served) == [None]


def test_playback_continues_after_signing_in_again_in_another_tab(
    served: Served, alice: Person
) -> None:
    moment = now()
    with served.carrel.database.transaction() as session:
        before = session.scalars(select(SignIn).order_by(SignIn.id.desc())).first()
        assert before is not None
        before.ended_at, login_id = moment, before.login_id
        signed_out = PlaybackEnd.SIGNED_OUT
        sessions.end_for_sign_in(session, before.id, ended_as=signed_out, now=moment)
    alice.context.clear_cookies()  # a sign-in changes the browser's cookies and form token
    alice.context.add_cookies([sign_in_cookie(served.carrel, served.url, login_id)])
    seek(alice, 50)
    goes_on(alice, 51)
    assert ends(served) == [PlaybackEnd.SIGNED_OUT, None]


def test_new_sign_in_during_playback_continues_without_a_take_over_message(
    served: Served, alice: Person
) -> None:
    with served.carrel.database.transaction() as session:
        before = session.scalars(select(SignIn).order_by(SignIn.id.desc())).first()
        assert before is not None
        before.ended_at, login_id = now(), before.login_id
    alice.context.clear_cookies()
    alice.context.add_cookies([sign_in_cookie(served.carrel, served.url, login_id)])
    seek(alice, 50)
    goes_on(alice, 51)
    assert len(ends(served)) == 2


def test_page_restored_from_the_browser_cache_continues(served: Served, alice: Person) -> None:
    left = "window.dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}))"
    with alice.page.expect_response(re.compile("/close$")):
        alice.page.evaluate(left)
    alice.page.evaluate(left.replace("pagehide", "pageshow"))
    seek(alice, 50)
    goes_on(alice, 51)
    assert ends(served) == [PlaybackEnd.CLOSED, None]


def test_reload_during_an_outage_plays_once_the_server_is_back(
    served: Served, alice: Person
) -> None:
    away = [503, 502, 503, 503]  # about twelve seconds
    alice.page.route(
        OPENING,
        lambda route: route.fulfill(status=away.pop()) if away else route.continue_(),
    )
    alice.page.reload()
    play(alice)
    goes_on(alice, 2)
    assert away == []
    assert ends(served)[-1] is None


def test_refusal_without_a_reason_offers_to_try_again(served: Served, alice: Person) -> None:
    alice.page.route(FILM, refuse)
    seek(alice, 50)
    again = alice.page.get_by_role("button", name="Try again")
    expect(again).to_be_visible(timeout=60_000)
    alice.page.unroute(FILM)
    again.click()
    goes_on(alice, 51)
    assert ends(served)[-1] is None
