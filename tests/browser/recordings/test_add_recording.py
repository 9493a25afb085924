"""Staff add a recording on the page: upload progress, encoding progress, and refusals."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from lms.models.accounts import SellerRole
from media.files.subprocesses import ffmpeg_path
from tests.browser.conftest import FILES, Served, Visit
from tests.browser.page_elements import is_done
from tests.browser.person import Person
from tests.factories import make_webinar
from tests.wait_until import PATIENCE_S

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

SOON_MS = PATIENCE_S * 1000


@pytest.fixture
def ada(served: Served, visit: Visit) -> Person:
    with served.carrel.database.transaction() as session:
        ada_id = served.add_person(session, "Ada", seller_role=SellerRole.STAFF).id
    return visit(ada_id, viewport={"width": 1280, "height": 900})


@pytest.fixture(scope="module")
def long_talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording that takes long enough to encode to be watched and canceled."""
    folder = tmp_path_factory.mktemp("talk")
    part, made = folder / "part.webm", folder / "A long talk.webm"
    command = [ffmpeg_path(), "-v", "error"]
    noise = ["-f", "lavfi", "-i", "nullsrc=s=960x540:r=25:d=4,noise=c0s=100:c0f=t+u"]
    options = ["-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "3M"]
    ten_times = ["-stream_loop", "9", "-i", str(part), "-c", "copy"]
    for act in ([*noise, *options, str(part)], [*ten_times, str(made)]):
        subprocess.run([*command, *act], check=True, timeout=PATIENCE_S)
    return made


def _open(served: Served, ada: Person, slug: str) -> Page:
    with served.carrel.database.transaction() as session:
        make_webinar(session, slug)
    ada.page.goto(f"/staff/webinars/{slug}")
    return ada.page


def _send(page: Page, file: Path) -> None:
    page.get_by_label("Choose files").set_input_files(file)


def test_uploaded_recording_is_processed_and_plays(served: Served, ada: Person) -> None:
    page = _open(served, ada, "brought-by-hand")
    _send(page, FILES / "getting-the-most.mp4")
    expect(page.get_by_text("processing it", exact=False).first).to_be_visible()
    expect(page.get_by_text("Current", exact=True)).to_be_visible(timeout=SOON_MS)
    page.goto("/webinars/brought-by-hand/watch?preview=1")
    page.get_by_role("button", name="Play").first.click()
    ada.until("document.querySelector('video').currentTime > 1")
    assert ada.faults == []


def test_encode_progress_survives_a_reload_and_can_be_canceled(
    served: Served, ada: Person, long_talk: Path
) -> None:
    page = _open(served, ada, "changed-my-mind")
    _send(page, long_talk)
    bar = "document.querySelector('[data-under-way] [data-progress-bar]')"
    ada.until(f"({bar} || {{}}).value > 0.05")
    page.reload()
    seen = page.evaluate(f"{bar}.value")
    assert seen > 0
    ada.until(f"({bar} || {{value: 1}}).value > {seen}")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Canceled", exact=True)).to_be_visible(timeout=SOON_MS)
    expect(page.get_by_role("button", name="Process again")).to_be_visible()
    assert ada.faults == []


def test_unreadable_recording_fails_and_can_be_tried_again(
    served: Served, ada: Person, tmp_path: Path
) -> None:
    noise = tmp_path / "Noise.mp4"
    noise.write_bytes(film_of_noise())
    page = _open(served, ada, "only-noise")
    _send(page, noise)
    expect(page.get_by_text("Failed")).to_be_visible(timeout=SOON_MS)
    expect(page.get_by_text("We still have the original file.")).to_be_visible()
    expect(page.get_by_role("button", name="Try again")).to_be_visible()


def test_plain_text_file_is_refused(served: Served, ada: Person, tmp_path: Path) -> None:
    words = tmp_path / "Notes.mp4"
    words.write_text("only words")
    page = _open(served, ada, "only-words")
    _send(page, words)
    line = page.get_by_role("listitem").filter(has_text="Notes.mp4")
    expect(line.get_by_text("Failed")).to_be_visible()
    expect(line.get_by_text(re.compile("This file is plain text, not a recording"))).to_be_visible()
    expect(line.get_by_role("button", name="Resume")).to_have_count(0)
    line.get_by_role("button", name="Remove").click()
    expect(line).to_have_count(0)


def test_several_files_upload_and_can_be_paused_and_canceled(
    served: Served, ada: Person, tmp_path: Path
) -> None:
    first, second = tmp_path / "First.mp4", tmp_path / "Second.mp4"
    first.write_bytes(film_of_noise(24_000_000))
    second.write_bytes(film_of_noise(9_000_000))
    page = _open(served, ada, "several")
    _slow_down(page, 4_000_000)
    page.get_by_label("Choose files").set_input_files([first, second, FILES / "folding-table.pdf"])
    lines = page.get_by_role("listitem").filter(has=page.locator("progress"))
    expect(lines).to_have_count(3)
    pause = page.get_by_role("button", name="Pause: First.mp4")
    ada.until("document.querySelector('.upload-line progress').value > 0.1")
    expect(lines.nth(0)).to_contain_text(re.compile(r"MB/s, \d+ s left"))
    pause.click()
    expect(lines.nth(0).get_by_text("Paused")).to_be_visible()
    expect(page.get_by_role("button", name="Resume: First.mp4")).to_be_focused()
    expect(page.get_by_role("button", name="Pause: Second.mp4")).to_be_visible()
    page.get_by_role("button", name="Cancel: Second.mp4").click()
    is_done(page, "folding-table.pdf", within_ms=SOON_MS)
    page.get_by_role("button", name="Resume: First.mp4").click()
    is_done(page, "First.mp4", within_ms=SOON_MS)
    expect(page.get_by_text("Second.mp4")).to_have_count(0)


def film_of_noise(size: int = 200_000) -> bytes:
    """Return data that starts like a recording and isn't one."""
    begins = b"\x00\x00\x00\x18ftypmp42"
    return begins + os.urandom(size - len(begins))


def _slow_down(page: Page, bytes_a_second: int) -> None:
    page.on("dialog", lambda dialog: dialog.accept())
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1}
    session.send("Network.emulateNetworkConditions", {**slow, "uploadThroughput": bytes_a_second})
