"""From an imported staff list to seats that people watch with and lose, in browsers."""

import re
from dataclasses import dataclass
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from lms.access.policy import Code
from lms.core.clock import now
from lms.core.model_base import new_public_id
from lms.grants.grants import Target, Term
from lms.models.accounts import Login
from lms.models.catalog import Webinar
from lms.models.grants import OfferKind, Scope
from lms.models.organizations import Organization, Role
from lms.seats import claims, pools
from lms.seats.mails import RELEASED
from lms.seats.pools import NewPoolGrant
from tests.browser.conftest import Served, Visit
from tests.browser.invited_person import claim_seat, create_account
from tests.browser.page_elements import code_button, is_done, stopped_by
from tests.browser.person import Person
from tests.browser.sales.arrived_mail import like
from tests.browser.sent_mail import found_in_letter, letter_to
from tests.factories import make_membership, make_organization

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

HOUSE = "Larkspur Library"
TITLE = "Getting the most from a recording"
STOPS_WITHIN_MS = 60_000
PLAYING = "document.querySelector('video').currentTime > {}"
EVERY_LINE = "rows => rows.map(row => [...row.cells].map(cell => cell.innerText.trim()))"


@dataclass(frozen=True, slots=True)
class Scene:
    """Mia manages a library with three seats; Sam has one, and Lena and Kim are on her list.

    Lena has no account; Kim, whose row comes second, has one.
    """

    mia: int
    organization: str
    slug: str
    sam: str
    lena: str
    kim: str

    @property
    def watch_path(self) -> str:
        return f"/webinars/{self.slug}/watch"

    @property
    def lena_again(self) -> str:
        """Lena's email address with different capitalization."""
        return self.lena.replace("lena", "LENA")

    @property
    def people_path(self) -> str:
        return f"/organization/{self.organization}/people"

    def staff_list(self) -> str:
        """A list with a row of each kind, with headings and an empty row."""
        return (
            "Name,E-mail\n"
            f"Sam Reed,{self.sam}\n"
            f'"Vex, Lena",{self.lena}\n'
            "\n"
            f"Kim Larkspur,{self.kim}\n"
            "Nobody Known,nobody at example\n"
            f"Lena Vex,{self.lena_again}\n"
            "Too Late,too-late@example.org\n"
        )


@pytest.fixture
def scene(served: Served) -> Scene:
    mark = new_public_id()[:8]
    with served.carrel.database.transaction() as session:
        webinar = served.add_webinar(session, f"staff-list-{mark}", title=TITLE)
        mia, sam, kim = (served.add_person(session, name) for name in ("Mia", "Sam", "Kim"))
        organization = make_organization(session, f"larkspur-{mark}", name=HOUSE)
        make_membership(session, organization, mia, role=Role.MANAGER)
        _sell_three_seats(session, organization, webinar, sam)
        return Scene(
            mia=mia.id,
            organization=organization.public_id,
            slug=webinar.slug,
            sam=sam.email or "",
            lena=f"lena-{mark}@example.org".lower(),
            kim=kim.email or "",
        )


def _sell_three_seats(
    session: Session, organization: Organization, webinar: Webinar, first: Login
) -> None:
    term = Term(now() - timedelta(days=1))
    target = Target(Scope.WEBINAR, webinar.id)
    new = NewPoolGrant(organization.id, target, 3, term, OfferKind.GROUP_SEATS)
    pool = pools.sell_seats(session, new, actor=None, now=now())
    claims.claim(session, pool.id, first.id, actor=None, now=now())


def test_imported_person_watches_until_the_seat_is_released(
    served: Served, visit: Visit, scene: Scene
) -> None:
    mia = visit(scene.mia)
    import_list(mia.page, scene)
    rows = mia.page.get_by_role("table", name="Result for each row").locator("tbody tr")
    assert [(line, who, answer) for who, line, _, answer, _ in rows.evaluate_all(EVERY_LINE)] == [
        ("2", scene.sam, "Already included"),
        ("3", scene.lena, "Gets a seat"),
        ("5", scene.kim, "Gets a seat"),
        ("6", "nobody at example", "Can\u2019t be read"),
        ("7", scene.lena_again, "Duplicate"),
        ("8", "too-late@example.org", "No seats left"),
    ]
    apply_those_who_fit(mia.page)

    lena = visit()
    claim_as_a_newcomer(served, lena.page, scene)
    watch(lena)

    release(mia.page, scene, "Lena Vex")
    expect(stopped_by(lena.page, Code.SEAT_RELEASED)).to_contain_text(
        HOUSE, timeout=STOPS_WITHIN_MS
    )
    expect(lena.page.get_by_role("link", name="Ask Mia")).to_be_visible()
    assert lena.page.evaluate("document.querySelector('video').readyState") == 0
    letter_to(served, scene.lena, holding=like(RELEASED), is_held_back=True)
    assert mia.faults == []


