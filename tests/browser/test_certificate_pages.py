"""The pages about certificates: nothing axe finds, nothing wider than a telephone, the keyboard suffices."""

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import expect

from lms.certificates import staff_manual_issue_and_attendance
from lms.certificates.staff_manual_issue_and_attendance import ByHand
from lms.core.clock import now
from lms.mail.links import Links
from lms.models.accounts import SellerRole
from tests.browser.conftest import Served, Visit
from tests.factories import make_grant
from tests.servers.axe import faults_in_both_themes

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

SLUG = "certified-pages"


@dataclass(frozen=True, slots=True)
class House:
    """Alice has a certificate that Ada of the staff issued; Bob holds the webinar, too; Olive owns the house."""

    alice: int
    bob_email: str
    ada: int
    olive: int
    number: str


@pytest.fixture(scope="session")  # as the house in which it writes
def house(served: Served) -> House:
    with served.carrel.database.transaction() as session:
        webinar = served.add_webinar(session, SLUG, title="Doors that open by themselves")
        alice, bob = (served.add_person(session, name) for name in ("Alice", "Bob"))
        ada = served.add_person(session, "Ada", seller_role=SellerRole.STAFF)
        olive = served.add_person(session, "Olive", seller_role=SellerRole.OWNER)
        for each in (alice, bob):
            make_grant(session, each, webinar)
        number = staff_manual_issue_and_attendance.issue_by_hand(
            session,
            webinar.id,
            ByHand(alice.email or "", "She was in the room."),
            actor=ada.public_id,
            links=Links(served.url),
            now=now(),
        )
        return House(alice.id, bob.email or "", ada.id, olive.id, number)


PAGES = (
    ("nobody", "/verify/{number}"),
    ("nobody", "/verify/0000000000000000000000000z"),
    ("alice", "/certificates"),
    ("alice", f"/webinars/{SLUG}/watch"),
    ("ada", f"/staff/webinars/{SLUG}/certificates"),
    ("ada", "/staff/certificates/{number}"),
    ("olive", "/staff/branding/certificate"),
)


@pytest.mark.parametrize("who", ["nobody", "alice", "ada", "olive"])
def test_axe_finds_nothing_and_nothing_is_wider_than_a_telephone(
    visit: Visit, house: House, who: str
) -> None:
    people = {"nobody": None, "alice": house.alice, "ada": house.ada, "olive": house.olive}
    look = {"viewport": {"width": 390, "height": 844}, "reduced_motion": "reduce"}
    page = visit(people[who], **look).page
    for path in [path for one, path in PAGES if one == who]:
        page.goto(path.format(number=house.number))
        assert faults_in_both_themes(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path


def test_staff_issue_one_by_the_keyboard_alone(visit: Visit, house: House) -> None:
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
