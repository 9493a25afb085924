"""Watching a recording in a browser: who can, how it continues, and how it ends."""

import re
from dataclasses import dataclass
from datetime import timedelta

import pytest
from playwright.sync_api import Page, Response, expect
from sqlalchemy import select

from lms.access.policy import Code
from lms.core.clock import now
from lms.models.accounts import SellerRole
from lms.models.playback import PlaybackEnd, PlaybackSession, WatchRecord
from lms.models.recordings import Caption, Recording
from lms.playback import sessions
from lms.pricing.price_list import set_prices
from tests.browser.conftest import FILES, Served, Visit
from tests.browser.page_elements import is_refused
from tests.browser.person import Person
from tests.browser.test_request_to_sale import PRICES
from tests.factories import make_grant
from tests.wait_until import until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

TITLE = "Getting the most from a recording"
PLAYING = "document.querySelector('video').currentTime > {}"

ADD_UP_SHIFTS = """window.moved = 0; new PerformanceObserver(list => {
    for (const each of list.getEntries()) if (!each.hadRecentInput) window.moved += each.value;
}).observe({type: 'layout-shift', buffered: true})"""


@dataclass(frozen=True, slots=True)
class Scene:
    """Alice has permanent access to a webinar, Dan has none."""

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
    """The media that a page has fetched: whole responses and ranges."""

    urls: list[str]
    ranges: set[str]

    @classmethod
    def by(cls, page: Page) -> "Fetched":
        made = cls([], set())
        page.on("response", lambda response: made.note(response))  # noqa: PLW0108  (Playwright sets attributes on the function)
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
    """Press Play and wait until the video is past a position, at higher speed to save time."""
    person.page.locator("media-controller .player-bar media-play-button").click()
    person.page.evaluate("rate => (document.querySelector('video').playbackRate = rate)", rate)
    person.until(PLAYING.format(past))


def seek(page: Page, to: float) -> None:
    page.evaluate("to => (document.querySelector('video').currentTime = to)", to)


def watch_in_peace(person: Person, scene: Scene, *, past: float = 4.0) -> Fetched:
    fetched = Fetched.by(person.page)
    person.page.goto(scene.path)
    play(person, past=past)
    return fetched


def ends_of(served: Served, login_id: int) -> list[PlaybackEnd | None]:
    """Return how a person's sessions ended."""
    ended = select(PlaybackSession.ended_as).where(PlaybackSession.login_id == login_id)
    with served.carrel.database.read_session() as session:
        return list(session.scalars(ended))


def kept_position(served: Served, scene: Scene) -> float:
    with served.carrel.database.read_session() as session:
        found = session.scalar(
            select(WatchRecord.position_s).where(WatchRecord.login_id == scene.alice)
        )
    return found or 0.0


def test_viewer_plays_seeks_reloads_and_resumes(served: Served, visit: Visit, scene: Scene) -> None:
    alice = visit(scene.alice)
    page = alice.page
    fetched = watch_in_peace(alice, scene, past=12.0)
    assert len(fetched.ranges) >= 3
    with page.expect_response(re.compile("/beat$")):
        page.keyboard.press("k")
    expect(page.locator(".strip-watched")).to_have_attribute("width", "10")
    page.get_by_role("button", name="Next unwatched part").click()
    alice.until(PLAYING.format(10))
    with page.expect_response(re.compile("/beat$")) as beat:
        seek(page, 40.0)
    assert beat.value.status == 200
    alice.until(PLAYING.format(42))
    page.reload()
    assert 40.0 <= kept_position(served, scene) < 60.0
    expect(page.get_by_text("Resume at 0:4")).to_be_visible()
    expect(page.locator("[data-watched-words]")).to_have_text(
        re.compile(r"^Watched 0:[1-3]\d of 1:03$")
    )
    play(alice, past=41.0, rate=1.0)
    assert page.evaluate("document.querySelector('video').currentTime") < 55
    page.reload()
    page.get_by_role("button", name="Start over").click()
    alice.until("(({currentTime: at}) => at > 0.5 && at < 15)(document.querySelector('video'))")
    assert alice.faults == []


def test_person_without_access_sees_the_reason_and_next_step(
    served: Served, visit: Visit, scene: Scene
) -> None:
    with served.carrel.database.transaction() as session:
        set_prices(session, PRICES, actor=None, now=now() - timedelta(days=1))
    dan = visit(scene.dan)
    answer = dan.page.goto(scene.path)
    assert answer is not None
    assert answer.status == 403
    is_refused(dan.page, Code.NO_GRANT)
    expect(dan.page.get_by_role("button", name="Buy for $99.00")).to_be_visible()


