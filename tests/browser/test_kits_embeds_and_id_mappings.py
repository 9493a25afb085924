"""Delivery kits, embed links, and matching people for a new LMS, in browsers."""

import io
import re
import subprocess
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.core.clock import now
from lms.core.model_base import new_public_id
from lms.kits import delivery_kits
from lms.models.accounts import SellerRole
from lms.models.catalog import Webinar
from lms.models.organizations import Organization, Role
from lms.models.recordings import Recording
from lti.protocol.content_target import Target
from media.files.subprocesses import ffmpeg_path
from tests.browser.conftest import FILES, Served, Visit
from tests.browser.sent_mail import found_in_letter
from tests.factories import make_membership, make_organization, make_pool, make_pool_grant
from tests.lti.course_fixtures import make_course
from tests.lti.id_mappings.changing_institution import make_lms
from tests.wait_until import PATIENCE_S

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

NARROW, WIDE = 390, 1440
MADE_WITHIN_MS = PATIENCE_S * 1000
WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
# Table cells with several items side by side where a phone has room for one
SQUEEZED = """() => [...document.querySelectorAll(".table-cards :is(th, td)")].filter((cell) =>
    getComputedStyle(cell).flexWrap === "nowrap" && [...cell.childNodes].filter((one) =>
        one.nodeName !== "BR" && one.textContent.trim()).length > 1
).map((cell) => cell.outerHTML)"""


@dataclass(frozen=True, slots=True)
class Scene:
    """Mia manages Elm County, which has access to a webinar; Ada is on our team."""

    mia: int
    ada: int
    organization: str
    slug: str


@pytest.fixture
def scene(served: Served, tmp_path: Path) -> Scene:
    name = new_public_id()[:6]
    film = tmp_path / "talk.mp4"
    short = [ffmpeg_path(), "-v", "error", "-t", "3", "-i", FILES / "getting-the-most.mp4"]
    subprocess.run([*short, "-c", "copy", film], check=True, timeout=PATIENCE_S)
    with served.carrel.database.transaction() as session:
        elm = make_organization(session, f"elm-{name}", name="Elm County Library")
        mia = served.add_person(session, "Mia")
        ada = served.add_person(session, "Ada", seller_role=SellerRole.STAFF)
        make_membership(session, elm, mia, role=Role.MANAGER)
        webinar = served.add_webinar(session, f"quiet-{name}", title=f"The quiet desk {name}")
        make_pool_grant(session, make_pool(session, elm, webinar, capacity=None))
        key = _recording(session, webinar).original_key
        scene = Scene(mia.id, ada.id, elm.public_id, webinar.slug)
    served.carrel.storage.put_file(key, film, "video/mp4")
    return scene


def _recording(session: Session, webinar: Webinar) -> Recording:
    return session.scalars(select(Recording).where(Recording.webinar_id == webinar.id)).one()


def misfits(page: Page) -> list[str]:
    """Return elements that make a page wider than a phone, or are squeezed in its cards."""
    page.set_viewport_size({"width": NARROW, "height": 900})
    found: list[str] = page.evaluate(SQUEEZED)
    if page.evaluate(WIDER):
        found.append(f"{page.url} is wider than {NARROW}")
    page.set_viewport_size({"width": WIDE, "height": 900})
    return found


def test_kit_is_created_downloaded_and_its_link_turned_off(
    served: Served, visit: Visit, scene: Scene
) -> None:
    with served.carrel.database.transaction() as session:
        elm = session.scalars(
            select(Organization).where(Organization.public_id == scene.organization)
        ).one()
        delivery_kits.allow(session, elm.id, actor=None, now=now())
    page = visit(scene.mia).page
    page.goto(f"/organization/{scene.organization}/embeds")
    page.get_by_role("link", name="Delivery kits").click()
    page.get_by_role("link", name="Create kit").click()
    assert misfits(page) == []
    page.get_by_role("button", name="Create kit").click()
    page.get_by_role("button", name="Create link").click(timeout=MADE_WITHIN_MS)
    link = page.locator("#kit-link").inner_text()
    with page.expect_download() as taken:
        page.get_by_role("link", name="Download kit").click()
    with zipfile.ZipFile(io.BytesIO(Path(taken.value.path()).read_bytes())) as kit:
        assert kit.testzip() is None
        assert {"README.txt", "recording.mp4"} <= set(kit.namelist())
    assert served.status_of(link.removeprefix(served.url), {"Range": "bytes=5-"}) == 206
    page.get_by_role("button", name="Turn off link").click()
    expect(page.get_by_text("The link was turned off.")).to_be_visible()
    assert served.status_of(link.removeprefix(served.url), {}) == 410


