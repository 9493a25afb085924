"""A learner requests a seat in the course, a manager adds one, and the request closes."""

import email
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import policy
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from lms.access.policy import Code
from lms.core.clock import now
from lms.core.model_base import new_public_id
from lms.models.accounts import Login, SellerRole
from lms.models.grants import OfferKind
from lms.models.organizations import Organization
from lms.models.seats import Pool
from lms.sales.new_orders import NewLine
from lms.seats import claims
from lti.selftest.platform.records import Link
from lti.selftest.platform.records import Person as Learner
from lti.selftest.platform.vocabulary import Role
from tests.browser.lti.cookie_settings import Cookies, browsing
from tests.browser.lti.two_sites import TITLES, Library, Visitor, play
from tests.browser.page_elements import button_to, is_done, is_refused
from tests.browser.person import Person
from tests.browser.sent_mail import letter_to
from tests.browser.test_after_the_sale import bought, order_of
from tests.platform.app import running_platform
from tests.servers.axe import axe_faults

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

HOUSE = "Maple County Library"
SEATS = NewLine(
    kind=OfferKind.GROUP_SEATS, covers="webinar:course-1", price_minor=22_500, quantity=3
)


@dataclass(frozen=True, slots=True)
class Maple:
    """A library with two of its three seats taken, its manager, and a team member."""

    home: str
    name: str
    mia: int
    mia_email: str
    ada: int


@pytest.fixture
def maple(library: Library) -> Maple:
    served, carrel = library.served, library.served.carrel
    facts = bought(carrel, order_of("Mia", SEATS, firm=HOUSE), is_paid=True)
    with carrel.database.transaction() as session:
        firm = session.get_one(Organization, facts.organization_id)
        pool = session.scalars(select(Pool).where(Pool.organization_id == firm.id)).one()
        for name in ("Kim", "Lee"):
            one = served.add_person(session, name)
            claims.claim(session, pool.id, one.id, actor=None, now=now())
        mia = session.get_one(Login, facts.contact_id)
        ada = served.add_person(session, "Ada", seller_role=SellerRole.STAFF)
        home = f"/organization/{firm.public_id}"
        return Maple(home, firm.name, mia.id, mia.email or "", ada.id)


@contextmanager
def signed_in(browser: "Browser", library: Library, login_id: int) -> Iterator[Person]:
    """Open a browser in which a person is signed in."""
    person = Person.arrive(browser, library.url, library.served.carrel, login_id)
    yield person
    person.leave()


def connect(mia: Page, admin: Visitor, maple: Maple) -> Link:
    """Register the LMS by the link on the manager's page, and add the webinar to its course."""
    mia.goto(f"{maple.home}/lti")
    mia.get_by_role("button", name="Create link").click()
    platform, address = admin.platform, mia.locator("#made-link").inner_text()
    admin.page.goto(f"{platform.url}/tools")
    admin.page.get_by_label("Registration address of the tool").fill(address)
    admin.page.get_by_role("button", name="Register", exact=True).click()
    expect(admin.tool.get_by_test_id("registration-active")).to_contain_text(maple.name)
    admin.tool.locator("[data-lti-close]").click()
    admin.page.wait_for_url(f"{platform.url}/tools")
    (tool,) = platform.records.tools.values()
    return platform.link(tool, custom={"webinar": "course-1"}, title=TITLES[0])


def ask(wren: Visitor, link: Link) -> None:
    """Launch without a seat, and request one from the manager."""
    wren.open(link)
    is_refused(wren.tool, Code.NO_GRANT, HOUSE)
    expect(wren.tool.locator("video")).to_have_count(0)
    button_to(wren.tool, "/ask").click()
    expect(wren.tool.locator(".notice-done")).to_contain_text("Mia")
    is_refused(wren.tool, Code.POOL_FULL_WAITLISTED, HOUSE)


def read_request(mia: Page, library: Library, maple: Maple, name: str) -> None:
    """Check the request, by the email's link and on the organization's home page."""
    text = letter_to(library.served, maple.mia_email, holding="Every seat is taken")
    assert all(one in text for one in (name, f"“{TITLES[0]}”", maple.name))
    found = re.search(rf"{re.escape(library.url)}(/organization/\S+)", text)
    assert found
    mia.goto(found[1])
    row = mia.get_by_role("row").filter(has_text=name)
    expect(row).to_be_visible()
    assert axe_faults(mia) == []
    mia.goto(maple.home)
    expect(mia.get_by_text("1 person is waiting for a seat")).to_be_visible()


def add_seat(mia: Page) -> None:
    """Add one seat at the group price, by invoice."""
    mia.get_by_role("link", name="Add seats").click()
    mia.locator("#quantity").fill("1")
    mia.get_by_role("button", name="Show price").click()
    mia.get_by_role("button", name="Add 1 seat for $75.00").click()
    is_done(mia)


def see_answer(ada: Page, name: str, code: Code, maple: Maple) -> None:
    """Check as staff why the learner can or can't watch."""
    ada.goto(f"/staff/people/why?{urlencode({'address': name, 'webinar': TITLES[0]})}")
    expect(ada.get_by_test_id(f"answer-{code}")).to_contain_text(maple.name)
    assert axe_faults(ada) == []


def test_learner_requests_a_seat_gets_it_and_the_request_closes(
    browser: "Browser", library: Library, maple: Maple, tmp_path: Path
) -> None:
    with (
        running_platform() as platform,
        browsing(
            browser, tmp_path, Cookies.ALLOWED, trusted=platform.url, framed=library.front
        ) as context,
        signed_in(browser, library, maple.mia) as mia,
        signed_in(browser, library, maple.ada) as ada,
    ):
        first = platform.course.learners[0]
        mark = new_public_id()[:6]  # other tests' courses use the same people
        second = platform.course.enroll(Learner(f"u-{mark}", "Wren", f"Moss {mark}"), Role.LEARNER)
        name = second.name or ""
        admin = Visitor.arrive(context, platform, platform.course.instructors[0])
        link = connect(mia.page, admin, maple)
        taker = Visitor.arrive(context, platform, first)
        taker.open(link)
        play(taker.tool)  # the last seat

        wren = Visitor.arrive(context, platform, second)
        ask(wren, link)
        read_request(mia.page, library, maple, name)
        see_answer(ada.page, name, Code.POOL_FULL_WAITLISTED, maple)
        expect(ada.page.get_by_text("Waitlist", exact=True)).to_be_visible()

        add_seat(mia.page)
        assert "$75.00" in letter_to(library.served, maple.mia_email, holding=r"\$75\.00")
        mia.page.goto(maple.home)
        expect(mia.page.get_by_text("is waiting for a seat")).to_have_count(0)

        wren.open(link)
        play(wren.tool)
        mia.page.goto(f"{maple.home}/people")
        expect(mia.page.get_by_role("row").filter(has_text=name)).to_contain_text("Claimed")
        see_answer(ada.page, name, Code.OK_PERMANENT, maple)
        expect(ada.page.get_by_text("Waitlist", exact=True)).to_have_count(0)
        tell_no_one_else(library, maple, name)
        assert [one for person in (mia, ada) for one in person.faults] == []


def tell_no_one_else(library: Library, maple: Maple, name: str) -> None:
    """Check that only the manager was emailed about the request, and once."""
    files = (library.served.carrel.settings.data_dir / "mail").glob("*.eml")
    mails = [email.message_from_bytes(one.read_bytes(), policy=policy.default) for one in files]
    bodies = [(str(one["To"]), one.get_body(("plain",))) for one in mails]
    told = [to for to, body in bodies if body is not None and name in body.get_content()]
    assert told == [maple.mia_email]
