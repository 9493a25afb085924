"""An assigned webinar is canceled and reinstated: what each role sees, and who is reminded."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from lms.core.clock import now
from lms.core.email_addresses import read_address
from lms.core.model_base import new_public_id
from lms.grants.grants import Target, Term
from lms.mail.links import Links, MailContext
from lms.models.accounts import SellerRole
from lms.models.grants import OfferKind, Scope
from lms.models.mail import Mail
from lms.models.organizations import Role
from lms.organizations.organizations import find_organization
from lms.seats import claims, pools
from lms.seats.invitations import Invitee, invite
from lms.seats.pools import NewPoolGrant
from lms.training import assignments, groups
from lms.training.assignments import NewTraining
from lms.training.reminders import remind_trainees
from tests.browser.conftest import Served, Visit
from tests.browser.webinar_desk import cancel_webinar, restore_webinar
from tests.factories import make_membership, make_organization, make_webinar
from tests.seats.pool_fixtures import LINKS
from tests.servers.axe import axe_faults
from tests.training.conftest import ZONE

pytestmark = pytest.mark.browser


@dataclass(frozen=True, slots=True)
class Scene:
    """Mia manages a library, Kim has a seat, and Zoe is invited to one; Ada is on our team."""

    mia: int
    kim: int
    kims_address: str
    ada: int
    zoe: str
    home: str
    slug: str
    title: str


@pytest.fixture
def scene(served: Served) -> Scene:
    mark = new_public_id()[:8].lower()
    with served.carrel.database.transaction() as session:
        webinar = make_webinar(session, f"lending-{mark}")
        webinar.title = f"Lending seeds {mark}"
        webinar.held_at = now() + timedelta(days=5)
        mia, kim = (served.add_person(session, name) for name in ("Mia", "Kim"))
        ada = served.add_person(session, "Ada", seller_role=SellerRole.STAFF)
        place = make_organization(session, f"birch-{mark}", name="Birch Library")
        make_membership(session, place, mia, role=Role.MANAGER)
        new = NewPoolGrant(
            place.id,
            Target(Scope.WEBINAR, webinar.id),
            None,
            Term(now() - timedelta(days=1)),
            OfferKind.INSTITUTIONAL,
        )
        pool = pools.sell_seats(session, new, actor=None, now=now())
        claims.claim(session, pool.id, kim.id, actor=None, now=now())
        zoe = f"zoe-{mark}@example.org"
        people = [Invitee(read_address(zoe))]
        invite(session, pool.id, people, links=LINKS, actor=None, now=now())
        return Scene(
            mia=mia.id,
            kim=kim.id,
            kims_address=kim.email or "",
            ada=ada.id,
            zoe=zoe,
            home=f"/organization/{place.public_id}/training",
            slug=webinar.slug,
            title=webinar.title,
        )


def test_training_pauses_while_its_webinar_is_canceled(
    served: Served, visit: Visit, scene: Scene
) -> None:
    mia, kim, ada = (visit(one) for one in (scene.mia, scene.kim, scene.ada))
    training = assign(served, scene, make_group(mia.page, scene))
    kim.page.goto("/library")
    expect(kim.page.get_by_text("Assigned by Birch Library. Due")).to_be_visible()

    cancel_webinar(ada.page, scene.slug, "The speaker is ill.")
    kim.page.reload()
    expect(kim.page.get_by_text("so there\u2019s nothing to watch.")).to_be_visible()
    kim.page.locator("section[aria-labelledby=assigned]").get_by_role("link").first.click()
    expect(kim.page.get_by_text("so there\u2019s nothing to watch.")).to_be_visible()
    mia.page.goto(f"{scene.home}/{training}")
    expect(mia.page.get_by_text("so no one can complete it.")).to_be_visible()
    assert (axe_faults(kim.page), axe_faults(mia.page)) == ([], [])
    assert reminders(served, scene) == []

    restore_webinar(ada.page, scene.slug, scene.title)
    kim.page.goto("/library")
    expect(kim.page.get_by_text("Assigned by Birch Library. Due")).to_be_visible()
    mia.page.reload()
    expect(mia.page.get_by_text("so no one can complete it.")).to_have_count(0)
    assert reminders(served, scene) == ["training_due"]
    assert [one for person in (mia, kim, ada) for one in person.faults] == []


def make_group(page: Page, scene: Scene) -> str:
    """Create a group with Kim, and Zoe once she accepts; returns its public ID."""
    page.goto(f"{scene.home}/groups")
    page.get_by_label("Name", exact=True).fill("Desk")
    page.get_by_label("Email addresses").fill(f"{scene.kims_address}, {scene.zoe}")
    page.get_by_role("button", name="Create group").click()
    expect(page.get_by_role("heading", name="Invited")).to_be_visible()
    expect(page.get_by_text(scene.zoe).first).to_be_visible()
    assert axe_faults(page) == []
    return page.url.rsplit("/", 1)[1]


def assign(served: Served, scene: Scene, group: str) -> str:
    """Assign the webinar to the group, due in ten days; returns the training's public ID."""
    day = (now().astimezone(ZONE) + timedelta(days=10)).date()
    slug = f"birch-{scene.slug.removeprefix('lending-')}"
    with served.carrel.database.transaction() as session:
        place = find_organization(session, slug)
        shown = groups.read_group(session, place.id, group, offset=0)
        assert (len(shown.items), shown.invited) == (1, (scene.zoe,))
        new = NewTraining(f"webinar:{scene.slug}", day, groups=(group,))
        made = assignments.assign(session, place, new, zone=ZONE, actor=None, now=now())
    return made.public_id


def reminders(served: Served, scene: Scene) -> list[str]:
    """Run the worker's rounds three days before the due date; returns Kim's reminders so far."""
    context = MailContext(Links(served.url), ZONE)
    day = (now().astimezone(ZONE) + timedelta(days=7)).replace(hour=10)
    with served.carrel.database.transaction() as session:
        remind_trainees(session, mail_context=context, now=day)
    with served.carrel.database.read_session() as session:
        mine = (
            Mail.recipient == scene.kims_address,
            Mail.kind.in_(("training_due", "training_overdue")),
        )
        return list(session.scalars(select(Mail.kind).where(*mine).order_by(Mail.id)))