def test_embed_link_is_created_and_completions_are_imported(visit: Visit, scene: Scene) -> None:
    page = visit(scene.mia).page
    page.goto(f"/organization/{scene.organization}/embeds")
    page.get_by_role("link", name="Create embed link").click()
    page.get_by_role("link", name="Choose The quiet desk").click()
    page.get_by_label("Name", exact=True).fill("Staff training")
    page.get_by_label("Sites where it can be shown").fill("https://learn.elm.example")
    page.get_by_label("Last day").fill("2027-06-01")
    page.get_by_role("button", name="Create link").click()
    expect(page.get_by_text("Jun 1, 2027")).to_be_visible()
    assert "<iframe" in page.locator("pre, code").first.inner_text()
    page.get_by_role("link", name="Embed links").first.click()
    expect(page.get_by_role("row").filter(has_text="Staff training")).to_contain_text("Active")
    assert misfits(page) == []

    page.get_by_role("link", name="Completions").click()
    page.get_by_label("Source").fill("Niche Academy")
    rows = f"email,webinar,completed\nolive@elm.example,{scene.slug},2026-10-06\nnobody,x,never\n"
    file = {"name": "done.csv", "mimeType": "text/csv", "buffer": rows.encode()}
    page.get_by_label("File").set_input_files(file)  # type: ignore[arg-type]  # as in Playwright's documentation
    page.get_by_role("button", name="Preview import").click()
    assert misfits(page) == []
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_role("row").filter(has_text="olive@elm.example")).to_contain_text(
        "Oct 6, 2026"
    )
    page.get_by_role("button", name="Delete import").click()
    expect(page.get_by_role("row").filter(has_text="olive@elm.example")).to_have_count(0)


def test_people_are_merged_for_a_new_lms_and_merges_undone(
    served: Served, visit: Visit, scene: Scene
) -> None:
    old, new = (f"{kind} {scene.organization[:6]}" for kind in ("Moodle", "Canvas"))
    with served.carrel.database.transaction() as session:
        elm = session.scalars(
            select(Organization).where(Organization.public_id == scene.organization)
        ).one()
        left, entered = (make_lms(session, elm.id, name) for name in (old, new))
        for system, sub in ((left, "o-1"), (entered, "n-1")):
            system.comes(session, sub, "Rosalind Inkwell", email="rosalind@elm.example")
        left.comes(session, "o-2", "Otto Margin", email="otto@elm.example")
        entered.lists(session, "n-2", "Otto Margin", email="otto@elm.example")
    page = visit(scene.ada).page
    page.goto("/staff/lti/maps")
    page.get_by_label("From").select_option(label=f"Elm County Library: {old}")
    page.get_by_label("To").select_option(label=f"Elm County Library: {new}")
    page.get_by_role("button", name="Match people").click()
    expect(page.get_by_role("heading", name="2 people selected")).to_be_visible()
    assert misfits(page) == []
    page.get_by_role("button", name="Merge 2 pairs").click()
    expect(page.get_by_role("heading", name="2 people merged")).to_be_visible()
    page.get_by_role("button", name="Undo all 2 merges").click()
    expect(page.get_by_role("link", name="Undone 2")).to_be_visible()


def test_learner_links_an_account_by_email(served: Served, visit: Visit, scene: Scene) -> None:
    with served.carrel.database.transaction() as session:
        elm = session.scalars(
            select(Organization).where(Organization.public_id == scene.organization)
        ).one()
        course = replace(make_course(session, elm.id, Target(webinar=scene.slug)), at=now())
        secret = course.launch(session, sub="r-1", name="Rosalind Inkwell")
        alice = served.add_person(session, "Alice")
        alice_id, address = alice.id, alice.email or ""
    frame = visit().page
    frame.goto(f"/lti/s/{secret}/")
    frame.get_by_role("link", name="Link it").click()
    frame.get_by_label("Email address of your account").fill(address)
    frame.get_by_role("button", name="Email me a link").click()
    expect(frame.locator(".notice-done")).to_contain_text(address)
    path = found_in_letter(served, address, rf"{re.escape(served.url)}(/\S+)")
    alice_page = visit(alice_id).page
    alice_page.goto(path)
    expect(alice_page.get_by_text("Rosalind Inkwell")).to_be_visible()
    alice_page.get_by_role("button", name="Link accounts").click()
    alice_page.goto("/account/learning-systems")
    expect(alice_page.get_by_text("Moodle of Elm County", exact=True)).to_be_visible()
    frame.reload()
    expect(frame.get_by_role("heading", name="Your account is linked")).to_be_visible()