def test_undone_release_lets_the_person_keep_watching(
    served: Served, visit: Visit, scene: Scene
) -> None:
    mia = visit(scene.mia)
    import_list(mia.page, scene)
    apply_those_who_fit(mia.page)
    kim = visit()
    sign_in_by_the_code(served, kim.page, scene)
    claim_with_one_click(kim.page)
    watch(kim)

    # any request by Kim's player before the undo would be refused and end the session
    kim.until("document.querySelector('video').buffered.end(0) > 30")
    kim.context.set_offline(True)
    release(mia.page, scene, "Kim")
    mia.undo()
    expect(mia.page.get_by_label(re.compile("^Select Kim"))).to_be_visible()
    is_done(mia.page, "1")

    kim.context.set_offline(False)
    kim.page.evaluate("document.querySelector('video').currentTime = 40")
    kim.until(PLAYING.format(43))
    expect(kim.page.locator("[data-message]")).to_be_hidden()


def import_list(page: Page, scene: Scene) -> None:
    """Upload the list on the page that a manager finds it on."""
    page.goto(f"/organization/{scene.organization}")
    page.get_by_role("link", name="Import a list").first.click()
    page.locator("#list-file").set_input_files(
        {"name": "staff.csv", "mimeType": "text/csv", "buffer": scene.staff_list().encode()}
    )
    page.get_by_role("button", name="Check list").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("staff.csv")
    expect(page.get_by_role("heading", name="2 people will get a seat")).to_be_visible()


def apply_those_who_fit(page: Page) -> None:
    page.get_by_role("button", name="Invite 2 people").click()
    expect(page.locator(".notice-done")).to_contain_text("2 people")
    expect(page.get_by_text("Not everyone on the list has a seat")).to_be_visible()


def open_invitation(served: Served, page: Page, address: str) -> None:
    page.goto(found_in_letter(served, address, rf"{served.url}(/claim/\S+)"))
    expect(page.get_by_test_id("claim-open").get_by_role("heading")).to_contain_text(HOUSE)


def claim_as_a_newcomer(served: Served, page: Page, scene: Scene) -> None:
    """Claim the seat and create an account in one form."""
    open_invitation(served, page, scene.lena)
    expect(page.get_by_label("Your name")).to_have_value("Vex, Lena")
    create_account(page, "Lena Vex")
    claim_with_one_click(page)


def sign_in_by_the_code(served: Served, page: Page, scene: Scene) -> None:
    """Open the claim page as a person with an account, sign in, and return."""
    open_invitation(served, page, scene.kim)
    page.get_by_role("main").get_by_role("link", name="Sign in").click()
    page.get_by_label("Email address").fill(scene.kim)
    code_button(page).click()
    page.get_by_label("Code").fill(found_in_letter(served, scene.kim, r"(\d{4} \d{4})"))
    page.get_by_role("button", name="Sign in", exact=True).click()


def claim_with_one_click(page: Page) -> None:
    claim_seat(page, HOUSE)
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLE)


def watch(person: Person) -> None:
    """Go from the webinar's page to the player, and play."""
    person.page.get_by_role("link", name=re.compile("^Watch")).first.click()
    person.page.locator("media-controller .player-bar media-play-button").click()
    person.until(PLAYING.format(3))


def release(page: Page, scene: Scene, name: str) -> None:
    page.goto(scene.people_path)
    page.get_by_label(re.compile(f"^Select {name}")).check()
    page.get_by_role("button", name="Release", exact=True).click()
    page.get_by_role("button", name="Release 1 seat").click()
    is_done(page, "1")
