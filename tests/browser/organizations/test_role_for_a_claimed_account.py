"""A role for an address claimed by a copied link: only its owner gets it (S13)."""

from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from lms.core.clock import now
from lms.core.email_addresses import read_address
from lms.core.model_base import new_public_id
from lms.grants.grants import Target, Term
from lms.mail.links import Links
from lms.models.accounts import SellerRole
from lms.models.grants import OfferKind, Scope
from lms.models.mail import Mail
from lms.models.organizations import Role
from lms.seats import pools
from lms.seats.invitations import Invitee, invite
from lms.seats.pools import NewPoolGrant
from tests.browser.conftest import Served, Visit
from tests.browser.invited_person import PASSWORD, claim_seat, create_account
from tests.browser.organizations.organization_desk import add_manager
from tests.browser.page_elements import is_done
from tests.browser.person import Person
from tests.browser.sent_mail import found_in_letter, letter_to
from tests.factories import make_membership, make_organization
from tests.servers.axe import axe_faults

pytestmark = pytest.mark.browser

NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class Scene:
    """Mia owns a library that invited Kim to a seat; Ada owns our team."""

    ada: int
    mia: int
    kim: str
    slug: str
    home: str
    library: str
    webinar: str


@pytest.fixture
def scene(served: Served) -> Scene:
    mark = new_public_id()[:8].lower()
    with served.carrel.database.transaction() as session:
        webinar = served.add_webinar(session, f"mending-{mark}", title=f"Mending {mark}")
        ada = served.add_person(session, "Ada", seller_role=SellerRole.OWNER)
        mia = served.add_person(session, "Mia")
        place = make_organization(session, f"cedar-{mark}", name=f"Cedar Library {mark}")
        make_membership(session, place, mia, role=Role.OWNER)
        target, kind = Target(Scope.WEBINAR, webinar.id), OfferKind.INSTITUTIONAL
        new = NewPoolGrant(place.id, target, None, Term(now()), kind)
        pool = pools.sell_seats(session, new, actor=None, now=now())
        kim = f"kim-{mark}@example.org"
        people = [Invitee(read_address(kim))]
        invite(session, pool.id, people, links=Links(served.url), actor=None, now=now())
        home = f"/organization/{place.public_id}"
        return Scene(ada.id, mia.id, kim, place.slug, home, place.name, webinar.slug)


def copy_link(mia: Page, scene: Scene) -> str:
    """Create a link to Kim's seat, to share other than by email."""
    mia.goto(f"{scene.home}/people")
    mia.get_by_role("link", name=scene.kim).first.click()
    mia.get_by_role("button", name="Create link to copy").click()
    return urlsplit(mia.locator("#claim-link").input_value()).path


def claim(other: Person, link: str, scene: Scene) -> None:
    """Claim the seat as the person with the link, who might not be Kim."""
    other.page.goto(link)
    create_account(other.page, "Kim Larkspur")
    claim_seat(other.page, scene.library)


def add_to_team(ada: Page, scene: Scene) -> None:
    ada.goto("/staff/team")
    ada.get_by_label("Email address").fill(scene.kim)
    ada.get_by_role("button", name="Add to the team").click()


def see_no_power(other: Person, scene: Scene) -> None:
    """Check that the person who claimed the account has only the seat, no role or invitation."""
    other.page.goto("/library")
    expect(other.page.get_by_role("link", name="Mending").first).to_be_visible()
    expect(other.page.get_by_role("button", name="Accept")).to_have_count(0)
    for path in (scene.home, "/staff"):
        assert other.page.request.get(path).status == NOT_FOUND


def prove(served: Served, kim: Page, scene: Scene) -> None:
    """Open the emailed invitation as the address's owner, and accept."""
    link = found_in_letter(served, scene.kim, rf"be a manager[\s\S]*?{served.url}(/\S+)")
    kim.goto(link)
    assert axe_faults(kim) == []
    kim.get_by_label("Your name").fill("Kim Okafor")
    kim.get_by_role("textbox", name="Password").fill(f"{PASSWORD} too")
    kim.get_by_role("button", name="Create account").click()
    kim.get_by_role("button", name="Accept").click()
    kim.goto("/organization")
    expect(kim.get_by_role("heading", name=scene.library)).to_be_visible()


def see_role(mia: Page, scene: Scene, words: str) -> None:
    """Check Kim's role as the library's owner."""
    mia.goto(f"{scene.home}/members")
    expect(mia.get_by_role("row").filter(has_text=scene.kim)).to_contain_text(words)


def told(served: Served, scene: Scene) -> list[str]:
    """Return the kinds of the emails to Kim's address, except those about the seat."""
    with served.carrel.database.read_session() as session:
        mine = select(Mail.kind).where(Mail.recipient == scene.kim, ~Mail.kind.startswith("seat_"))
        return list(session.scalars(mine.order_by(Mail.id)))


def test_only_the_owner_of_an_address_gets_the_roles_given_to_it(
    served: Served, visit: Visit, scene: Scene
) -> None:
    ada, mia, other, kim = visit(scene.ada), visit(scene.mia), visit(), visit()
    claim(other, copy_link(mia.page, scene), scene)
    add_to_team(ada.page, scene)
    expect(ada.page.get_by_text("an account that isn\u2019t confirmed yet")).to_be_visible()
    assert axe_faults(ada.page) == []
    add_manager(ada.page, scene.slug, scene.kim)
    is_done(ada.page, scene.kim)
    see_role(mia.page, scene, "Manager")
    expect(mia.page.get_by_role("button", name="Withdraw")).to_have_count(1)
    see_no_power(other, scene)

    prove(served, kim.page, scene)
    see_role(mia.page, scene, "Manager")
    expect(mia.page.get_by_role("button", name="Withdraw")).to_have_count(0)
    other.page.goto("/library")
    expect(other.page.get_by_role("textbox", name="Password")).to_be_visible()  # signed out

    add_to_team(ada.page, scene)
    is_done(ada.page, "Kim Okafor")
    letter_to(served, scene.kim, holding="added you to the")
    kim.page.goto("/staff")
    expect(kim.page.get_by_role("heading", name="To do")).to_be_visible()
    assert told(served, scene) == ["invitation", "member_invitation", "team_joined"]
    ada.faults.clear()  # the refused form was a 409
    assert [one for person in (ada, mia, other, kim) for one in person.faults] == []
