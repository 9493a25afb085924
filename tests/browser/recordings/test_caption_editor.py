"""The caption editor in a browser: keyboard, undo, automatic saving, two editors, and all widths."""

import re

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from lms.models.accounts import SellerRole
from lms.models.recordings import Caption, Recording
from media.captions.caption_file_parser import read_cues
from media.captions.cues_and_writers import read_written
from tests.browser.conftest import FILES, Served, Visit
from tests.recordings.caption_fixtures import caption
from tests.servers.axe import faults_at_widths

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

OWN_NAMES = "label-content-name-mismatch"  # media-chrome labels its own controls
WIDTHS = (390, 820, 1440)
SAVED = re.compile("^Saved at")


@pytest.fixture
def desk(served: Served, slug: str) -> tuple[int, str]:
    """Ada, and the captions of a recording."""
    with served.carrel.database.transaction() as session:
        webinar = served.add_webinar(session, slug, title="Getting the most from a recording")
        ada = served.add_person(session, "Ada", seller_role=SellerRole.STAFF).id
        recording = session.scalars(
            select(Recording.id).where(Recording.webinar_id == webinar.id)
        ).one()
    data = (FILES / "getting-the-most.vtt").read_bytes()
    return ada, caption(served.carrel.database, served.carrel.storage, recording, data)


def draft(served: Served, track: str) -> str:
    with served.carrel.database.read_session() as session:
        kept = session.scalars(select(Caption.draft).where(Caption.public_id == track)).one()
    return kept or ""


def texts(page: Page) -> list[str]:
    return page.locator(".cue textarea").evaluate_all("each => each.map(one => one.value)")


def test_edits_splits_and_joins_can_be_undone(
    served: Served, visit: Visit, desk: tuple[int, str]
) -> None:
    login, track = desk
    ada = visit(login)
    page, status = ada.page, ada.page.locator("[data-status]")
    page.goto(f"/staff/captions/{track}")
    expect(page.locator(".cue").first).to_be_visible()
    before = texts(page)
    first = page.locator(".cue textarea").first
    first.fill("Hello <there> & welcome")
    first.press("Tab")
    expect(status).to_have_text(SAVED)
    assert "Hello &lt;there&gt; &amp; welcome" in draft(served, track)
    page.locator(".cue textarea").nth(1).focus()
    page.keyboard.press("Control+Enter")
    assert len(texts(page)) == len(before) + 1
    page.keyboard.press("Alt+Enter")
    assert len(texts(page)) == len(before) + 2
    page.get_by_role("button", name="Delete").nth(3).click()
    page.get_by_role("button", name="Join with next").nth(1).click()
    assert len(texts(page)) == len(before)
    page.get_by_role("button", name="Shift all captions").click()
    expect(page.locator(".cue [data-starts]").first).not_to_have_value("0:00.500")
    for _ in range(6):
        page.get_by_role("button", name="Undo").click()
    assert texts(page) == before
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    page.get_by_role("button", name="Redo").click()
    assert texts(page)[0] == "Hello <there> & welcome"
    page.keyboard.press("Control+s")
    expect(status).to_have_text(SAVED)
    assert ada.faults == []


def times(served: Served, track: str) -> list[tuple[float, float]]:
    return [(cue.starts, cue.ends) for cue in read_written(draft(served, track))]


def shift_by(page: Page, seconds: str) -> None:
    page.get_by_label("Seconds to shift all captions by").fill(seconds)
    page.get_by_role("button", name="Shift all captions").click()


def test_all_captions_shift_later_and_earlier(
    served: Served, visit: Visit, desk: tuple[int, str]
) -> None:
    login, track = desk
    ada = visit(login)
    page, status, told = (
        ada.page,
        ada.page.locator("[data-status]"),
        ada.page.locator("#shift-told"),
    )
    page.goto(f"/staff/captions/{track}")
    expect(page.locator(".cue").first).to_be_visible()
    before = [
        (cue.starts, cue.ends) for cue in read_cues((FILES / "getting-the-most.vtt").read_bytes())
    ]
    shift_by(page, "1,5")
    expect(told).to_have_text("We moved all captions 1.5 s later.")
    expect(status).to_have_text(SAVED)
    later = [(round(starts + 1.5, 3), round(ends + 1.5, 3)) for starts, ends in before]
    assert times(served, track) == later
    shift_by(page, "\u22121.625")
    expect(told).to_have_text("We moved all captions 1.625 s earlier.")
    expect(status).to_have_text(SAVED)
    assert times(served, track) == [
        (round(starts - 0.125, 3), round(ends - 0.125, 3)) for starts, ends in before
    ]
    for _ in range(2):
        page.get_by_role("button", name="Undo").click()
    expect(told).to_have_text("")
    expect(status).to_have_text(SAVED)
    assert times(served, track) == [(round(starts, 3), round(ends, 3)) for starts, ends in before]
    assert ada.faults == []