def test_ended_session_reopens_in_place_if_access_remains(
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
    # the old page's beacon is handled while the next page loads
    until(lambda: ends_of(served, scene.alice) == [PlaybackEnd.CLOSED])
    assert kept_position(served, scene) >= 4.0
    _until_refused(alice, film)


def test_lost_connection_is_announced_and_playback_recovers(
    served: Served, visit: Visit, scene: Scene
) -> None:
    alice = visit(scene.alice)
    watch_in_peace(alice, scene)
    alice.context.set_offline(True)
    seek(alice.page, 50.0)
    hint = alice.page.locator("[data-hint]")
    expect(hint).to_contain_text("Connection lost")
    alice.context.set_offline(False)
    alice.until(PLAYING.format(52))
    expect(hint).to_be_hidden()


def test_shortcuts_work_everywhere_except_in_text_fields(
    served: Served, visit: Visit, scene: Scene
) -> None:
    alice = visit(scene.alice)
    page = alice.page
    page.goto(scene.path)
    search = page.get_by_label("Search webinars")
    search.press_sequentially("km l?")  # typed as text there
    assert search.input_value() == "km l?"
    assert page.evaluate("document.querySelector('video').paused")
    page.locator("h1").first.click()
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


def test_captions_and_quality_can_be_chosen(served: Served, visit: Visit, scene: Scene) -> None:
    _add_captions(served, scene)
    alice = visit(scene.alice)
    page = alice.page
    watch_in_peace(alice, scene)
    page.keyboard.press("c")
    shown = "[...document.querySelector('video').textTracks].find(t => t.mode === 'showing')"
    alice.until(f"{shown}?.cues?.length > 3")
    page.locator("media-settings-menu-button").click()
    page.get_by_role("menuitem", name="Quality").click()
    choices = page.locator("media-rendition-menu").get_by_role("menuitemradio")
    expect(choices).to_have_count(3)  # automatic, and two renditions
    choices.last.click()
    alice.until(PLAYING.format(8))
    page.reload()
    play(alice, past=1.0)
    alice.until(f"{shown}?.language === 'en'")
    assert alice.faults == []


def test_without_scripts_the_browser_player_plays(
    served: Served, visit: Visit, scene: Scene
) -> None:
    alice = visit(scene.alice, java_script_enabled=False)
    alice.page.goto(scene.path)
    with alice.page.expect_response(re.compile(r"/progressive\.mp4")) as film:
        alice.page.get_by_role("button", name="Play", exact=True).click()
    assert film.value.status == 206
    expect(alice.page.locator("video[controls]")).to_be_visible()


def test_staff_preview_sends_no_heartbeats(served: Served, visit: Visit, scene: Scene) -> None:
    ada = visit(scene.ada)
    beats: list[str] = []
    ada.page.on("request", lambda request: beats.append(request.url))
    ada.page.goto(f"{scene.path}?preview=1")
    expect(ada.page.locator(".watch-bar .notice")).to_be_visible()
    play(ada, past=3.0)
    ada.page.keyboard.press("k")
    assert not [url for url in beats if url.endswith("/beat")]
    ada.page.goto("/library")
    until(lambda: ends_of(served, scene.ada) == [PlaybackEnd.CLOSED])
    assert ada.faults == []


def test_handout_downloads_under_its_original_name(
    served: Served, visit: Visit, scene: Scene
) -> None:
    alice = visit(scene.alice)
    alice.page.goto(scene.path)
    with alice.page.expect_download() as saved:
        alice.page.get_by_role("link", name="Download The slides").click()
    assert saved.value.suggested_filename == "Getting the most.pdf"
    assert saved.value.path().read_bytes() == (FILES / "getting-the-most.pdf").read_bytes()


def test_watch_page_fits_and_does_not_shift_while_loading(
    served: Served, visit: Visit, scene: Scene
) -> None:
    alice = visit(scene.alice)
    alice.page.add_init_script(ADD_UP_SHIFTS)
    for width, past in ((390, 2.0), (820, 4.0), (1440, 6.0)):
        alice.page.set_viewport_size({"width": width, "height": 900})
        alice.page.goto(scene.path)
        play(alice, past=past)
        assert alice.page.evaluate("document.documentElement.scrollWidth") <= width
        assert alice.page.evaluate("window.moved") < 0.02


def _until_refused(person: Person, url: str) -> None:
    refused = "url => fetch(url).then(answer => answer.status === 403)"
    person.until(refused, url, within_s=30)


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
