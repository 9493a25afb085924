"""The transcript next to the video, in a browser."""

import pytest
from playwright.sync_api import Route, expect
from sqlalchemy import select

from lms.models.recordings import Recording
from tests.browser.conftest import FILES, Served, Visit
from tests.factories import make_grant
from tests.recordings.caption_fixtures import caption, vtt_of
from tests.servers.axe import axe_faults, faults_at_widths

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

LONG = 100_000
OWN_NAMES = "label-content-name-mismatch"  # media-chrome labels its own controls
WIDTHS = (390, 820, 1440)


@pytest.fixture
def scene(served: Served, slug: str) -> tuple[int, str, int]:
    """Alice, the slug of a webinar that she can watch, and its recording."""
    with served.carrel.database.transaction() as session:
        webinar = served.add_webinar(session, slug, title="Getting the most from a recording")
        served.add_handout(session, webinar, title="The slides")
        alice = served.add_person(session, "Alice")
        make_grant(session, alice, webinar)
        recording = session.scalars(
            select(Recording.id).where(Recording.webinar_id == webinar.id)
        ).one()
        return alice.id, slug, recording


def test_transcript_follows_seeks_and_searches_the_video(
    served: Served, visit: Visit, scene: tuple[int, str, int]
) -> None:
    login, slug, recording = scene
    data = (FILES / "getting-the-most.vtt").read_bytes()
    caption(served.carrel.database, served.carrel.storage, recording, data)
    alice = visit(login)
    page = alice.page
    page.goto(f"/webinars/{slug}/watch?t=20")
    lines = page.locator(".transcript > li")
    expect(page.locator('.transcript > [aria-current="true"]')).to_have_count(1)
    last = lines.last
    last.scroll_into_view_if_needed()
    starts = page.evaluate(
        "() => document.querySelector('.transcript > li:last-child time').textContent"
    )
    last.locator("button").press("Enter")
    minutes, seconds = map(int, starts.split(":"))
    alice.until(f"document.querySelector('video').currentTime >= {minutes * 60 + seconds}")
    expect(page.locator('.transcript > [aria-current="true"] time')).to_have_text(starts)
    page.get_by_placeholder("Search the transcript").fill("the")
    expect(page.locator(".transcript mark").first).to_be_visible()
    expect(page.locator("[data-transcript-status]")).to_contain_text("matches")
    page.get_by_placeholder("Search the transcript").fill("zebra crossing")
    expect(lines).to_have_count(0)
    page.get_by_role("tab", name="Handouts").click()
    expect(page.get_by_text("The slides")).to_be_visible()
    assert axe_faults(page, left_out=[OWN_NAMES]) == []
    assert alice.faults == []


def test_long_transcript_renders_only_part_of_its_lines(
    served: Served, visit: Visit, scene: tuple[int, str, int]
) -> None:
    login, slug, recording = scene
    data = vtt_of(*(f"Word number {number}" for number in range(LONG)), every=1)
    caption(served.carrel.database, served.carrel.storage, recording, data)
    alice = visit(login)
    page = alice.page
    page.goto(f"/webinars/{slug}/watch")
    lines = page.locator(".transcript > li")
    expect(lines).to_have_count(64, timeout=60_000)  # the others start after the end of the video
    with served.carrel.database.transaction() as session:
        session.get_one(Recording, recording).seconds = 100_000.0
    page.reload()
    expect(lines).to_have_count(150, timeout=60_000)
    for _ in range(8):
        page.evaluate(
            "(box => (box.scrollTop = box.scrollHeight))(document.querySelector('[data-transcript-scroll]'))"
        )
        page.wait_for_timeout(60)
    assert 150 <= lines.count() <= 450
    assert page.locator(".transcript > li").last.inner_text().split()[-1] != "149"
    page.get_by_placeholder("Search the transcript").fill("99999")
    expect(lines).to_have_count(1)
    assert alice.faults == []


def test_late_transcript_of_another_language_is_ignored(
    served: Served, visit: Visit, scene: tuple[int, str, int]
) -> None:
    login, slug, recording = scene
    place = (served.carrel.database, served.carrel.storage, recording)
    track = caption(*place, vtt_of("Good morning"))
    caption(*place, vtt_of("Buenos días"), language="es")
    page = visit(login).page
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(f"**/transcripts/{track}/**", hold)
    page.goto(f"/webinars/{slug}/watch")
    page.locator("[data-transcript-language]").select_option("es")
    lines = page.locator(".transcript > li")
    expect(lines).to_contain_text(["Buenos días"])
    with page.expect_response(f"**/transcripts/{track}/**"):
        held[0].continue_()
    page.wait_for_timeout(300)
    expect(lines).to_contain_text(["Buenos días"])


def test_transcript_is_accessible_at_every_width(
    served: Served, visit: Visit, scene: tuple[int, str, int]
) -> None:
    login, slug, recording = scene
    place = (served.carrel.database, served.carrel.storage, recording)
    track = caption(*place, (FILES / "getting-the-most.vtt").read_bytes())
    caption(*place, vtt_of("Buenos días"), language="es")
    page = visit(login, reduced_motion="reduce").page
    for room in (f"/webinars/{slug}/watch?t=20", f"/transcripts/{track}"):
        page.goto(room)
        expect(page.locator(".transcript > li").first).to_be_visible()
        assert faults_at_widths(page, WIDTHS, left_out=[OWN_NAMES]) == []
