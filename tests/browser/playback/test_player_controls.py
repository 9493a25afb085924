"""The player's own controls in a browser, such as picture in picture and volume."""

from typing import Final

import pytest
from playwright.sync_api import expect

from lms.models.catalog import Webinar, WebinarSeries
from tests.browser.conftest import Served, Visit
from tests.browser.person import Person
from tests.factories import make_grant, make_series

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

SLUG: Final = "in-a-window-of-its-own"
OTHER: Final = "as-loud-as-before"
IN_A_WINDOW: Final = "document.pictureInPictureElement === document.querySelector('video')"
SECONDS: Final = "document.querySelector('video').currentTime"
LOUDNESS: Final = "document.querySelector('video').volume"
# Records the handlers of the system's media controls.
NOTE_HANDLERS: Final = """(() => {
    const set = MediaSession.prototype.setActionHandler;
    window.mediaActs = {};
    MediaSession.prototype.setActionHandler = function (name, act) {
        window.mediaActs[name] = act;
        set.call(this, name, act);
    };
})()"""
AT_THE_TOP: Final = """() => {
    const {top, bottom} = document.querySelector(".watch-film").getBoundingClientRect();
    return scrollY > 100 && top === 0 && bottom < innerHeight;
}"""
# The labels and texts of the player's controls, including tooltips and menus.
SAID: Final = """() => {
    const said = new Set();
    const read = (root) => {
        for (const one of root.querySelectorAll("*")) {
            for (const name of ["aria-label", "aria-valuetext", "aria-description"]) {
                said.add(one.getAttribute(name) ?? "");
            }
            for (const node of one.localName === "style" ? [] : one.childNodes) {
                if (node.nodeType === Node.TEXT_NODE) said.add(node.data.trim());
            }
            if (one.shadowRoot) read(one.shadowRoot);
        }
    };
    read(document.querySelector("media-controller").parentElement);
    return [...said].filter((text) => /\\p{L}{3}/u.test(text) && !/^\\d+p/.test(text)).sort();
}"""


@pytest.fixture(scope="session")  # the same scope as the site whose database it changes
def webinar_ids(served: Served) -> tuple[int, ...]:
    """Add two webinars of a series; returns their IDs."""
    with served.carrel.database.transaction() as session:
        series = make_series(session, "doors")
        series.title = "Doors and windows"
        webinars = [served.add_webinar(session, slug, title="Two doors") for slug in (SLUG, OTHER)]
        for position, webinar in enumerate(webinars, 1):
            row = WebinarSeries(series_id=series.id, webinar_id=webinar.id, position=position)
            session.add(row)
        return tuple(webinar.id for webinar in webinars)


@pytest.fixture  # new for each test, because a viewer who just left may still count as watching
def alice_id(served: Served, webinar_ids: tuple[int, ...]) -> int:
    """Alice, who has access to both webinars."""
    with served.carrel.database.transaction() as session:
        alice = served.add_person(session, "Alice")
        for webinar_id in webinar_ids:
            make_grant(session, alice, session.get_one(Webinar, webinar_id))
        return alice.id


def playing(visit: Visit, alice_id: int) -> Person:
    alice = visit(alice_id)
    alice.page.goto(f"/webinars/{SLUG}/watch")
    play(alice)
    return alice


def play(alice: Person) -> None:
    alice.until("!!customElements.get('media-controller')")
    alice.page.keyboard.press("k")
    alice.until("document.querySelector('video').currentTime > 0.5")


def test_picture_in_picture_opens_and_closes(visit: Visit, alice_id: int) -> None:
    alice = playing(visit, alice_id)
    page = alice.page

    def press(name: str, *, by_key: bool) -> None:
        if by_key:
            page.keyboard.press("i")
        else:
            page.mouse.move(300, 300)  # show the controls, which hide during playback
            page.get_by_role("button", name=name).click()

    for by_key in (False, True):
        press("Picture in picture", by_key=by_key)
        alice.until(IN_A_WINDOW)
        press("Exit picture in picture", by_key=by_key)
        alice.until("document.pictureInPictureElement === null")
    assert alice.faults == []


def test_volume_is_remembered_on_the_next_page_and_while_muted(visit: Visit, alice_id: int) -> None:
    alice = playing(visit, alice_id)
    page = alice.page
    loudness = page.get_by_role("slider", name="Volume")
    loudness.fill("0.4")
    alice.until(f"{LOUDNESS} === 0.4")
    page.locator(".player-bar media-play-button").focus()
    page.keyboard.press("ArrowDown")
    alice.until(f"{LOUDNESS} === 0.35")
    # the event that saves the volume comes shortly after the change
    alice.until("JSON.parse(localStorage.getItem('carrel-player')).volume === 0.35")
    page.goto(f"/webinars/{OTHER}/watch")
    alice.until("!!customElements.get('media-controller')")
    alice.until(f"{LOUDNESS} === 0.35")
    expect(loudness).to_have_value("0.35")
    assert page.evaluate("document.querySelector('video').muted") is False

    loudness.fill("0.6")
    alice.until(f"{LOUDNESS} === 0.6")  # raising the volume also unmutes
    page.keyboard.press("m")  # even though the slider still has the focus
    alice.until("JSON.parse(localStorage.getItem('carrel-player')).muted")
    page.reload()
    alice.until("!!customElements.get('media-controller')")
    alice.until("document.querySelector('video').muted")
    page.keyboard.press("m")
    alice.until(f"!document.querySelector('video').muted && {LOUDNESS} === 0.6")


