"""Watching a recording in a real browser: who may, how it goes on, and how it ends."""

import re
from dataclasses import dataclass
from datetime import timedelta

import pytest
from playwright.sync_api import Page, Response, expect
from sqlalchemy import select

from lms.core.clock import now
from lms.grants import grants
from lms.models.accounts import SellerRole, SignIn
from lms.models.grants import Grant, Withdrawal
from lms.models.playback import PlaybackEnd, PlaybackSession, WatchRecord
from lms.models.recordings import Caption, Recording
from lms.playback import sessions
from lms.pricing.price_list import set_prices
from tests.browser.conftest import FILES, Served, Visit
from tests.browser.person import Person
from tests.browser.test_request_to_sale import PRICES
from tests.factories import make_grant
from tests.wait_until import until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

TITLE = "Getting the most from a recording"
STOPS_WITHIN_MS = 60_000
PLAYING = "document.querySelector('video').currentTime > {}"


@dataclass(frozen=True, slots=True)
class Scene:
    """Alice holds a webinar for good, Dan holds nothing."""

    alice: int
    dan: int
    ada: int
    slug: str

    @property
    def path(self) -> str:
        return f"/webinars/{self.slug}/watch"


@pytest.fixture
def scene(served: Served, slug: str) -> Scene:
    with served.carrel.database.transaction() as session:
        webinar = served.add_webinar(session, slug, title=TITLE)
        served.add_handout(session, webinar, title="The slides")
        alice = served.add_person(session, "Alice")
        dan = served.add_person(session, "Dan")
        ada = served.add_person(session, "Ada", seller_role=SellerRole.STAFF)
        make_grant(session, alice, webinar)
    return Scene(alice.id, dan.id, ada.id, slug)


@dataclass(slots=True)
class Fetched:
    """The media a page has fetched: whole answers and ranges of films."""

    urls: list[str]
    ranges: set[str]

    @classmethod
    def by(cls, page: Page) -> "Fetched":
        made = cls([], set())
        page.on("response", lambda response: made.note(response))  # noqa: PLW0108  (it marks what it gets)
        return made

    def note(self, response: Response) -> None:
        if "/media/" not in response.url or not response.ok:
            return
        self.urls.append(response.url)
        span = response.request.headers.get("range")
        if span and response.status == 206:
            self.ranges.add(f"{response.url} {span}")

    def film_url(self) -> str:
        return next(url for url in self.urls if url.endswith(".mp4"))


def play(person: Person, *, past: float, rate: float = 2.0) -> None:
    """Press play and wait until the film is past a place; faster than life to save time."""
    person.page.locator("media-controller .player-bar media-play-button").click()
    person.page.evaluate("rate => (document.querySelector('video').playbackRate = rate)", rate)
    person.until(PLAYING.format(past), within_s=120)


def seek(page: Page, to: float) -> None:
    page.evaluate("to => (document.querySelector('video').currentTime = to)", to)


def watch_in_peace(person: Person, scene: Scene, *, past: float = 4.0) -> Fetched:
    fetched = Fetched.by(person.page)
    person.page.goto(scene.path)
    play(person, past=past)
    return fetched


def kept_position(served: Served, scene: Scene) -> float:
    with served.carrel.database.read_session() as session:
        found = session.scalar(
            select(WatchRecord.position_s).where(WatchRecord.login_id == scene.alice)
        )
    return found or 0.0


def test_a_holder_plays_past_ten_seconds_seeks_reloads_and_resumes(
    served: Served, visit: Visit, scene: Scene
) -> None:
    alice = visit(scene.alice)
    fetched = watch_in_peace(alice, scene, past=10.0)
    assert len(fetched.ranges) >= 3
    with alice.page.expect_response(re.compile("/beat$")) as beat:
        seek(alice.page, 40.0)
    assert beat.value.status == 200
    alice.until(PLAYING.format(42))
    alice.page.reload()
    assert 40.0 <= kept_position(served, scene) < 60.0
    expect(alice.page.get_by_text("Resume at 0:4")).to_be_visible()
    expect(alice.page.locator("[data-watched-words]")).to_have_text(
        re.compile(r"^Watched 0:[1-3]\d of 1:03$")
    )
    play(alice, past=41.0, rate=1.0)
    assert alice.page.evaluate("document.querySelector('video').currentTime") < 55
    assert alice.faults == []


