"""One stream per person and the end of access, in browsers (PRODUCT.md, G1 and E1)."""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, Route, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.access.policy import Code
from lms.core.clock import now
from lms.grants import grants
from lms.models.accounts import SignIn
from lms.models.grants import Grant, Withdrawal
from lms.models.playback import PlaybackEnd
from lms.playback import sessions
from lms.web.playback.session_opening_and_end_reasons import ENDINGS
from tests.browser.conftest import Served, Visit
from tests.browser.page_elements import stopped_by
from tests.browser.person import Person
from tests.browser.playback.test_copied_addresses import asked_for
from tests.factories import make_grant

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

STOPS_WITHIN_MS = 60_000
TAKE_OVER = "[data-message-take-over]"
REFUSED = "url => fetch(url).then(answer => answer.status === 403)"
PLAYING = "document.querySelector('video').currentTime > {}"


@pytest.fixture
def alice(served: Served, slug: str) -> tuple[int, str]:
    """A person with permanent access to a webinar: her login, and the path of its watch page."""
    return add_holder(served, slug)


def add_holder(served: Served, slug: str) -> tuple[int, str]:
    """Add a webinar and a person with access; returns her login and its watch page's path."""
    with served.carrel.database.transaction() as session:
        webinar = served.add_webinar(session, slug, title="Getting the most from a recording")
        login = served.add_person(session, "Alice")
        make_grant(session, login, webinar)
        return login.id, f"/webinars/{slug}/watch"


def play(page: Page) -> None:
    page.locator("media-controller .player-bar media-play-button").click()


def until_plays(person: Person, page: Page, *, past: float = 1.0) -> None:
    Person(person.context, page, []).until(PLAYING.format(past))


def playing_and_second_tab(visit: Visit, alice: tuple[int, str]) -> tuple[Person, Page]:
    """A person whose first tab plays, and a second tab on the same page."""
    login_id, path = alice
    person = visit(login_id)
    person.page.goto(path)
    play(person.page)
    until_plays(person, person.page)
    second = person.context.new_page()
    second.goto(path)
    return person, second


def message(page: Page) -> Locator:
    return page.locator("[data-message]")


def test_second_tab_takes_over_and_first_takes_back(visit: Visit, alice: tuple[int, str]) -> None:
    login_id, path = alice
    person = visit(login_id)
    first, second = person.page, person.context.new_page()
    first.goto(path)
    play(first)
    until_plays(person, first, past=2.0)
    second.goto(path)
    play(second)
    expect(message(second)).to_contain_text("Playing in Chrome on Linux since ")
    expect(message(second)).to_contain_text("You can watch on one screen at a time.")
    assert not first.evaluate("document.querySelector('video').paused")
    second.locator(TAKE_OVER).click()
    until_plays(person, second)
    expect(stopped_by(first, "TAKEN_OVER")).to_contain_text(
        "Chrome on Linux", timeout=STOPS_WITHIN_MS
    )
    expect(message(first)).to_contain_text("is saved.")
    assert first.evaluate("document.querySelector('video').readyState") == 0
    at = first.evaluate("Number(document.querySelector('.strip-place').getAttribute('x'))")
    first.locator(TAKE_OVER).click()
    until_plays(person, first, past=at)
    expect(stopped_by(second, "TAKEN_OVER")).to_be_visible(timeout=STOPS_WITHIN_MS)
    assert person.faults == [] or all("403" in fault for fault in person.faults)


def test_take_over_resumes_at_the_other_screens_position(
    visit: Visit, alice: tuple[int, str]
) -> None:
    person, second = playing_and_second_tab(visit, alice)
    first = person.page
    first.evaluate("document.querySelector('video').currentTime = 30")
    until_plays(person, first, past=31)
    with first.expect_response(re.compile("/beat$")):
        pass
    play(second)
    second.locator(TAKE_OVER).click()
    until_plays(person, second, past=0)
    assert second.evaluate(PLAYING.format(29))


def test_take_over_starts_at_the_linked_position(visit: Visit, alice: tuple[int, str]) -> None:
    person, second = playing_and_second_tab(visit, alice)
    person.page.evaluate("document.querySelector('video').currentTime = 40")
    until_plays(person, person.page, past=41)
    with person.page.expect_response(re.compile("/beat$")):
        pass
    second.goto(f"{alice[1]}?t=20")
    play(second)
    second.locator(TAKE_OVER).click()
    until_plays(person, second, past=0)
    assert second.evaluate(PLAYING.format(19))
    assert not second.evaluate(PLAYING.format(39))


def test_second_tab_shows_no_message_before_play(visit: Visit, alice: tuple[int, str]) -> None:
    _person, second = playing_and_second_tab(visit, alice)
    with second.expect_response(re.compile("/playback$")) as opened:
        second.locator("[data-film]").hover()
    assert opened.value.status == 409
    expect(message(second)).to_be_hidden()


def test_late_hover_response_does_not_stop_a_take_over(
    visit: Visit, alice: tuple[int, str]
) -> None:
    person, second = playing_and_second_tab(visit, alice)
    second.keyboard.press("k")
    expect(message(second)).to_contain_text("Playing in Chrome on Linux since ")
    held: list[Route] = []

    def hold(route: Route) -> None:
        if route.request.post_data_json["take_over"]:
            route.fallback()
        else:
            held.append(route)

    second.route(re.compile("/playback$"), hold)
    second.locator("[data-film]").hover()
    with second.expect_response(re.compile("/playback$")) as taken_over:
        second.locator(TAKE_OVER).click()
    assert taken_over.value.status == 200
    [of_the_pointer] = held
    with second.expect_response(re.compile("/playback$")) as late:
        of_the_pointer.continue_()
    assert late.value.status == 409
    until_plays(person, second)
    expect(message(second)).to_be_hidden()


