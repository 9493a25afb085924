"""One stream a login and the end of access, as they look at real browsers (PRODUCT.md, G1 and E1)."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, Route, expect
from sqlalchemy import select

from lms.core.clock import now
from lms.models.accounts import SellerRole
from lms.models.grants import Grant
from lms.models.playback import PlaybackEnd, PlaybackSession
from lms.playback import sessions
from tests.browser.conftest import Served, Visit
from tests.browser.person import Person
from tests.factories import make_grant

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

STOPS_WITHIN_MS = 60_000
PLAYING = "document.querySelector('video').currentTime > {}"


@pytest.fixture
def alice(served: Served, slug: str) -> tuple[int, str]:
    """Somebody who holds a webinar for good: her login, and the path of its watch page."""
    with served.carrel.database.transaction() as session:
        webinar = served.add_webinar(session, slug, title="Getting the most from a recording")
        login = served.add_person(session, "Alice")
        make_grant(session, login, webinar)
        return login.id, f"/webinars/{slug}/watch"


def play(page: Page) -> None:
    page.locator("media-controller .player-bar media-play-button").click()


def until_plays(person: Person, page: Page, *, past: float = 1.0) -> None:
    Person(person.context, page, []).until(PLAYING.format(past), within_s=120)


def playing_and_second_tab(visit: Visit, alice: tuple[int, str]) -> tuple[Person, Page]:
    """Somebody whose first tab plays, and a second one on the same page."""
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


def test_a_second_tab_takes_over_and_the_first_takes_it_back(
    visit: Visit, alice: tuple[int, str]
) -> None:
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
    second.get_by_role("button", name="Play here instead").click()
    until_plays(person, second)
    expect(message(first)).to_contain_text("Playback moved to Chrome on Linux at ", timeout=40_000)
    expect(message(first)).to_contain_text("is saved.")
    assert first.evaluate("document.querySelector('video').readyState") == 0
    at = first.evaluate("Number(document.querySelector('.strip-place').getAttribute('x'))")
    first.get_by_role("button", name="Play here again").click()
    until_plays(person, first, past=at)
    expect(message(second)).to_contain_text("Playback moved to ", timeout=40_000)
    assert person.faults == [] or all("403" in fault for fault in person.faults)


def test_looking_at_a_second_tab_says_nothing_before_play_is_pressed(
    visit: Visit, alice: tuple[int, str]
) -> None:
    _person, second = playing_and_second_tab(visit, alice)
    with second.expect_response(re.compile("/playback$")) as opened:
        second.locator("[data-film]").hover()
    assert opened.value.status == 409
    expect(message(second)).to_be_hidden()


def test_an_answer_to_the_pointer_that_comes_after_the_take_over_stops_nothing(
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
        second.get_by_role("button", name="Play here instead").click()
    assert taken_over.value.status == 200
    [of_the_pointer] = held
    with second.expect_response(re.compile("/playback$")) as late:
        of_the_pointer.continue_()
    assert late.value.status == 409
    until_plays(person, second)
    expect(message(second)).to_be_hidden()


def test_a_closed_tab_leaves_the_stream_to_the_next(visit: Visit, alice: tuple[int, str]) -> None:
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


def test_the_end_of_a_pass_is_announced_ten_minutes_ahead_and_the_place_is_kept(
    served: Served, visit: Visit, alice: tuple[int, str]
) -> None:
    login_id, path = alice
    ends_at = now() + timedelta(minutes=10, seconds=8)
    _end_grants_at(served, login_id, ends_at)
    person = visit(login_id)
    page = person.page
    page.goto(path)
    play(page)
    until_plays(person, page)
    notice = page.locator("[data-notice]")
    expect(notice).to_be_hidden()
    expect(notice).to_be_visible()
    expect(notice).to_contain_text(re.compile(r"Your access ends at \d+:\d\d.*Your place is saved"))
    notice.get_by_role("button", name="OK").click()
    expect(notice).to_be_hidden()


def test_when_access_ends_by_itself_the_page_says_so_at_once(
    served: Served, visit: Visit, alice: tuple[int, str]
) -> None:
    login_id, path = alice
    _end_grants_at(served, login_id, now() + timedelta(seconds=9))
    person = visit(login_id)
    person.page.goto(path)
    play(person.page)
    until_plays(person, person.page)
    expect(message(person.page)).to_contain_text("ended on", timeout=20_000)
    expect(message(person.page)).to_contain_text("is saved.")
    assert person.page.evaluate("document.querySelector('video').readyState") == 0


@pytest.mark.parametrize(
    ("ended_as", "says"),
    [(PlaybackEnd.BLOCKED, "blocked"), (PlaybackEnd.SIGNED_OUT, "signed out")],
)
def test_a_session_that_is_ended_stops_within_a_minute_and_says_why(
    served: Served, visit: Visit, alice: tuple[int, str], ended_as: PlaybackEnd, says: str
) -> None:
    login_id, path = alice
    person = visit(login_id)
    person.page.goto(path)
    play(person.page)
    until_plays(person, person.page, past=3.0)
    person.context.clear_cookies()
    with served.carrel.database.transaction() as session:
        sessions.end_for_login(session, login_id, ended_as=ended_as, now=now())
    expect(message(person.page)).to_contain_text(says, timeout=STOPS_WITHIN_MS)
    assert person.page.evaluate("document.querySelector('video').readyState") == 0


def test_what_is_said_over_the_film_is_seen_on_the_whole_screen(
    visit: Visit, alice: tuple[int, str]
) -> None:
    login_id, path = alice
    person = visit(login_id)
    person.page.goto(path)
    play(person.page)
    until_plays(person, person.page)
    person.page.locator("media-fullscreen-button").click()
    person.until("document.fullscreenElement?.matches('[data-film]')")


def test_leaving_a_preview_ends_it(served: Served, visit: Visit, alice: tuple[int, str]) -> None:
    _, path = alice
    with served.carrel.database.transaction() as session:
        ada = served.add_person(session, "Ada", seller_role=SellerRole.STAFF)
    person = visit(ada.id)
    person.page.goto(f"{path}?preview=1")
    play(person.page)
    until_plays(person, person.page)
    person.page.goto("/library")
    ends = select(PlaybackSession.ended_as).where(PlaybackSession.login_id == ada.id)
    told: list[PlaybackEnd | None] = [None]
    for _ in range(40):  # what a page says as it is left may come after the next one is there
        with served.carrel.database.read_session() as session:
            told = list(session.scalars(ends))
        if told != [None]:
            break
        person.page.wait_for_timeout(250)
    assert told == [PlaybackEnd.CLOSED]
    assert person.faults == []


def _end_grants_at(served: Served, login_id: int, moment) -> None:
    with served.carrel.database.transaction() as session:
        session.scalars(select(Grant).where(Grant.login_id == login_id)).one().ends_at = moment