def test_what_was_watched_stands_in_the_line_under_the_film(
    served: Served, visit: Visit, scene: Scene
) -> None:
    alice = visit(scene.alice)
    watch_in_peace(alice, scene, past=12.0)
    with alice.page.expect_response(re.compile("/beat$")):
        alice.page.keyboard.press("k")
    expect(alice.page.locator(".strip-watched")).to_have_attribute("width", "10")
    alice.page.get_by_role("button", name="Next unwatched part").click()
    alice.until(PLAYING.format(10))


def test_from_the_start_is_at_hand(served: Served, visit: Visit, scene: Scene) -> None:
    alice = visit(scene.alice)
    watch_in_peace(alice, scene)
    with alice.page.expect_response(re.compile("/beat$")):
        seek(alice.page, 30.0)
    alice.page.reload()
    alice.page.get_by_role("button", name="Start over").click()
    alice.until("(({currentTime: at}) => at > 0.5 && at < 15)(document.querySelector('video'))")


def test_who_holds_nothing_reads_the_reason_and_the_next_step(
    served: Served, visit: Visit, scene: Scene
) -> None:
    with served.carrel.database.transaction() as session:
        set_prices(session, PRICES, actor=None, now=now() - timedelta(days=1))
    dan = visit(scene.dan)
    answer = dan.page.goto(scene.path)
    assert answer is not None
    assert answer.status == 403
    expect(dan.page.get_by_text("You don't have access to this webinar yet.")).to_be_visible()
    expect(dan.page.get_by_role("button", name="Buy for $99.00")).to_be_visible()


def test_a_copied_address_plays_nowhere_else(served: Served, visit: Visit, scene: Scene) -> None:
    alice, dan = visit(scene.alice), visit(scene.dan)
    film = watch_in_peace(alice, scene).film_url()
    path = film.removeprefix(served.url)
    agent = alice.page.evaluate("navigator.userAgent")
    assert served.status_of(path, {"User-Agent": agent}) == 403  # its cookie is needed
    assert served.status_of(path, {"User-Agent": "curl/8.14.1"}) == 403
    elsewhere = {"User-Agent": agent, "X-Forwarded-For": "203.0.113.9"}
    assert served.status_of(path, elsewhere) == 403
    dan.page.goto("/library")
    fetch = "async url => (await fetch(url)).status"
    assert dan.page.evaluate(fetch, film) == 403
    assert alice.page.evaluate(fetch, film) == 200
    assert served.status_of(_altered(path), {"User-Agent": agent}) == 404


def test_after_signing_out_the_address_plays_for_nobody(
    served: Served, visit: Visit, scene: Scene
) -> None:
    alice = visit(scene.alice)
    film = watch_in_peace(alice, scene).film_url()
    _sign_out(served, scene)
    _until_refused(alice, film)
    agent = alice.page.evaluate("navigator.userAgent")
    path = film.removeprefix(served.url)
    assert served.status_of(path, {"User-Agent": agent}) == 403
    message = alice.page.locator("[data-message-text]")
    expect(message).to_have_text(
        "You signed out, so playback stopped here too.", timeout=STOPS_WITHIN_MS
    )
    assert alice.page.evaluate("document.querySelector('video').paused")
    expect(alice.page.get_by_role("link", name="Sign in")).to_be_visible()


def test_revoked_access_stops_the_film_and_says_why(
    served: Served, visit: Visit, scene: Scene
) -> None:
    alice = visit(scene.alice)
    watch_in_peace(alice, scene)
    with served.carrel.database.transaction() as session:
        grant_id = session.scalars(
            select(Grant.public_id).where(Grant.login_id == scene.alice)
        ).one()
        grants.take_back(session, grant_id, withdrawal=Withdrawal.REVOKED, actor=None, now=now())
    message = alice.page.locator("[data-message-text]")
    expect(message).to_have_text(
        "Your access to this webinar was removed.", timeout=STOPS_WITHIN_MS
    )
    expect(alice.page.get_by_role("main").get_by_role("link", name="Contact us")).to_be_visible()
    assert alice.page.evaluate("document.querySelector('video').readyState") == 0


