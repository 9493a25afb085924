"""A staff list of 2,000 people with departments, training for everyone, its emails, and a leaver."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from lms.core.clock import now
from lms.core.model_base import new_public_id
from lms.grants.grants import Target, Term
from lms.mail.links import Links, MailContext
from lms.models.grants import OfferKind, Scope
from lms.models.mail import Mail
from lms.models.organizations import Role
from lms.seats import claims, pools
from lms.seats.pools import NewPoolGrant
from lms.training.later_trainees import reach_later
from lms.training.listed_groups import admit_invited
from lms.training.reminders import remind_trainees
from tests.browser.conftest import Served, Visit
from tests.browser.sent_mail import letter_to
from tests.factories import make_login, make_membership, make_organization
from tests.seat_imports.workbooks import workbook
from tests.training.conftest import ZONE

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

HOUSE = "Alder Library"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PEOPLE = 2_000


@dataclass(frozen=True, slots=True)
class Scene:
    """Mia manages a library with seats without limit; Kim has one, and Lena is only on the list."""

    mia: int
    organization: str
    pool_id: int
    title: str
    kim: str
    lena: str

    @property
    def home(self) -> str:
        return f"/organization/{self.organization}"

    def staff_list(self) -> bytes:
        rows = [
            ["Employee", "Work email", "Department"],
            ["Kim", self.kim, "Reference"],
            ["Lena", self.lena, "Circulation"],
        ]
        rows += [
            [f"Person {number}", f"p{number}-{self.lena}", "Circulation"]
            for number in range(PEOPLE - 2)
        ]
        return workbook(rows)


@pytest.fixture
def scene(served: Served) -> Scene:
    mark = new_public_id()[:8].lower()
    title = f"Lending tools {mark}"
    with served.carrel.database.transaction() as session:
        webinar = served.add_webinar(session, f"lending-tools-{mark}", title=title)
        mia, kim = served.add_person(session, "Mia"), served.add_person(session, "Kim")
        organization = make_organization(session, f"alder-{mark}", name=HOUSE)
        make_membership(session, organization, mia, role=Role.MANAGER)
        term = Term(now() - timedelta(days=1))
        new = NewPoolGrant(
            organization.id, Target(Scope.WEBINAR, webinar.id), None, term, OfferKind.INSTITUTIONAL
        )
        pool = pools.sell_seats(session, new, actor=None, now=now())
        claims.claim(session, pool.id, kim.id, actor=None, now=now())
        kims, lenas = kim.email or "", f"lena-{mark}@example.org"
        return Scene(mia.id, organization.public_id, pool.id, title, kims, lenas)


def test_a_list_with_departments_gets_training_and_a_leaver_is_removed(
    served: Served, visit: Visit, scene: Scene
) -> None:
    mia = visit(scene.mia)
    import_list(mia.page, scene)
    assign_to_everyone(mia.page, scene)
    letter_to(served, scene.kim, holding=f"assigned you “{scene.title}.”")

    lena_joins(served, scene)
    mia.page.reload()
    expect(mia.page.get_by_role("row").filter(has_text=scene.lena)).to_be_visible()
    mia.page.goto(f"{scene.home}/training/groups")
    mia.page.get_by_role("link", name="Circulation").click()
    expect(mia.page.get_by_role("row").filter(has_text=scene.lena)).to_be_visible()

    the_day_comes(served)
    letter_to(served, scene.kim, holding="s due today")
    remove_by_list(mia.page, scene)
    assert mia.faults == []


def import_list(page: Page, scene: Scene) -> None:
    page.goto(f"{scene.home}/import")
    page.get_by_label("CSV or Excel file").set_input_files(
        {"name": "staff.xlsx", "mimeType": XLSX, "buffer": scene.staff_list()}
    )
    page.get_by_role("button", name="Check list").click()
    expect(page.get_by_text("Circulation (1,999), Reference (1)")).to_be_visible()
    page.get_by_role("button", name="Invite 1,999 people").click()
    expect(page.get_by_text("1,999 people were invited")).to_be_visible()


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
    expect(page.get_by_text("1,999 invited people get it")).to_be_visible()


def lena_joins(served: Served, scene: Scene) -> None:
    """Let Lena claim her seat, and do what the worker does every five minutes."""
    with served.carrel.database.transaction() as session:
        lena = make_login(session, scene.lena, name="Lena")
        claims.claim(session, scene.pool_id, lena.id, actor=None, now=now())
    with served.carrel.database.transaction() as session:
        admit_invited(session, now=now())
        reach_later(session, after=0, now=now())


def the_day_comes(served: Served) -> None:
    """Do what the worker will do on the due date."""
    context = MailContext(Links(served.url), ZONE)
    day = (now().astimezone(ZONE) + timedelta(days=10)).replace(hour=10)
    with served.carrel.database.transaction() as session:
        remind_trainees(session, mail_context=context, now=day)
        session.execute(update(Mail).where(Mail.kind == "training_due").values(run_at=now()))


def remove_by_list(page: Page, scene: Scene) -> None:
    page.goto(f"{scene.home}/people")
    page.get_by_role("link", name="Remove by list").click()
    page.get_by_label("Email addresses").fill(f"{scene.kim}\nnobody-{scene.lena}")
    page.get_by_role("button", name="Check list").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("1 person will lose access")
    expect(page.get_by_text(f"{scene.title} (not watched yet)")).to_be_visible()
    page.get_by_role("button", name="Release 1 seat").click()
    expect(page.locator("[data-toasts]")).to_contain_text("1 seat was released.")
