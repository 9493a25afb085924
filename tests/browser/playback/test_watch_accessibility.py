"""Accessibility of the watch pages: screen readers, keyboard, and both themes."""

import pytest
from playwright.sync_api import expect

from lms.models.catalog import Webinar
from tests.browser.conftest import Served, Visit
from tests.browser.person import Person
from tests.factories import make_grant
from tests.servers.axe import axe_faults, faults_in_both_themes

pytestmark = pytest.mark.browser

SLUG = "for-everyone"

POST_PLAINLY = """() => {
    const form = Object.assign(document.createElement("form"), {method: "post"});
    const value = document.querySelector("[data-watch]").dataset.token;
    form.append(Object.assign(document.createElement("input"), {name: "csrf_token", value}));
    document.body.append(form);
    form.submit();
}"""

ADD_CAPTION = """() => {
    const track = document.querySelector("video").addTextTrack("captions", "English", "en");
    track.addCue(new VTTCue(0, 60, "Everything in its place."));
    track.mode = "showing";
}"""


@pytest.fixture(scope="session")  # the same scope as the site whose database it changes
def doors_id(served: Served) -> int:
    """A webinar with a recording and a handout."""
    with served.carrel.database.transaction() as session:
        webinar = served.add_webinar(session, SLUG, title="Doors that open by themselves")
        served.add_handout(session, webinar, title="The slides")
        return webinar.id


@pytest.fixture  # new for each test, because a viewer who just left may still count as watching
def people(served: Served, doors_id: int) -> tuple[int, int]:
    """Alice, who has access to the webinar, and Dan, who doesn't."""
    with served.carrel.database.transaction() as session:
        alice, dan = (served.add_person(session, name) for name in ("Alice", "Dan"))
        make_grant(session, alice, session.get_one(Webinar, doors_id))
        return (alice.id, dan.id)


def _play(visitor: Person) -> None:
    """Open the recording and play a second of it."""
    visitor.page.goto(f"/webinars/{SLUG}/watch")
    visitor.until("!!customElements.get('media-controller')")
    visitor.page.keyboard.press("k")
    visitor.until("document.querySelector('video').currentTime > 1")


def test_watch_page_and_refusal_have_no_axe_errors(visit: Visit, people: tuple[int, int]) -> None:
    alice, dan = (visit(each, reduced_motion="reduce") for each in people)
    dan.page.goto(f"/webinars/{SLUG}/watch")
    assert faults_in_both_themes(dan.page) == []
    alice.page.goto(f"/webinars/{SLUG}/watch")
    alice.until("!!customElements.get('media-controller')")
    assert faults_in_both_themes(alice.page) == []
    alice.page.keyboard.press("k")
    alice.until("document.querySelector('video').currentTime > 1")
    assert faults_in_both_themes(alice.page) == []
    alice.page.keyboard.press("?")
    assert faults_in_both_themes(alice.page) == []


def test_watch_page_without_scripts_has_no_axe_errors(
    visit: Visit, people: tuple[int, int]
) -> None:
    alice = visit(people[0])
    alice.page.goto(f"/webinars/{SLUG}/watch")
    alice.page.evaluate(POST_PLAINLY)
    alice.page.locator("video[controls]").wait_for()
    assert axe_faults(alice.page) == []


def test_without_scripts_side_panels_are_listed_below_the_video(
    visit: Visit, people: tuple[int, int]
) -> None:
    page = visit(people[0], java_script_enabled=False).page
    page.goto(f"/webinars/{SLUG}/watch")
    expect(page.get_by_role("tab")).to_have_count(0)
    for width in (390, 1440):
        page.set_viewport_size({"width": width, "height": 700})
        places = []
        for name in ("Handouts", "Notes"):
            title = page.get_by_role("heading", name=name, exact=True)
            expect(title).to_be_visible()
            places.append(title.bounding_box())
        download = page.get_by_role("link", name="Download The slides").bounding_box()
        handouts, notes = places
        assert handouts
        assert notes
        assert download
        assert handouts["y"] < download["y"]
        assert download["y"] + download["height"] < notes["y"]
        rail = page.locator(".watch-rail")
        assert rail.evaluate("rail => rail.scrollHeight <= rail.clientHeight + 1")


