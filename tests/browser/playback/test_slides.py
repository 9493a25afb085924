"""Slides and chapters next to a recording in a browser, and staff who correct them."""

import re
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from benchmarks.slide_detection import draw_talk
from lms.models.accounts import SellerRole
from lms.models.recordings import Recording, Slide
from lms.recordings.slides import keep_found, read_slides
from media.video.transcoder import encode
from media.video.upload_probe import probe
from tests.browser.conftest import Film, Served, Visit
from tests.factories import make_grant
from tests.servers.axe import faults_at_widths

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

PLAYING = "document.querySelector('video').currentTime"
SECONDS = 150


@dataclass(frozen=True, slots=True)
class Scene:
    """A talk with slides that Alice can watch and Ada manages."""

    alice: int
    ada: int
    slug: str
    recording_id: str
    starts: tuple[float, ...]


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Film:
    folder: Path = tmp_path_factory.mktemp("talk")
    draw_talk(folder / "talk.mp4", SECONDS, seed=4)
    made = encode(
        folder / "talk.mp4",
        folder / "run",
        probe(folder / "talk.mp4"),
        progress=lambda _: None,
        canceled=lambda: False,
    )
    return Film(folder / "run", made)


@pytest.fixture
def scene(served: Served, talk: Film, slug: str) -> Scene:
    with served.carrel.database.transaction() as session:
        house = replace(served, film=talk)
        webinar = house.add_webinar(session, slug, title="Reading rooms that people come back to")
        found = select(Recording.public_id).where(Recording.webinar_id == webinar.id)
        recording_id = session.scalars(found).one()
        keep_found(session, recording_id, talk.encoded.slides)
        alice = served.add_person(session, "Alice")
        ada = served.add_person(session, "Ada", seller_role=SellerRole.STAFF)
        make_grant(session, alice, webinar)
        starts = tuple(each.starts_s for each in talk.encoded.slides)
        return Scene(alice.id, ada.id, slug, recording_id, starts)


def test_slide_shows_its_picture_seeks_and_is_marked_current(visit: Visit, scene: Scene) -> None:
    alice = visit(scene.alice)
    page = alice.page
    page.goto(f"/webinars/{scene.slug}/watch")
    tiles = page.locator("[data-slides] button")
    expect(tiles).to_have_count(len(scene.starts))
    expect(page.get_by_role("tab", name="Slides")).to_have_attribute("aria-selected", "true")
    tiles.nth(3).hover()
    expect(tiles.nth(3).locator("img")).to_be_visible()
    tiles.nth(3).click()
    alice.until(f"{PLAYING} > {scene.starts[3]}")
    expect(tiles.nth(3)).to_have_attribute("aria-current", "true")
    # the timeline has the chapters and shows thumbnails
    chapters = "[...document.querySelector('video').textTracks].find(t => t.kind === 'chapters')"
    alice.until(f"{chapters}?.cues?.length > 1")
    page.locator("media-time-range").hover()
    alice.until("document.querySelector('media-time-range').hasAttribute('mediapreviewimage')")
    assert "/media/" in (page.locator("media-time-range").get_attribute("mediapreviewimage") or "")
    assert alice.faults == []


def test_titled_chapters_are_listed_and_seek_to_their_time(
    visit: Visit, served: Served, scene: Scene
) -> None:
    with served.carrel.database.transaction() as session:
        slides = select(Slide).join(Recording).where(Recording.public_id == scene.recording_id)
        for number, slide in enumerate(session.scalars(slides.order_by(Slide.starts_s)), 1):
            slide.is_chapter, slide.title = number in (1, 4), f"Topic {number}"
    alice = visit(scene.alice)
    alice.page.goto(f"/webinars/{scene.slug}/watch")
    alice.page.get_by_role("tab", name="Chapters").click()
    chapters = alice.page.locator("[data-chapters] button")
    expect(chapters).to_have_text([re.compile("0:00.*Topic 1", re.DOTALL), re.compile("Topic 4")])
    chapters.nth(1).click()
    alice.until(f"{PLAYING} > {scene.starts[3]}")
    expect(chapters.nth(1)).to_have_attribute("aria-current", "true")
    assert alice.faults == []


def test_slides_and_tabs_work_by_keyboard(visit: Visit, scene: Scene) -> None:
    alice = visit(scene.alice)
    page = alice.page
    page.goto(f"/webinars/{scene.slug}/watch")
    tiles = page.locator("[data-slides] button")
    tiles.first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(tiles.nth(2)).to_be_focused()
    page.keyboard.press("Enter")
    alice.until(f"{PLAYING} >= {scene.starts[2]}")
    page.get_by_role("tab", name="Slides").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Handouts")).to_be_focused()
    expect(tiles.first).to_be_hidden()
    expect(page.get_by_text("This webinar has no handouts")).to_be_visible()
    assert alice.faults == []


def test_staff_title_join_remove_and_restore_slides(
    served: Served, visit: Visit, scene: Scene
) -> None:
    ada = visit(scene.ada)
    page = ada.page
    page.goto(f"/staff/recordings/{scene.recording_id}/slides")
    page.get_by_label("Slide 1, at 0:00").fill("Welcome")
    page.get_by_role("button", name="Join with previous: slide 3").click()
    expect(page.get_by_text("Slide joined with the previous one")).to_be_visible()
    page.get_by_role("button", name="Remove: slide 2").click()
    page.get_by_text("2 removed or joined slides").click()
    page.get_by_role("button", name=re.compile("^Restore")).first.click()
    with served.carrel.database.read_session() as session:
        shown = read_slides(session, scene.recording_id)
    assert shown[0].title == "Welcome"
    assert len(shown) == len(scene.starts) - 1
    assert ada.faults == []


def test_slide_pages_are_accessible_at_every_width(visit: Visit, scene: Scene) -> None:
    for login_id, path in (
        (scene.alice, f"/webinars/{scene.slug}/watch"),
        (scene.ada, f"/staff/recordings/{scene.recording_id}/slides"),
    ):
        person = visit(login_id, reduced_motion="reduce")
        person.page.goto(path)
        assert faults_at_widths(person.page, (390, 820, 1440)) == []
        assert person.faults == []
