"""The upload page in a browser: a network that goes down and returns, and dropped files."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from lms.models.handouts import Handout
from lms.models.recordings import Recording
from lms.models.uploads import Upload, UploadState
from tests.browser.conftest import FILES
from tests.browser.page_elements import is_done
from tests.browser.person import Person
from tests.browser.recordings.test_upload_resume import (
    SLUG,
    ada,
    assert_whole,
    house,
    send_slowly,
    talk,
)
from tests.browser.recordings.upload_server import House, share, until_share

__all__ = ["ada", "house", "talk"]

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.mark.parametrize("house", ["local"], indirect=True)
def test_upload_resumes_when_the_network_returns(house: House, ada: Person, talk: Path) -> None:
    page = ada.page
    page.goto(f"/staff/webinars/{SLUG}")
    let_network_be = send_slowly(page)
    page.get_by_label("Choose files").set_input_files(talk)
    until_share(page, 0.2)
    let_network_be(is_there=False)
    line = page.locator(".upload-line")
    expect(line.get_by_text("Connection lost")).to_be_visible(timeout=60_000)
    kept = share(page)
    page.wait_for_timeout(3000)
    assert share(page) == kept
    let_network_be(is_there=True)
    expect(line.get_by_text("Connection lost")).to_be_hidden(timeout=60_000)
    until_share(page, kept + 0.1)
    is_done(page, talk.name, within_ms=300_000)
    assert_whole(house, talk)


def _drag(page: Page, kind: str, *paths: Path) -> None:
    """Dispatch a drag event with files above the middle of the page."""
    session = page.context.new_cdp_session(page)
    held = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    session.send("Input.dispatchDragEvent", {"type": kind, "x": 500, "y": 400, "data": held})


@pytest.mark.parametrize("house", ["local"], indirect=True)
def test_dropped_files_upload_and_a_folder_is_refused(
    house: House, ada: Person, tmp_path: Path
) -> None:
    film, slides, folder = tmp_path / "Dropped.mp4", tmp_path / "Slides.pdf", tmp_path / "films"
    film.write_bytes((FILES / "getting-the-most.mp4").read_bytes())
    slides.write_bytes((FILES / "getting-the-most.pdf").read_bytes())
    folder.mkdir()
    page = ada.page
    page.goto(f"/staff/webinars/{SLUG}")
    section = page.locator("[data-uploads]")
    _drag(page, "dragEnter", film, slides, folder)
    _drag(page, "dragOver", film, slides, folder)
    expect(section).to_have_class(re.compile(r"\bis-over\b"))
    _drag(page, "drop", film, slides, folder)
    expect(section).not_to_have_class(re.compile(r"\bis-over\b"))
    expect(page.get_by_text("films is a folder. Choose the files in it.")).to_be_visible()
    is_done(page, "Dropped.mp4", within_ms=120_000)
    is_done(page, "Slides.pdf", within_ms=120_000)
    with house.carrel.database.read_session() as session:
        assert session.scalars(select(Recording.original_name)).all() == ["Dropped.mp4"]
        assert session.scalars(select(Handout.name)).all() == ["Slides.pdf"]


@pytest.mark.parametrize("house", ["local"], indirect=True)
def test_discarded_upload_is_reported_and_can_start_over(
    house: House, ada: Person, talk: Path
) -> None:
    page, line = ada.page, ada.page.locator(".upload-line")
    page.goto(f"/staff/webinars/{SLUG}")
    send_slowly(page)
    page.get_by_label("Choose files").set_input_files(talk)
    until_share(page, 0.2)
    page.get_by_role("button", name="Pause").click()
    expect(line.get_by_text("Paused")).to_be_visible()
    (found,) = house.carrel.storage.intake.unfinished()
    house.carrel.storage.intake.discard(found.arriving)
    page.get_by_role("button", name="Resume").click()
    expect(line.get_by_text("Choose the file again to start over.")).to_be_visible()
    expect(line.get_by_role("button")).to_have_count(1)  # only Remove
    page.get_by_label("Choose files").set_input_files(talk)
    is_done(page, talk.name, within_ms=300_000)
    expect(line).to_have_count(0)
    assert_whole(house, talk)
    with house.carrel.database.read_session() as session:
        states = session.scalars(select(Upload.state)).all()
    assert states == [UploadState.DONE]  # nothing remains of the first upload


@pytest.mark.parametrize("house", ["local"], indirect=True)
def test_upload_refused_for_lack_of_space_can_be_tried_again(
    house: House, ada: Person, talk: Path
) -> None:
    page, line = ada.page, ada.page.locator(".upload-line")
    page.goto(f"/staff/webinars/{SLUG}")
    page.route(
        f"**/webinars/{SLUG}/uploads",
        lambda route: route.fulfill(status=507, json={"code": "no_room", "message": "No room."}),
        times=1,
    )
    page.get_by_label("Choose files").set_input_files(talk)
    expect(line.get_by_text("No room.")).to_be_visible()
    expect(line.get_by_text("Failed")).to_be_visible()
    expect(line.get_by_role("button", name="Resume")).to_have_count(0)
    line.get_by_role("button", name="Try again").click()
    is_done(page, talk.name, within_ms=300_000)
    assert_whole(house, talk)
