"""Links from before two records of a library were merged: which still work, and which don't."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from lms.core.model_base import new_public_id
from lms.models.accounts import SellerRole
from lms.models.catalog import Webinar
from lms.models.mail import Mail
from lms.models.organizations import Role
from tests.browser.lti.cookie_settings import Cookies, browsing
from tests.browser.lti.two_sites import TITLES, Library, Visitor, play
from tests.browser.organizations import organization_desk
from tests.browser.page_elements import submit_of
from tests.browser.person import Person
from tests.browser.sent_mail import found_in_letter
from tests.factories import make_membership, make_organization, make_pool, make_pool_grant
from tests.platform.app import running_platform
from tests.servers.axe import axe_faults

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

PASSWORD = "a quiet corner table"  # noqa: S105  (a test password)
GONE = 410


@dataclass(frozen=True, slots=True)
class Record:
    """One of two records of a library, and its owner."""

    slug: str
    name: str
    home: str
    owner: int


@dataclass(frozen=True, slots=True)
class Scene:
    """Mia owns the remaining record, Otto the other; Tess will manage it. Ada is on our team."""

    kept: Record
    merged: Record
    ada: int
    tess: str


@pytest.fixture
def scene(library: Library) -> Scene:
    served, mark = library.served, new_public_id()[:6]
    with served.carrel.database.transaction() as session:
        records = []
        for name, owner in (("Fir Library", "Mia"), ("Library of Fir", "Otto")):
            made = make_organization(session, name=f"{name} {mark}")
            person = served.add_person(session, owner)
            make_membership(session, made, person, role=Role.OWNER)
            home = f"/organization/{made.public_id}"
            records.append(Record(made.slug, made.name, home, person.id))
            webinar = session.scalars(select(Webinar).where(Webinar.slug == "course-1")).one()
            make_pool_grant(session, make_pool(session, made, webinar, capacity=None))
        ada = served.add_person(session, "Ada", seller_role=SellerRole.STAFF)
        return Scene(*records, ada.id, f"tess-{mark}@example.org")


def make_link(otto: Page, merged: Record) -> str:
    """Create a link that registers one LMS."""
    otto.goto(f"{merged.home}/lti")
    otto.get_by_role("button", name="Create link").click()
    return otto.locator("#made-link").inner_text()


def add_manager(library: Library, ada: Page, scene: Scene) -> str:
    """Add Tess, who has no account; returns the path of the link in her email."""
    organization_desk.add_manager(ada, scene.merged.slug, scene.tess)
    expect(ada.get_by_text("We emailed them a link to choose a password.")).to_be_visible()
    return mailed(library, scene.tess)


def mailed(library: Library, address: str) -> str:
    """Return the path of the emailed link for a first password."""
    pattern = rf"{re.escape(library.url)}(/reset-password/\S+)"
    return urlsplit(found_in_letter(library.served, address, pattern)).path


def merge(ada: Page, scene: Scene) -> None:
    organization_desk.preview_merge(ada, scene.kept.slug, scene.merged.name)
    expect(ada.get_by_text("the links we emailed them stop working")).to_be_visible()
    assert axe_faults(ada) == []
    organization_desk.merge(ada)


def ask_anew(library: Library, tess: Page, scene: Scene, link: str) -> None:
    """Open the expired link as Tess, request another, and check that the remaining record opens."""
    answer = tess.goto(link)
    assert answer is not None
    assert answer.status == GONE
    assert axe_faults(tess) == []
    tess.get_by_role("link", name="Choose a new password").click()
    tess.get_by_label("Email address").fill(scene.tess)
    submit_of(tess).click()
    expect(tess.get_by_text(scene.tess)).to_be_visible()
    pattern = rf"requested a new password[\s\S]*?{re.escape(library.url)}(/\S+)"
    tess.goto(found_in_letter(library.served, scene.tess, pattern))
    tess.get_by_label("New password").fill(PASSWORD)
    tess.get_by_role("button", name="Save password").click()
    tess.wait_for_url("**/library")
    tess.goto("/organization")
    expect(tess.get_by_role("heading", name=scene.kept.name)).to_be_visible()
    assert told(library, scene.tess) == ["set_password", "reset_password", "password_changed"]


def register(teacher: Visitor, address: str) -> None:
    """Paste a registration link into the LMS."""
    teacher.page.goto(f"{teacher.platform.url}/tools")
    teacher.page.get_by_label("Registration address of the tool").fill(address)
    teacher.page.get_by_role("button", name="Register", exact=True).click()


def told(library: Library, address: str) -> list[str]:
    """Return the kinds of the emails to an address."""
    with library.served.carrel.database.read_session() as session:
        mine = select(Mail.kind).where(Mail.recipient == address)
        return list(session.scalars(mine.order_by(Mail.id)))


def test_lms_links_survive_a_merge_and_password_links_do_not(
    browser: "Browser", library: Library, scene: Scene, tmp_path: Path
) -> None:
    logins = (scene.ada, scene.kept.owner, scene.merged.owner, None)
    carrel = library.served.carrel
    people = [Person.arrive(browser, library.url, carrel, one) for one in logins]
    ada, mia, otto, tess = (person.page for person in people)
    with (
        running_platform() as platform,
        browsing(
            browser, tmp_path, Cookies.ALLOWED, trusted=platform.url, framed=library.front
        ) as context,
    ):
        first, second = make_link(otto, scene.merged), make_link(otto, scene.merged)
        link = add_manager(library, ada, scene)
        merge(ada, scene)

        ask_anew(library, tess, scene, link)
        mia.goto(f"{scene.kept.home}/members")
        expect(mia.get_by_role("row").filter(has_text=scene.tess)).to_contain_text("Manager")

        teacher = Visitor.arrive(context, platform, platform.course.instructors[0])
        register(teacher, first)
        expect(teacher.tool.get_by_test_id("registration-active")).to_contain_text(scene.kept.name)
        teacher.tool.locator("[data-lti-close]").click()
        teacher.page.wait_for_url(f"{platform.url}/tools")
        (tool,) = platform.records.tools.values()
        shown = platform.link(tool, custom={"webinar": "course-1"}, title=TITLES[0])
        learner = Visitor.arrive(context, platform, platform.course.learners[0])
        learner.open(shown)
        play(learner.tool)
        mia.goto(f"{scene.kept.home}/lti")
        mia.get_by_role("button", name="Revoke").click()
        register(teacher, second)
        expect(teacher.tool.get_by_test_id("registration-refused")).to_be_visible()
        ada.goto(f"/staff/organizations/{scene.kept.slug}")
        expect(ada.get_by_text("last launch")).to_be_visible()
    faults = [one for person in people for one in person.faults]
    for person in people:
        person.leave()
    assert [one for one in faults if "410" not in one] == []  # the expired link