def test_a_session_that_ended_while_its_person_may_watch_goes_on_in_place(
    served: Served, visit: Visit, scene: Scene
) -> None:
    alice = visit(scene.alice)
    watch_in_peace(alice, scene)
    with served.carrel.database.transaction() as session:
        sessions.end_for_login(session, scene.alice, ended_as=PlaybackEnd.IDLE, now=now())
    with alice.page.expect_response(re.compile("/playback$")) as opened:
        seek(alice.page, 20.0)
    assert opened.value.status == 200
    alice.until(PLAYING.format(24))
    expect(alice.page.locator("[data-message]")).to_be_hidden()
    assert not alice.page.evaluate("document.querySelector('video').paused")


def test_leaving_the_page_ends_the_session(served: Served, visit: Visit, scene: Scene) -> None:
    alice = visit(scene.alice)
    film = watch_in_peace(alice, scene).film_url()
    alice.page.goto("/library")

    def ends() -> list[PlaybackEnd | None]:
        ended = select(PlaybackSession.ended_as).where(PlaybackSession.login_id == scene.alice)
        with served.carrel.database.read_session() as session:
            return list(session.scalars(ended))

    # the beacon of the page that was left is answered beside the next page
    until(lambda: ends() == [PlaybackEnd.CLOSED])
    assert kept_position(served, scene) >= 4.0
    _until_refused(alice, film)


def test_a_lost_connection_is_told_and_mended(served: Served, visit: Visit, scene: Scene) -> None:
    alice = visit(scene.alice)
    watch_in_peace(alice, scene)
    alice.context.set_offline(True)
    seek(alice.page, 50.0)
    hint = alice.page.locator("[data-hint]")
    expect(hint).to_contain_text("Connection lost")
    alice.context.set_offline(False)
    alice.until(PLAYING.format(52), within_s=120)
    expect(hint).to_be_hidden()


def test_keys_work_wherever_the_focus_is(served: Served, visit: Visit, scene: Scene) -> None:
    alice = visit(scene.alice)
    page = alice.page
    page.goto(scene.path)
    page.keyboard.press("k")
    alice.until(PLAYING.format(1))
    page.keyboard.press("k")
    assert page.evaluate("document.querySelector('video').paused")
    before = page.evaluate("document.querySelector('video').currentTime")
    page.keyboard.press("l")
    assert page.evaluate("document.querySelector('video').currentTime") == pytest.approx(
        before + 10, abs=0.5
    )
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.querySelector('video').currentTime") == pytest.approx(
        before + 5, abs=0.5
    )
    page.keyboard.press("m")
    assert page.evaluate("document.querySelector('video').muted")
    page.keyboard.press("Shift+>")
    assert page.evaluate("document.querySelector('video').playbackRate") == 1.25
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    page.reload()
    page.keyboard.press("k")
    alice.until(PLAYING.format(1))
    assert page.evaluate("document.querySelector('video').playbackRate") == 1.25
    assert page.evaluate("document.querySelector('video').muted")


def test_keys_typed_into_the_search_are_letters(served: Served, visit: Visit, scene: Scene) -> None:
    alice = visit(scene.alice)
    alice.page.goto(scene.path)
    alice.page.get_by_label("Search webinars").press_sequentially("km l?")
    assert alice.page.get_by_label("Search webinars").input_value() == "km l?"
    assert alice.page.evaluate("document.querySelector('video').paused")


def test_captions_are_switched_by_a_key_and_remembered(
    served: Served, visit: Visit, scene: Scene
) -> None:
    _add_captions(served, scene)
    alice = visit(scene.alice)
    page = alice.page
    watch_in_peace(alice, scene)
    page.keyboard.press("c")
    shown = "[...document.querySelector('video').textTracks].find(t => t.mode === 'showing')"
    alice.until(f"{shown}?.cues?.length > 3")
    page.reload()
    play(alice, past=1.0)
    alice.until(f"{shown}?.language === 'en'")


