"""A staff list of 2,000 people, training for all, a leaver, and what each role sees and is sent."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from lms.access.policy import Code
from lms.core.clock import now
from lms.core.model_base import new_public_id
from lms.grants.grants import Target, Term
from lms.mail.links import Links, MailContext
from lms.models.accounts import Login
from lms.models.grants import OfferKind, Scope
from lms.models.mail import Mail
from lms.models.organizations import Organization, Role
from lms.models.training import GroupSupervisor, TrainingGroup
from lms.seats import claims, pools
from lms.seats.mails import RELEASED
from lms.seats.pools import NewPoolGrant
from lms.training.later_trainees import reach_later
from lms.training.listed_groups import admit_invited
from lms.training.reminders import remind_trainees, tell_supervisors
from tests.browser.conftest import Served, Visit
from tests.browser.page_elements import is_done, is_refused
from tests.browser.sales.arrived_mail import like
from tests.browser.sent_mail import letter_to
from tests.factories import make_login, make_membership, make_organization
from tests.seat_imports.workbooks import workbook
from tests.training.conftest import ZONE

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

HOUSE = "Alder Library"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PEOPLE = 2_000
ASSIGNED = "section[aria-labelledby=assigned]"  # in My webinars


@dataclass(frozen=True, slots=True)
class Scene:
    """Mia manages a library with unlimited seats; Kim and Rae have seats, Lena is only on the list.

    Sue will supervise the Reference department, of Kim and Rae.
    """

    mia: int
    organization: str
    pool_id: int
    title: str
    slug: str
    kim_id: int
    kim: str
    rae: str
    sue_id: int
    sue: str
    lena: str

    @property
    def home(self) -> str:
        return f"/organization/{self.organization}"

    def staff_list(self) -> bytes:
        rows = [
            ["Employee", "Work email", "Department"],
            ["Kim", self.kim, "Reference"],
            ["Rae", self.rae, "Reference"],
            ["Lena", self.lena, "Circulation"],
        ]
        rows += [
            [f"Person {number}", f"p{number}-{self.lena}", "Circulation"]
            for number in range(PEOPLE - 3)
        ]
        return workbook(rows)


@pytest.fixture
def scene(served: Served) -> Scene:
    mark = new_public_id()[:8].lower()
    title = f"Lending tools {mark}"
    with served.carrel.database.transaction() as session:
        webinar = served.add_webinar(session, f"lending-tools-{mark}", title=title)
        mia, kim, rae, sue = (
            served.add_person(session, name) for name in ("Mia", "Kim", "Rae", "Sue")
        )
        organization = make_organization(session, f"alder-{mark}", name=HOUSE)
        make_membership(session, organization, mia, role=Role.MANAGER)
        term = Term(now() - timedelta(days=1))
        new = NewPoolGrant(
            organization.id, Target(Scope.WEBINAR, webinar.id), None, term, OfferKind.INSTITUTIONAL
        )
        pool = pools.sell_seats(session, new, actor=None, now=now())
        for one in (kim, rae):
            claims.claim(session, pool.id, one.id, actor=None, now=now())
        return Scene(
            mia=mia.id,
            organization=organization.public_id,
            pool_id=pool.id,
            title=title,
            slug=webinar.slug,
            kim_id=kim.id,
            kim=kim.email or "",
            rae=rae.email or "",
            sue_id=sue.id,
            sue=sue.email or "",
            lena=f"lena-{mark}@example.org",
        )


def test_imported_departments_get_training_and_a_leaver_is_removed(
    served: Served, visit: Visit, scene: Scene
) -> None:
    mia, sue, kim = (visit(one) for one in (scene.mia, scene.sue_id, scene.kim_id))
    import_list(mia.page, scene)
    make_supervisor(served, scene)
    assign_to_everyone(mia.page, scene)
    training = mia.page.url
    see_assigned(served, scene, sue.page, kim.page, training)
    lena_joins(served, scene)
    mia.page.reload()
    see_people(mia.page, scene.lena, scene.kim, scene.rae)
    mia.page.goto(f"{scene.home}/training/groups")
    mia.page.get_by_role("link", name="Circulation").click()
    see_people(mia.page, scene.lena)

    days_pass(served, 10)
    letter_to(served, scene.kim, holding="s due today")
    remove_by_list(mia.page, scene)
    letter_to(served, scene.kim, holding=like(RELEASED), is_held_back=True)
    see_leaver_left_alone(served, scene)
    for page in (mia.page, sue.page):
        page.goto(training)
        see_people(page, scene.rae)
        expect(page.get_by_role("row").filter(has_text=scene.kim)).to_have_count(0)
    kim.page.goto("/library")
    expect(kim.page.locator(ASSIGNED)).to_have_count(0)
    kim.page.goto(f"/webinars/{scene.slug}")
    is_refused(kim.page, Code.SEAT_RELEASED, HOUSE)
    assert [one for person in (mia, sue, kim) for one in person.faults] == []


def see_assigned(served: Served, scene: Scene, sue: Page, kim: Page, training: str) -> None:
    """Check that both people of the department are notified, and who sees whom."""
    for address in (scene.kim, scene.rae):
        letter_to(served, address, holding=f"assigned you “{scene.title}.”")
    sue.goto(training)
    see_people(sue, scene.kim, scene.rae)
    expect(sue.get_by_role("row")).to_have_count(3)  # with the header row; no one else
    kim.goto("/library")
    kim.locator(ASSIGNED).get_by_role("link", name=scene.title).click()
    expect(kim.get_by_text("What to watch")).to_be_visible()


def see_leaver_left_alone(served: Served, scene: Scene) -> None:
    """Pass the due date: the remaining person and the supervisor are reminded, the leaver isn't."""
    told = kinds_to(served, scene.kim)
    days_pass(served, 11)
    letter_to(served, scene.rae, holding=r"was\s+due\s+on")
    letter_to(served, scene.sue, holding=rf"\b1 person\b[\s\S]*{HOUSE}")
    assert kinds_to(served, scene.kim) == told
    stayed = kinds_to(served, scene.rae)
    assert len(set(stayed)) == len(stayed), stayed