def test_shift_before_the_start_is_clamped_to_zero(
    served: Served, visit: Visit, desk: tuple[int, str]
) -> None:
    login, track = desk
    page = visit(login).page
    page.goto(f"/staff/captions/{track}")
    expect(page.locator(".cue").first).to_be_visible()
    words = texts(page)
    shift_by(page, "-5")
    expect(page.locator("#shift-told")).to_contain_text("2 would start before the video")
    expect(page.locator("[data-status]")).to_have_text(SAVED)
    # they were at 0.5 to 3.436, 3.736 to 6.793 and 8.093 to 10.406
    assert times(served, track)[:3] == [(0.0, 0.1), (0.0, 1.793), (3.093, 5.406)]
    assert texts(page) == words
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("[data-status]")).to_have_text(SAVED)
    assert times(served, track)[:3] == [(0.5, 3.436), (3.736, 6.793), (8.093, 10.406)]


SHIFTS_REFUSED = (
    ("", "Enter the seconds to shift by"),
    ("soon", "Enter the seconds to shift by"),
    ("0", "Enter the seconds to shift by"),
    ("1e3", "Enter the seconds to shift by"),
    ("604800", "too far"),
)


def test_impossible_shift_is_refused_and_changes_nothing(
    served: Served, visit: Visit, desk: tuple[int, str]
) -> None:
    login, track = desk
    page = visit(login).page
    page.goto(f"/staff/captions/{track}")
    expect(page.locator(".cue").first).to_be_visible()
    told, field = (
        page.locator("#shift-told"),
        page.get_by_label("Seconds to shift all captions by"),
    )
    for seconds, sentence in SHIFTS_REFUSED:
        shift_by(page, seconds)
        expect(told).to_contain_text(sentence)
        expect(field).to_be_focused()
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(page.locator(".cue [data-starts]").first).to_have_value("0:00.500")
        expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    field.fill("2")
    field.press("Enter")
    expect(told).to_have_text("We moved all captions 2 s later.")
    expect(field).not_to_have_attribute("aria-invalid", "true")
    expect(page.locator(".cue [data-starts]").first).to_have_value("0:02.500")


def test_invalid_time_blocks_shifting_captions(
    served: Served, visit: Visit, desk: tuple[int, str]
) -> None:
    login, track = desk
    page = visit(login).page
    page.goto(f"/staff/captions/{track}")
    second = page.locator(".cue [data-starts]").nth(1)
    second.fill("soon")
    second.press("Tab")
    shift_by(page, "1")
    expect(page.locator("#shift-told")).to_contain_text("Correct it first.")
    expect(second).to_have_value("soon")
    expect(second).to_be_focused()
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()


def test_invalid_time_shows_an_error_next_to_it(
    served: Served, visit: Visit, desk: tuple[int, str]
) -> None:
    login, track = desk
    page = visit(login).page
    page.goto(f"/staff/captions/{track}")
    starts = page.locator(".cue [data-starts]").first
    starts.fill("soon")
    starts.press("Tab")
    expect(page.locator(".cue .error").first).to_have_text("Enter a time like 1:02.5")
    starts.fill("59:00")
    starts.press("Tab")
    expect(page.locator(".cue .error").first).to_contain_text("after the start")
    starts.fill("0:00,25")
    starts.press("Tab")
    expect(page.locator("[data-status]")).to_have_text(SAVED)
    assert "00:00:00.250 -->" in draft(served, track)


def test_second_editor_is_warned_and_can_choose(
    served: Served, visit: Visit, desk: tuple[int, str]
) -> None:
    login, track = desk
    one, other = visit(login).page, visit(login).page
    for page in (one, other):
        page.goto(f"/staff/captions/{track}")
        expect(page.locator(".cue").first).to_be_visible()
    for page, text in ((one, "From one"), (other, "From the other")):
        page.locator(".cue textarea").first.fill(text)
        page.locator(".cue textarea").first.press("Control+s")
        if page is one:
            expect(page.locator("[data-status]")).to_have_text(SAVED)
    expect(other.get_by_text("Ada saved these captions at")).to_be_visible()
    assert "From one" in draft(served, track)
    assert texts(other)[0] == "From the other"
    other.get_by_role("button", name="Overwrite with my changes").click()
    expect(other.locator("[data-status]")).to_have_text(SAVED)
    assert "From the other" in draft(served, track)


def test_caption_plays_from_its_time_and_changes_are_published(
    served: Served, visit: Visit, desk: tuple[int, str]
) -> None:
    login, track = desk
    ada = visit(login)
    page = ada.page
    page.goto(f"/staff/captions/{track}")
    page.get_by_role("button", name="Play from here").nth(4).click()
    ada.until("document.querySelector('video').currentTime > 10")
    page.locator(".cue textarea").first.fill("Shown at last")
    page.get_by_role("button", name="Publish changes").click()
    expect(page.get_by_text("These captions are published.")).to_be_visible()
    expect(page.locator(".cue textarea").first).to_have_value("Shown at last")
    assert draft(served, track) == ""
    assert ada.faults == []


def test_caption_editor_is_accessible_at_every_width(
    served: Served, visit: Visit, desk: tuple[int, str]
) -> None:
    login, track = desk
    page = visit(login, reduced_motion="reduce").page
    page.goto(f"/staff/captions/{track}")
    expect(page.locator(".cue").first).to_be_visible()
    assert faults_at_widths(page, WIDTHS, left_out=[OWN_NAMES]) == []
    page.goto("/webinars?q=twelve")
    expect(page.locator(".found mark").first).to_be_visible()
    assert faults_at_widths(page, WIDTHS) == []