def test_controls_have_labels_in_the_readers_language(visit: Visit, alice_id: int) -> None:
    alice = playing(visit, alice_id)
    in_english = set(alice.page.evaluate(SAID))
    assert {"Player: Two doors", "Pause", "Position", "Exit full screen", "Speed 1x"} <= in_english
    alice.page.goto(f"/language/es-US?next=/webinars/{SLUG}/watch")
    play(alice)
    in_spanish = set(alice.page.evaluate(SAID))
    assert "Reproductor: Two doors" in in_spanish
    assert len(in_spanish) > 20
    assert in_english & in_spanish == set()
    assert alice.faults == []


def test_lock_screen_shows_and_controls_playback(visit: Visit, alice_id: int) -> None:
    alice = visit(alice_id)
    alice.context.add_init_script(NOTE_HANDLERS)
    alice.page.goto(f"/webinars/{SLUG}/watch")
    play(alice)
    shown = "navigator.mediaSession.metadata"
    alice.until(f"{shown}?.title === 'Two doors'")
    assert "/posters/" in alice.page.evaluate(f"{shown}.artwork[0].src")
    alice.page.evaluate("mediaActs.pause()")
    alice.until("document.querySelector('video').paused")
    alice.page.evaluate("mediaActs.seekto({seekTime: 30})")
    alice.page.evaluate("mediaActs.seekforward({})")
    alice.until("document.querySelector('video').currentTime === 40")
    alice.page.evaluate("mediaActs.play()")
    alice.until("document.querySelector('video').currentTime > 40")
    assert alice.faults == []


def test_link_to_the_position_is_copied(visit: Visit, alice_id: int, served: Served) -> None:
    alice = visit(alice_id, permissions=["clipboard-read", "clipboard-write"])
    alice.page.goto(f"/webinars/{SLUG}/watch?t=12")
    alice.page.get_by_role("button", name="Copy link at 0:12").click()
    expect(alice.page.get_by_text("Link copied")).to_be_visible()
    link = alice.page.evaluate("navigator.clipboard.readText()")
    assert link == f"{served.url}/webinars/{SLUG}/watch?t=12"
    assert alice.faults == []


def test_audio_only_continues_from_the_same_position(visit: Visit, alice_id: int) -> None:
    alice = playing(visit, alice_id)
    page = alice.page
    page.evaluate("document.querySelector('video').currentTime = 20")
    alice.until(f"{SECONDS} > 20.2")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_role("button", name="Audio only").click()
    alice.until(
        f"{SECONDS} > 20.5 && {SECONDS} < 60 && !document.querySelector('video').videoWidth"
    )
    assert any("/audio" in url for url in asked)
    assert not any(url.endswith((".m3u8", ".m4s")) and "/audio" not in url for url in asked)
    page.get_by_role("button", name="Show video").click()
    alice.until("document.querySelector('video').videoWidth > 0")
    alice.until(f"{SECONDS} > 20.5")
    assert alice.faults == []


def test_next_webinar_of_the_series_is_offered_at_the_end(visit: Visit, alice_id: int) -> None:
    alice = playing(visit, alice_id)
    alice.page.evaluate(
        "(video => { video.currentTime = video.duration - 0.5 })(document.querySelector('video'))"
    )
    expect(alice.page.get_by_text("Next in Doors and windows: Two doors")).to_be_visible()
    alice.page.get_by_role("link", name="Watch next").click()
    alice.page.wait_for_url(f"**/webinars/{OTHER}/watch")
    assert alice.faults == []


def test_phone_keeps_the_video_in_view_and_hides_keyboard_shortcuts(
    visit: Visit, alice_id: int
) -> None:
    size = {"width": 390, "height": 600}
    alice = visit(alice_id, viewport=size, has_touch=True, is_mobile=True)
    alice.page.goto(f"/webinars/{SLUG}/watch")
    alice.page.get_by_role("tabpanel").last.scroll_into_view_if_needed()
    alice.page.mouse.wheel(0, 2000)
    alice.until(AT_THE_TOP)
    expect(alice.page.get_by_role("button", name="Keyboard shortcuts")).to_be_hidden()
