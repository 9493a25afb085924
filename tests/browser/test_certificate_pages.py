"""Certificate pages: an unknown number, and staff who issue a certificate by keyboard."""

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import expect

from lms.models.accounts import SellerRole
from tests.browser.conftest import Served, Visit
from tests.factories import make_grant
from tests.servers.axe import faults_on_phone_and_desk

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

SLUG = "certified-pages"


@dataclass(frozen=True, slots=True)
class House:
    """Bob has access to a webinar, and Ada is on our team."""

    bob_email: str
    ada: int


@pytest.fixture(scope="session")  # the same scope as the site whose database it changes
def house(served: Served) -> House:
    with served.carrel.database.transaction() as session:
        webinar = served.add_webinar(session, SLUG, title="Doors that open by themselves")
        bob = served.add_person(session, "Bob")
        ada = served.add_person(session, "Ada", seller_role=SellerRole.STAFF)
        make_grant(session, bob, webinar)
        return House(bob.email or "", ada.id)


def test_unknown_certificate_number_page_is_accessible(visit: Visit) -> None:
    page = visit(reduced_motion="reduce").page
    page.goto("/verify/0000000000000000000000000z")
    assert faults_on_phone_and_desk(page) == []


def test_staff_issue_a_certificate_by_keyboard(visit: Visit, house: House) -> None:
    page = visit(house.ada).page
    page.goto(f"/staff/webinars/{SLUG}/certificates")
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == "email":
            break
    page.keyboard.type(house.bob_email)
    page.keyboard.press("Tab")
    page.keyboard.type("He was in the room.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/staff/certificates/\w{26}$"))
    expect(page.get_by_text("He was in the room.")).to_be_visible()