def test_closing_a_tab_frees_the_stream(visit: Visit, alice: tuple[int, str]) -> None:
    login_id, path = alice
    person = visit(login_id)
    first = person.context.new_page()
    first.goto(path)
    play(first)
    until_plays(person, first)
    first.close(run_before_unload=True)
    person.page.goto(path)
    play(person.page)
    until_plays(person, person.page)


def test_end_of_access_is_announced_ten_minutes_ahead(
    served: Served, visit: Visit, alice: tuple[int, str]
) -> None:
    login_id, path = alice
    ends_at = now() + timedelta(minutes=15)
    _end_grants_at(served, login_id, ends_at)
    person = visit(login_id)
    page = person.page
    page.clock.install()
    page.goto(path)
    play(page)
    until_plays(person, page)
    notice = page.locator("[data-notice]")
    expect(notice).to_be_hidden()
    page.clock.fast_forward(5 * 60_000)
    expect(notice).to_be_visible()
    expect(notice).to_contain_text(re.compile(r"Your access ends at \d+:\d\d.*Your place is saved"))
    notice.get_by_role("button", name="OK").click()
    expect(notice).to_be_hidden()


def test_page_says_so_when_access_expires_during_playback(
    served: Served, visit: Visit, alice: tuple[int, str]
) -> None:
    login_id, path = alice
    person = visit(login_id)
    person.page.goto(path)
    person.until("!!customElements.get('media-controller')")
    _end_grants_at(served, login_id, now() + timedelta(seconds=9))
    play(person.page)
    until_plays(person, person.page, past=0)
    expect(message(person.page)).to_contain_text("ended on", timeout=STOPS_WITHIN_MS)
    expect(message(person.page)).to_contain_text("is saved.")
    assert person.page.evaluate("document.querySelector('video').readyState") == 0


def test_ended_session_stops_within_a_minute_and_says_why(
    served: Served, visit: Visit, slug: str
) -> None:
    playing = {}
    for name in ENDS:
        login_id, path = add_holder(served, f"{slug}-{name}")
        person = visit(login_id)
        addresses = asked_for(person.page)
        person.page.goto(path)
        play(person.page)
        until_plays(person, person.page, past=3.0)
        playing[name] = (person, login_id, urlsplit(addresses[-1]).path)
    with served.carrel.database.transaction() as session:
        for name, (end, _, _) in ENDS.items():
            end(session, playing[name][1])
    # only now, because a heartbeat without cookies would end the session as signed out
    playing["blocked"][0].context.clear_cookies()
    signed_out, _, film = playing["signed-out"]
    signed_out.until(REFUSED, film, within_s=60)
    agent = signed_out.page.evaluate("navigator.userAgent")
    assert served.status_of(film, {"User-Agent": agent}) == 403
    for name, (_, says, next_step) in ENDS.items():
        page = playing[name][0].page
        is_code = isinstance(says, Code)
        shown = stopped_by(page, says) if is_code else message(page).filter(has_text=says)
        expect(shown).to_be_visible(timeout=STOPS_WITHIN_MS)
        assert page.evaluate("document.querySelector('video').readyState") == 0
        if next_step:
            expect(page.get_by_role("main").get_by_role("link", name=next_step)).to_be_visible()


def _block(session: Session, login_id: int) -> None:
    sessions.end_for_login(session, login_id, ended_as=PlaybackEnd.BLOCKED, now=now())


def _sign_out(session: Session, login_id: int) -> None:
    sign_in = session.scalars(select(SignIn).where(SignIn.login_id == login_id)).one()
    sign_in.ended_at = now()
    signed_out = PlaybackEnd.SIGNED_OUT
    sessions.end_for_sign_in(session, sign_in.id, ended_as=signed_out, now=now())


def _revoke(session: Session, login_id: int) -> None:
    grant_id = session.scalars(select(Grant.public_id).where(Grant.login_id == login_id)).one()
    grants.take_back(session, grant_id, withdrawal=Withdrawal.REVOKED, actor=None, now=now())


# how to end a session, the page's message or refusal code, and the next step
ENDS: Mapping[str, tuple[Callable[[Session, int], None], str, str]] = {
    "blocked": (_block, "blocked", ""),
    "signed-out": (_sign_out, ENDINGS[PlaybackEnd.SIGNED_OUT], "Sign in"),
    "revoked": (_revoke, Code.REVOKED, "Contact us"),
}


def test_full_screen_shows_the_player_container(visit: Visit, alice: tuple[int, str]) -> None:
    login_id, path = alice
    person = visit(login_id)
    person.page.goto(path)
    play(person.page)
    until_plays(person, person.page)
    person.page.locator("media-fullscreen-button").click()
    person.until("document.fullscreenElement?.matches('[data-film]')")


def _end_grants_at(served: Served, login_id: int, moment) -> None:
    with served.carrel.database.transaction() as session:
        session.scalars(select(Grant).where(Grant.login_id == login_id)).one().ends_at = moment