def test_large_play_button_and_keyboard_start_playback(
    visit: Visit, people: tuple[int, int]
) -> None:
    alice = visit(people[0])
    alice.page.goto(f"/webinars/{SLUG}/watch")
    alice.until("!!customElements.get('media-play-button')")
    film, button = (
        alice.page.locator(one).bounding_box() for one in ("media-controller", "[data-big-play]")
    )
    assert film is not None
    assert button is not None
    for start, length in (("x", "width"), ("y", "height")):
        middle = film[start] + film[length] / 2
        assert button[start] + button[length] / 2 == pytest.approx(middle, abs=1)
    for _ in range(40):
        alice.page.keyboard.press("Tab")
        if alice.page.evaluate("document.activeElement.localName") == "media-play-button":
            break
    alice.page.keyboard.press("Enter")
    alice.until("document.querySelector('video').currentTime > 0.5")


def test_single_key_shortcuts_can_be_turned_off(visit: Visit, people: tuple[int, int]) -> None:
    alice = visit(people[0])
    page = alice.page
    page.goto("/accessibility")
    page.get_by_label("Use single-key shortcuts").uncheck()
    page.keyboard.press("/")
    expect(page.get_by_role("combobox", name="Search webinars")).not_to_be_focused()
    page.goto(f"/webinars/{SLUG}/watch")
    alice.until("!!customElements.get('media-controller')")
    page.keyboard.press("k")
    page.keyboard.press("m")
    assert page.evaluate(
        "(({paused, muted}) => [paused, muted])(document.querySelector('video'))"
    ) == [
        True,
        False,
    ]
    page.locator("[data-keys-open]").click()
    page.get_by_label("Use single-key shortcuts").check()
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("k")
    alice.until("document.querySelector('video').currentTime > 0.5")


def test_captions_stay_above_the_controls_when_paused(
    visit: Visit, people: tuple[int, int]
) -> None:
    alice = visit(people[0])
    page = alice.page
    _play(alice)
    page.keyboard.press("k")
    page.locator("h1").first.click()
    alice.until(
        "(({attributes: now}) => 'userinactive' in now && 'mediapaused' in now)"
        "(document.querySelector('media-controller'))"
    )
    bar = page.locator("media-controller media-time-display")
    expect(bar).to_be_visible()
    page.wait_for_timeout(500)
    before = bar.screenshot()
    page.evaluate(
        """() => {
          const video = document.querySelector("video");
          const track = video.addTextTrack("captions", "Long", "en");
          track.addCue(new VTTCue(0, 60, "Words that go on until they are wrapped, and on. ".repeat(4)));
          track.mode = "showing";
        }"""
    )
    page.wait_for_timeout(500)
    assert bar.screenshot() == before


def test_timeline_shows_a_thumbnail_at_the_pointer(visit: Visit, people: tuple[int, int]) -> None:
    alice = visit(people[0])
    page = alice.page
    _play(alice)
    line = page.locator("media-time-range")
    seen = set()
    for share in (0.3, 0.8):
        line.hover(position={"x": line.bounding_box()["width"] * share, "y": 4})  # type: ignore[index]  # it is visible
        alice.until(
            "share => { const {attributes: now} = document.querySelector('media-controller');"
            "const at = Number(now.mediapreviewtime?.value);"
            "const length = document.querySelector('video').duration;"
            "return now.mediapreviewimage && Math.abs(at - share * length) < 3; }",
            share,
        )
        shown = page.locator("media-controller").evaluate(
            "each => [each.getAttribute('mediapreviewimage'), each.getAttribute('mediapreviewcoords')]"
        )
        seen.add(tuple(shown))
        assert page.request.get(shown[0]).headers["content-type"] == "image/jpeg"
    assert len(seen) == 2


def test_caption_settings_apply_and_are_remembered(visit: Visit, people: tuple[int, int]) -> None:
    alice = visit(people[0], reduced_motion="reduce")
    page = alice.page
    _play(alice)
    page.keyboard.press("k")
    page.evaluate(ADD_CAPTION)
    page.wait_for_timeout(500)
    film = page.locator("video")
    usual = film.screenshot()
    look = page.get_by_role("dialog", name="Caption settings")
    page.get_by_role("button", name="Caption settings").click()
    look.get_by_label("Largest").check()
    look.get_by_label("Yellow").check()
    assert axe_faults(page) == []
    look.get_by_role("button", name="Done").click()
    page.wait_for_timeout(500)
    assert film.screenshot() != usual
    page.reload()
    alice.until("!!customElements.get('media-controller')")
    page.evaluate(ADD_CAPTION)
    page.get_by_role("button", name="Caption settings").click()
    expect(look.get_by_label("Largest")).to_be_checked()
    expect(look.get_by_label("Yellow")).to_be_checked()
    look.get_by_role("button", name="Reset").click()
    expect(look.get_by_label("Yellow")).not_to_be_checked()
