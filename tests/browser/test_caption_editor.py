"""Editing captions in a real browser: keys, undo, saving by itself, two editors, every width."""

import re

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from lms.models.catalogue import Caption, Recording
from tests.browser.conftest import FILES, Served, Visit
from tests.recordings.captioned import caption
from tests.servers.chromium import axe_script

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

AXE = """async () => {
    const found = await axe.run({resultTypes: ["violations"]});
    return found.violations.map(each => `${each.id}: ${each.nodes.map(n => n.html)}`);
}"""
LOOKS = [(390, "light"), (390, "dark"), (820, "light"), (1440, "light"), (1440, "dark")]
SAVED = re.compile("^Saved at")


@pytest.fixture
def desk(served: Served, request: pytest.FixtureRequest) -> tuple[int, str]:
    """Ada, and the captions of a recording."""
    slug = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")[:100]
    with served.carrel.database.transaction() as session:
        webinar = served.add_webinar(session, slug, title="Getting the most from a recording")
        ada = served.add_person(session, "Ada", is_staff=True).id
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


def test_captions_are_changed_split_joined_and_all_of_it_undone(
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
    expect(status).to_have_text(SAVED, timeout=20_000)
    assert "Hello &lt;there&gt; &amp; welcome" in draft(served, track)
    page.locator(".cue textarea").nth(1).focus()
    page.keyboard.press("Control+Enter")
    assert len(texts(page)) == len(before) + 1
    page.keyboard.press("Alt+Enter")
    assert len(texts(page)) == len(before) + 2
    page.get_by_role("button", name="Delete").nth(3).click()
    page.get_by_role("button", name="Join the next").nth(1).click()
    assert len(texts(page)) == len(before)
    page.get_by_role("button", name="Shift all by these seconds").click()
    expect(page.locator(".cue [data-starts]").first).not_to_have_value("0:00.500")
    for _ in range(6):
        page.get_by_role("button", name="Undo").click()
    assert texts(page) == before
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    page.get_by_role("button", name="Do again").click()
    assert texts(page)[0] == "Hello <there> & welcome"
    page.keyboard.press("Control+s")
    expect(status).to_have_text(SAVED, timeout=20_000)
    assert ada.faults == []


def test_a_bad_time_is_told_beside_it(served: Served, visit: Visit, desk: tuple[int, str]) -> None:
    login, track = desk
    page = visit(login).page
    page.goto(f"/staff/captions/{track}")
    starts = page.locator(".cue [data-starts]").first
    starts.fill("soon")
    starts.press("Tab")
    expect(page.locator(".cue .error").first).to_have_text("Write a time like 1:02.5")
    starts.fill("59:00")
    starts.press("Tab")
    expect(page.locator(".cue .error").first).to_contain_text("after the beginning")
    starts.fill("0:00,25")
    starts.press("Tab")
    expect(page.locator("[data-status]")).to_have_text(SAVED, timeout=20_000)
    assert "00:00:00.250 -->" in draft(served, track)


def test_the_second_editor_is_told_and_chooses(
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
            expect(page.locator("[data-status]")).to_have_text(SAVED, timeout=20_000)
    expect(other.get_by_text("Ada saved these captions at")).to_be_visible()
    assert "From one" in draft(served, track)
    assert texts(other)[0] == "From the other"
    other.get_by_role("button", name="Save mine over theirs").click()
    expect(other.locator("[data-status]")).to_have_text(SAVED, timeout=20_000)
    assert "From the other" in draft(served, track)


def test_the_film_goes_where_a_caption_is_played_and_all_is_shown(
    served: Served, visit: Visit, desk: tuple[int, str]
) -> None:
    login, track = desk
    ada = visit(login)
    page = ada.page
    page.goto(f"/staff/captions/{track}")
    page.get_by_role("button", name="Play from here").nth(4).click()
    ada.until("document.querySelector('video').currentTime > 10")
    page.locator(".cue textarea").first.fill("Shown at last")
    page.get_by_role("button", name="Show the changes").click()
    expect(page.get_by_text("Viewers are shown these captions now.")).to_be_visible()
    assert texts(page)[0] == "Shown at last"
    assert draft(served, track) == ""
    assert ada.faults == []


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_the_desk_is_without_barriers_at_every_width(
    served: Served, visit: Visit, desk: tuple[int, str], width: int, theme: str
) -> None:
    login, track = desk
    page = visit(login, viewport={"width": width, "height": 900}, color_scheme=theme).page
    page.goto(f"/staff/captions/{track}")
    expect(page.locator(".cue").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.evaluate(axe_script())
    found = page.evaluate(AXE)
    assert [each for each in found if not each.startswith("label-content-name-mismatch")] == []
    page.goto("/webinars?q=twelve")
    expect(page.locator(".found mark").first).to_be_visible()
    page.evaluate(axe_script())
    assert page.evaluate(AXE) == []
