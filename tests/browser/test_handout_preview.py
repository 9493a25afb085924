"""Previewing a handout in a browser: over the player, on its own page, and without scripts."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from lms.core.clock import now
from lms.handouts.handouts import attach, keep_handout
from lms.models.handouts import Handout, HandoutPage
from lms.recordings.handout_page_times import set_moments
from tests.browser.conftest import FILES, Served, Visit
from tests.browser.person import Person
from tests.factories import make_grant
from tests.servers.axe import faults_at_widths
from tests.wait_until import until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

PAGES = 7
SHOWN = "document.querySelector('[data-large] img').naturalWidth"


@dataclass(frozen=True, slots=True)
class Scene:
    """A webinar with slides that Alice can open, whose pages the worker has drawn."""

    alice: int
    slug: str
    handout_id: str

    @property
    def address(self) -> str:
        return f"/handouts/{self.handout_id}/pages"


@pytest.fixture
def scene(served: Served, slug: str) -> Scene:
    carrel = served.carrel
    source = FILES / "folding-table.pdf"
    kept = keep_handout(carrel.storage, source, "Folding table.pdf", carrel.settings.scratch)
    with carrel.database.transaction() as session:
        webinar = served.add_webinar(session, slug, title="A folding table and a poster")
        alice = served.add_person(session, "Alice")
        make_grant(session, alice, webinar)
        attach(session, slug=slug, kept=kept, actor=None, now=now())
        return Scene(alice.id, slug, kept.handout_id)


@pytest.fixture
def drawn(served: Served, scene: Scene, visit: Visit) -> Callable[..., Person]:
    """Opens Alice's browser once the worker has processed the handout."""

    def is_read() -> bool:
        asked = select(Handout.read_at).where(Handout.public_id == scene.handout_id)
        with served.carrel.database.read_session() as session:
            return session.scalar(asked) is not None

    def arrive(**how: object) -> Person:
        alice = visit(scene.alice, **how)
        until(is_read)
        return alice

    return arrive


def place(page: Page) -> Locator:
    return page.locator("[data-place]")


def test_handout_pages_turn_by_keys_and_clicks_and_zoom(
    drawn: Callable[..., Person], scene: Scene
) -> None:
    alice = drawn(reduced_motion="reduce")
    page = alice.page
    page.goto(f"{scene.address}/2")
    expect(place(page)).to_have_text(f"Page 2 of {PAGES}")
    for key, number in (
        ("ArrowRight", 3),
        ("ArrowLeft", 2),
        ("End", PAGES),
        ("ArrowRight", PAGES),
        ("Home", 1),
        ("PageDown", 2),
    ):
        page.keyboard.press(key)
        expect(place(page)).to_have_text(f"Page {number} of {PAGES}")
    assert page.url.endswith("/pages/2")
    page.get_by_role("link", name="Next page").click()
    expect(place(page)).to_have_text(f"Page 3 of {PAGES}")
    page.locator("[data-leaf='5']").click()
    expect(place(page)).to_have_text(f"Page 5 of {PAGES}")
    expect(page.locator("[data-leaf='5']")).to_have_attribute("aria-current", "page")
    alice.until(f"{SHOWN} >= 1600")
    assert page.locator("[data-large] img").get_attribute("alt")

    picture = page.locator("[data-large] img")
    before = picture.bounding_box()
    page.get_by_role("button", name="Larger").click()
    larger = picture.bounding_box()
    assert before is not None
    assert larger is not None
    assert larger["width"] > before["width"] * 1.2
    page.keyboard.press("0")
    assert picture.bounding_box() == before
    expect(page.get_by_role("button", name="Smaller")).to_be_disabled()

    assert faults_at_widths(page, [390]) == []
    page.keyboard.press("Escape")
    page.wait_for_url(f"**/webinars/{scene.slug}/watch*")
    assert alice.faults == []


def test_preview_opens_over_the_player_takes_keys_and_returns_focus(
    drawn: Callable[..., Person], scene: Scene, served: Served
) -> None:
    alice = drawn()
    with served.carrel.database.transaction() as session:
        set_moments(session, scene.handout_id, {2: 20.0}, actor=None, now=now())
    page = alice.page
    page.goto(f"/webinars/{scene.slug}/watch")
    preview, dialog = (
        page.get_by_role("link", name=re.compile("Preview")),
        page.get_by_role("dialog"),
    )
    preview.click()
    expect(dialog).to_be_visible()
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    dialog.get_by_role("link", name="Next page").click()
    expect(place(page)).to_have_text(f"Page {PAGES} of {PAGES}")
    page.keyboard.press("ArrowLeft")
    expect(place(page)).to_have_text(f"Page {PAGES - 1} of {PAGES}")
    dialog.locator("[data-whole]").focus()  # keys work wherever the focus was
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(place(page)).to_have_text(f"Page {PAGES - 3} of {PAGES}")
    assert page.evaluate("document.querySelector('video').currentTime") == 0
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(preview).to_be_focused()
    assert page.url.endswith("/watch")
    goes_to_its_time_in_the_film(alice, dialog)
    assert alice.faults == []


def goes_to_its_time_in_the_film(alice: Person, dialog: Locator) -> None:
    """Reopen the preview, and go from the second page to its time in the video."""
    page = alice.page
    page.get_by_role("link", name=re.compile("Preview")).click()
    moment = dialog.locator("[data-moment]")
    expect(place(page)).to_have_text(f"Page 1 of {PAGES}")
    expect(moment).to_be_hidden()
    page.keyboard.press("ArrowRight")
    expect(place(page)).to_have_text(f"Page 2 of {PAGES}")
    expect(moment).to_have_text("At 0:20")
    moment.click()
    expect(dialog).to_have_count(0)
    alice.until("document.querySelector('video').currentTime >= 20")


def test_handout_pages_link_without_scripts_and_missing_pictures_say_so(
    drawn: Callable[..., Person], scene: Scene, served: Served, visit: Visit
) -> None:
    page = drawn(java_script_enabled=False).page
    page.goto(f"{scene.address}/1")
    page.get_by_role("link", name="Next page").click()
    expect(place(page)).to_have_text(f"Page 2 of {PAGES}")
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Page 6").click()
    expect(place(page)).to_have_text(f"Page 6 of {PAGES}")

    with served.carrel.database.transaction() as session:
        lost = session.scalars(
            select(HandoutPage)
            .join(Handout, Handout.id == HandoutPage.handout_id)
            .where(Handout.public_id == scene.handout_id, HandoutPage.number == 2)
        ).one()
        lost.width = lost.height = 0
        lost.words = ""
    page = visit(scene.alice).page
    page.goto(f"{scene.address}/1")
    page.keyboard.press("ArrowRight")
    undrawn = page.locator("[data-large]")
    expect(undrawn).to_have_text(undrawn.get_attribute("data-undrawn") or "")
    page.get_by_text("Text on this page").click()
    text = page.locator("[data-page-words]")
    expect(text).to_have_text(text.get_attribute("data-none") or "")
    page.keyboard.press("ArrowRight")
    expect(page.locator("[data-large] img")).to_have_count(1)
