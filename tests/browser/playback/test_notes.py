"""Personal notes next to the video in a browser: by keyboard, saved, undone, checked by axe."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.playback.test_watch import PLAYING, Scene, scene, watch_in_peace
from tests.servers.axe import faults_in_both_themes

__all__ = ["scene"]
pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


def test_key_starts_a_note_and_its_time_seeks_back(visit: Visit, scene: Scene) -> None:
    alice = visit(scene.alice)
    page = alice.page
    watch_in_peace(alice, scene, past=12.0)
    page.keyboard.press("n")
    expect(page.get_by_role("tab", name="Notes")).to_have_attribute("aria-selected", "true")
    page.keyboard.type("Knock on the door")  # k, n, and Space are text here, not shortcuts
    page.keyboard.press("Control+Enter")
    note = page.locator("[data-note]")
    expect(note).to_contain_text("Knock on the door")
    assert not page.evaluate("document.querySelector('video').paused")
    said = note.locator(".note-time").inner_text()
    found = re.search(r"0:(\d\d)$", said)
    assert found is not None
    begun = int(found[1])
    assert 12 <= begun <= 20
    alice.until(PLAYING.format(begun + 4))
    note.locator(".note-time").click()
    here = page.evaluate("document.querySelector('video').currentTime")
    assert begun <= here < begun + 4
    assert alice.faults == []


def test_note_is_edited_deleted_and_restored_on_the_watch_page(visit: Visit, scene: Scene) -> None:
    alice = visit(scene.alice)
    page = alice.page
    page.goto(scene.path)
    page.keyboard.press("n")
    page.keyboard.type("Second")
    page.get_by_role("button", name="Save note").click()
    note = page.locator("[data-note]")
    note.get_by_text("Edit").click()
    note.get_by_label("Note").fill("First")
    note.get_by_role("button", name="Save note").click()
    expect(note.locator(".note-text")).to_have_text("First")
    note.get_by_role("button", name=re.compile("^Delete")).click()
    expect(note).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(note.locator(".note-text")).to_have_text("First")
    page.reload()
    page.get_by_role("tab", name="Notes").click()
    expect(note.locator(".note-text")).to_have_text("First")
    assert page.url.endswith(scene.path)


def test_note_written_offline_stays_and_can_be_saved_later(visit: Visit, scene: Scene) -> None:
    alice = visit(scene.alice)
    page = alice.page
    page.goto(scene.path)
    page.keyboard.press("n")
    page.keyboard.type("Not lost")
    alice.context.set_offline(True)
    page.get_by_role("button", name="Save note").click()
    expect(page.locator("[data-note-new] [data-note-fault]")).to_contain_text("save your note")
    alice.context.set_offline(False)
    page.get_by_role("button", name="Save note").click()
    expect(page.locator("[data-note]")).to_contain_text("Not lost")


def test_notes_have_no_axe_errors(visit: Visit, scene: Scene) -> None:
    alice = visit(scene.alice, reduced_motion="reduce")
    page = alice.page
    page.goto(scene.path)
    page.keyboard.press("n")
    page.keyboard.type("Look at the ramp")
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-note]")).to_have_count(1)
    page.get_by_text("Edit").click()
    assert faults_in_both_themes(page) == []
    page.get_by_role("link", name="Open as a page").click()
    assert faults_in_both_themes(page) == []


def test_without_scripts_a_note_is_saved_while_the_video_stays_open(
    visit: Visit, scene: Scene
) -> None:
    alice = visit(scene.alice, java_script_enabled=False)
    page = alice.page
    page.goto(scene.path)
    page.get_by_role("button", name="Play", exact=True).click()
    page.get_by_label("Note", exact=True).fill("By hand")
    page.get_by_label("Time", exact=True).fill("0:12")
    with alice.context.expect_page() as opened:
        page.get_by_role("button", name="Save note").click()
    expect(opened.value.locator("[data-note]")).to_contain_text("By hand")
    expect(page.locator("video[controls]")).to_be_visible()
    opened.value.get_by_role("button", name=re.compile("^Delete")).click()
    opened.value.get_by_role("button", name="Undo").click()
    expect(opened.value.locator("[data-note]")).to_contain_text("By hand")