def test_the_quality_can_be_chosen(served: Served, visit: Visit, scene: Scene) -> None:
    alice = visit(scene.alice)
    page = alice.page
    watch_in_peace(alice, scene)
    page.locator("media-settings-menu-button").click()
    page.get_by_role("menuitem", name="Quality").click()
    choices = page.locator("media-rendition-menu").get_by_role("menuitemradio")
    expect(choices).to_have_count(3)  # by itself, and two renditions
    choices.last.click()
    alice.until(PLAYING.format(8))
    assert alice.faults == []


def test_without_scripts_the_browsers_own_player_plays(
    served: Served, visit: Visit, scene: Scene
) -> None:
    alice = visit(scene.alice, java_script_enabled=False)
    alice.page.goto(scene.path)
    with alice.page.expect_response(re.compile(r"/progressive\.mp4")) as film:
        alice.page.get_by_role("button", name="Play", exact=True).click()
    assert film.value.status == 206
    expect(alice.page.locator("video[controls]")).to_be_visible()


def test_staff_preview_a_recording_and_nothing_is_kept(
    served: Served, visit: Visit, scene: Scene
) -> None:
    ada = visit(scene.ada)
    beats: list[str] = []
    ada.page.on("request", lambda request: beats.append(request.url))
    ada.page.goto(f"{scene.path}?preview=1")
    expect(ada.page.get_by_text("we don't save what you watch")).to_be_visible()
    play(ada, past=3.0)
    ada.page.keyboard.press("k")
    assert not [url for url in beats if url.endswith("/beat")]


def test_a_handout_is_saved_under_its_own_name(served: Served, visit: Visit, scene: Scene) -> None:
    alice = visit(scene.alice)
    alice.page.goto(scene.path)
    with alice.page.expect_download() as saved:
        alice.page.get_by_role("link", name="Download The slides").click()
    assert saved.value.suggested_filename == "Getting the most.pdf"
    assert saved.value.path().read_bytes() == (FILES / "getting-the-most.pdf").read_bytes()


@pytest.mark.parametrize("width", [390, 820, 1440])
def test_the_page_fits_and_nothing_moves_while_it_loads(
    served: Served, visit: Visit, scene: Scene, width: int
) -> None:
    alice = visit(scene.alice, viewport={"width": width, "height": 900})
    alice.page.add_init_script(
        "window.moved = 0; new PerformanceObserver(list => {"
        " for (const each of list.getEntries()) if (!each.hadRecentInput) window.moved += each.value"
        "}).observe({type: 'layout-shift', buffered: true})"
    )
    alice.page.goto(scene.path)
    play(alice, past=2.0)
    assert alice.page.evaluate("document.documentElement.scrollWidth") <= width
    assert alice.page.evaluate("window.moved") < 0.02


def _altered(path: str) -> str:
    start = len("/media/") + 8
    other = "A" if path[start] != "A" else "B"
    return path[:start] + other + path[start + 1 :]


def _until_refused(person: Person, url: str) -> None:
    refused = "url => fetch(url).then(answer => answer.status === 403)"
    person.until(refused, url, within_s=30)


def _sign_out(served: Served, scene: Scene) -> None:
    moment = now()
    with served.carrel.database.transaction() as session:
        sign_in = session.scalars(select(SignIn).where(SignIn.login_id == scene.alice)).one()
        sign_in.ended_at = moment
        sessions.end_for_sign_in(session, sign_in.id, ended_as=PlaybackEnd.SIGNED_OUT, now=moment)


def _add_captions(served: Served, scene: Scene) -> None:
    with served.carrel.database.transaction() as session:
        recording = session.scalars(
            select(Recording).where(Recording.original_key.contains(scene.slug))
        ).one()
        words = {"language": "en", "label": "English"}
        caption = Caption(recording_id=recording.id, key="", created_at=now(), **words)
        caption.key = f"renditions/{recording.public_id}/captions/{caption.public_id}.vtt"
        session.add(caption)
        source = FILES / "getting-the-most.vtt"
        served.carrel.storage.put_file(caption.key, source, "text/vtt; charset=utf-8")
