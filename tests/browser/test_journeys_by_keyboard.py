"""Sign-in, search, watching, certificates, seats, training, mailings, and orders by keyboard."""

import re
from dataclasses import dataclass
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from lms.certificates import staff_manual_issue_and_attendance
from lms.certificates.staff_manual_issue_and_attendance import ByHand
from lms.core.clock import now
from lms.core.model_base import new_public_id
from lms.core.password_hashing_and_rules import hash_password
from lms.grants.grants import Target, Term
from lms.mail.links import Links
from lms.models.accounts import SellerRole
from lms.models.grants import OfferKind, Scope
from lms.models.organizations import Role
from lms.search import webinar_search
from lms.seats import pools
from lms.seats.pools import NewPoolGrant
from lms.seller.settings import edit_seller
from tests.browser.conftest import Served, Visit
from tests.browser.keyboard import Keyboard
from tests.browser.sent_mail import letter_to, start_sending
from tests.factories import make_grant, make_membership, make_organization
from tests.seller.seller_settings import COMPLETE
from tests.training.conftest import ZONE

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

PASSWORD = "seven lamps on a long table"  # noqa: S105


@dataclass(frozen=True, slots=True)
class Scene:
    """Alice has access and a certificate, Mia manages a library with seats, and Ada is staff."""

    slug: str
    title: str
    alice: str
    mia: int
    ada: int
    organization: str
    library: str


@pytest.fixture
def scene(served: Served) -> Scene:
    mark = new_public_id()[:8].lower()
    slug, title, library = f"maps-{mark}", f"Maps {mark}", f"Oak Library {mark}"
    with served.carrel.database.transaction() as session:
        webinar = served.add_webinar(session, slug, title=title)
        webinar_search.keep(session, [webinar.id])
        alice, mia = served.add_person(session, "Alice"), served.add_person(session, "Mia")
        ada = served.add_person(session, "Ada", seller_role=SellerRole.STAFF)
        alice.password_hash = hash_password(PASSWORD)
        make_grant(session, alice, webinar)
        organization = make_organization(session, f"oak-{mark}", name=library)
        make_membership(session, organization, mia, role=Role.MANAGER)
        target = Target(Scope.WEBINAR, webinar.id)
        term = Term(now() - timedelta(days=1))
        new = NewPoolGrant(organization.id, target, 5, term, OfferKind.INSTITUTIONAL)
        pools.sell_seats(session, new, actor=None, now=now())
        edit_seller(session, COMPLETE, actor=None, now=now())  # needed to issue invoices
        staff_manual_issue_and_attendance.issue_by_hand(
            session,
            webinar.id,
            ByHand(alice.email or "", "She was in the room."),
            actor=ada.public_id,
            links=Links(served.url),
            now=now(),
        )
        return Scene(
            slug, title, alice.email or "", mia.id, ada.id, organization.public_id, library
        )


def test_viewer_signs_in_searches_watches_and_downloads_a_certificate(
    visit: Visit, scene: Scene
) -> None:
    alice = visit()
    keys = Keyboard(alice.page)
    keys.open("/")
    keys.follow("Sign in", "Sign in")
    keys.enter("Email", scene.alice)
    keys.enter("Password", PASSWORD)
    keys.press("Enter")
    expect(alice.page.get_by_role("link", name="My webinars").first).to_be_visible()
    keys.press("/")
    expect(alice.page.get_by_role("combobox", name="Search webinars")).to_be_focused()
    alice.page.keyboard.type(scene.title)
    keys.press("Enter")
    found = alice.page.get_by_role("main").get_by_role("link", name=scene.title, exact=True)
    expect(found).to_be_visible()
    keys.follow(scene.title, scene.title)
    keys.activate("Watch$")
    alice.page.wait_for_url("**/watch")
    alice.until("!!customElements.get('media-play-button')")
    keys.activate("[Pp]lay$")
    alice.until("document.querySelector('video')?.currentTime > 0.5")

    keys.open("/certificates")
    keys.tab_to(f"PDF ?: {scene.title}")
    with alice.page.expect_download() as downloaded:
        keys.press("Enter")
    assert downloaded.value.suggested_filename.endswith(".pdf")


def test_manager_assigns_a_seat_and_training(served: Served, visit: Visit, scene: Scene) -> None:
    mia = visit(scene.mia)
    kim = f"kim-{new_public_id()[:6]}@example.org"
    keys = Keyboard(mia.page)
    keys.open(f"/organization/{scene.organization}")
    keys.follow("Invite people", "Invite people")
    keys.activate("Invite$")
    keys.is_told_of_faults()
    keys.enter("Email addresses", kim)
    keys.activate("Invite 1 person$", "Space")
    expect(mia.page.get_by_text("1 person was invited").first).to_be_visible()
    letter_to(served, kim)

    keys.open(f"/organization/{scene.organization}")
    keys.follow("Training", "Training")
    keys.follow("Assign training", "Choose what to watch")
    keys.activate(f"Choose {scene.title}")
    expect(mia.page.get_by_label("Due date")).to_be_visible()
    keys.tab_to("Due date")
    due = (now().astimezone(ZONE) + timedelta(days=10)).date()
    mia.page.keyboard.type(f"{due:%m%d%Y}")
    keys.activate("Everyone", "Space")
    keys.activate("Assign training")
    expect(mia.page.get_by_text("assign it to 1 invited person")).to_be_visible()


def test_staff_send_a_mailing(served: Served, visit: Visit, scene: Scene) -> None:
    ada = visit(scene.ada)
    keys = Keyboard(ada.page)
    keys.open(f"/staff/webinars/{scene.slug}")
    keys.follow("Mailings", "Mailings")
    keys.follow("New mailing", "Write a mailing")
    keys.tab_to("Send to")
    ada.page.keyboard.type("People with access")
    keys.enter("Subject", f"News about {scene.title}")
    keys.enter("Text", "The slides have a new page.")
    keys.activate("#main form [type=submit]")
    expect(ada.page.get_by_role("heading", name="Recipients")).to_be_visible()
    keys.activate(r"Send to \d+ (person|people) now")  # other tests also give people access
    expect(ada.page.get_by_role("button", name="Cancel sending")).to_be_visible()
    start_sending(served, ada.page)
    letter_to(served, scene.alice, holding="The slides have a new page.")


def test_staff_place_an_order(visit: Visit, scene: Scene) -> None:
    ada = visit(scene.ada)
    keys = Keyboard(ada.page)
    keys.open("/staff")
    keys.follow("Orders", "Orders")
    keys.follow("New order", "New order")
    keys.activate("Place order")
    keys.is_told_of_faults()
    keys.tab_to("An organization")
    keys.enter("Organization", scene.library)
    keys.press("Escape")
    keys.enter("Contact name", "Rosa Delgado")
    keys.enter("Contact email", "rosa@example.org")
    keys.enter("Webinar", scene.title)
    keys.press("Escape")
    keys.enter("Seats", "3")
    keys.enter("#lines-0-price", "225.00")
    keys.activate("Place order")
    expect(ada.page.get_by_role("heading", name=re.compile(f"^{scene.library}"))).to_be_visible()