def import_list(page: Page, scene: Scene) -> None:
    page.goto(f"{scene.home}/import")
    page.locator("#list-file").set_input_files(
        {"name": "staff.xlsx", "mimeType": XLSX, "buffer": scene.staff_list()}
    )
    page.get_by_role("button", name="Check list").click()
    expect(page.get_by_text("Circulation (1,998), Reference (2)")).to_be_visible()
    page.get_by_role("button", name="Invite 1,998 people").click()
    expect(page.locator(".notice-done")).to_contain_text("1,998 people")


def make_supervisor(served: Served, scene: Scene) -> None:
    """Make Sue the supervisor of the department on the list."""
    with served.carrel.database.transaction() as session:
        organization = session.scalars(
            select(Organization).where(Organization.public_id == scene.organization)
        ).one()
        mine = TrainingGroup.organization_id == organization.id
        group = session.scalars(
            select(TrainingGroup.id).where(mine, TrainingGroup.name == "Reference")
        ).one()
        sue = session.get_one(Login, scene.sue_id)
        make_membership(session, organization, sue, role=Role.SUPERVISOR)
        session.add(GroupSupervisor(group_id=group, login_id=sue.id))


def see_people(page: Page, *addresses: str) -> None:
    """Check that these people are listed."""
    for address in addresses:
        expect(page.get_by_role("row").filter(has_text=address)).to_be_visible()


def kinds_to(served: Served, address: str) -> list[str]:
    """Return the kinds of the emails to an address, oldest first."""
    with served.carrel.database.read_session() as session:
        mine = select(Mail.kind).where(Mail.recipient_key == address)
        return list(session.scalars(mine.order_by(Mail.id)))


def assign_to_everyone(page: Page, scene: Scene) -> None:
    page.goto(f"{scene.home}/training")
    page.get_by_role("main").get_by_role("link", name="Assign training").first.click()
    page.get_by_role("main").get_by_label("Title").fill(scene.title)
    page.get_by_role("main").get_by_role("button", name="Show").click()
    page.get_by_role("link", name=f"Choose {scene.title}").click()
    due = (now().astimezone(ZONE) + timedelta(days=10)).date()
    page.get_by_label("Due date").fill(due.isoformat())
    page.get_by_label("Everyone").check()
    page.get_by_role("button", name="Assign training").click()
    expect(page.get_by_text("1,998 invited people")).to_be_visible()


def lena_joins(served: Served, scene: Scene) -> None:
    """Claim Lena's seat, and run the worker's five-minute round."""
    with served.carrel.database.transaction() as session:
        lena = make_login(session, scene.lena, name="Lena")
        claims.claim(session, scene.pool_id, lena.id, actor=None, now=now())
    with served.carrel.database.transaction() as session:
        admit_invited(session, now=now())
        reach_later(session, after=0, now=now())


def days_pass(served: Served, days: int) -> None:
    """Run the worker's morning round so many days from now."""
    context = MailContext(Links(served.url), ZONE)
    day = (now().astimezone(ZONE) + timedelta(days=days)).replace(hour=10)
    with served.carrel.database.transaction() as session:
        remind_trainees(session, mail_context=context, now=day)
        tell_supervisors(session, mail_context=context, now=day)
        mails = update(Mail).where(Mail.kind.startswith("training_"))
        session.execute(mails.values(run_at=now()))


def remove_by_list(page: Page, scene: Scene) -> None:
    page.goto(f"{scene.home}/people")
    page.get_by_role("link", name="Remove by list").click()
    page.get_by_label("Email addresses").fill(f"{scene.kim}\nnobody-{scene.lena}")
    page.get_by_role("button", name="Check list").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("1 person will lose access")
    expect(page.get_by_text(f"{scene.title} (not watched yet)")).to_be_visible()
    page.get_by_role("button", name="Release 1 seat").click()
    is_done(page, "1")
