"""The pages for managing an LMS connection: accessible and fitting a phone, in both themes."""

import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from lms.core.clock import now
from lms.core.model_base import new_public_id
from lms.models.accounts import SellerRole
from lms.models.organizations import Organization, Role
from lti.http.platform_calls_and_outcomes import SILENT
from lti.launches.launch_log import Occurrence, write_launch
from lti.models.courses import Context, ResourceLink, RosterMember, Score, ScoreState
from lti.models.delivery_leases import Turn
from lti.models.identities import Identity
from lti.models.registrations_and_keys import Deployment, Registration
from lti.models.selftest_runs import Selftest
from lti.protocol.content_target import Target
from lti.protocol.refusals import LaunchRefused
from lti.registrations.deployments import approve_deployment
from lti.registrations.setup_guides import IN_CHOOSER
from lti.selftest.check_results import Group, Proof, as_stored
from tests.browser.conftest import Served, Visit
from tests.factories import make_membership, make_organization
from tests.lti.course_fixtures import make_course
from tests.lti.factories import make_registration, platform_details
from tests.servers.axe import faults_on_phone_and_desk

pytestmark = pytest.mark.browser

PROOFS = (
    Proof(
        Group.BAD_PAYLOADS, "No LTI version", "400", "400 claim_malformed", True, "as instructor"
    ),
    Proof(Group.CONNECTION, "Our address uses https", "https://", "http://x", False, "", "Do."),
)


@dataclass(frozen=True, slots=True)
class Connected:
    """Public IDs of an organization, its course, and LMS, and row IDs of a manager and staff."""

    organization: str
    course: str
    registration: str
    manager_id: int
    staff_id: int


def furnish(served: Served) -> Connected:
    """Add a course with a refused score, a roster on hold, launches, an outage, and a self-test."""
    moment = now()
    with served.carrel.database.transaction() as session:
        organization = make_organization(session, f"elm-{new_public_id()[:6]}", name="Elm County")
        mia, ada = (
            served.add_person(session, "Mia"),
            served.add_person(session, "Ada", seller_role=SellerRole.STAFF),
        )
        make_membership(session, organization, mia, role=Role.MANAGER)
        made = make_course(session, organization.id, Target(webinar="somewhere"))
        link = session.get_one(ResourceLink, made.link_id)
        link.scopes = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
        context = session.get_one(Context, made.context_id)
        context.memberships_url, context.held_back = "https://lms.example.edu/nrps", 1
        context.synced_at = moment - timedelta(hours=1)
        made.launch(session, sub="wren", name="Wren Reader")
        identity = session.scalars(
            select(Identity).where(Identity.organization_id == organization.id)
        ).one()
        session.add_all(
            (
                Score(
                    link_id=link.id,
                    identity_id=identity.id,
                    share=1.0,
                    given=1.0,
                    state=ScoreState.REFUSED,
                    failure="The column is gone.",
                    run_at=moment - timedelta(hours=1),
                    created_at=moment,
                ),
                RosterMember(
                    context_id=context.id, sub="wren", missed=2, created_at=moment, seen_at=moment
                ),
                Selftest(
                    asked_at=moment,
                    finished_at=moment,
                    passed=1,
                    failed=1,
                    proofs=as_stored(PROOFS),
                ),
            )
        )
        registration_id = session.get_one(Deployment, made.deployment_id).registration_id
        session.add(
            Turn(
                registration_id=registration_id,
                failures=2,
                failing_since=moment,
                failure=SILENT,
                asks_at=moment + timedelta(hours=1),
            )
        )
        refusal = LaunchRefused(401, "unknown_key", "No such key.")
        for each in (None, refusal):
            done = Occurrence(registration_id, made.deployment_id, "LtiResourceLinkRequest", each)
            write_launch(session, done, now=moment)
        found = session.get_one(Organization, organization.id)
        registration = session.get_one(Registration, registration_id)
        return Connected(found.public_id, context.public_id, registration.public_id, mia.id, ada.id)


def look(page: Page, path: str) -> list[str]:
    """Return a page's errors at each width and theme."""
    page.goto(path)
    page.evaluate(
        "document.querySelectorAll('main details').forEach((each) => { each.open = true })"
    )
    return [f"{path} {each}" for each in faults_on_phone_and_desk(page)]


def test_every_connection_page_is_accessible(served: Served, visit: Visit) -> None:
    made = furnish(served)
    here = f"/organization/{made.organization}/lti"
    course = f"{here}/courses/{made.course}"
    manager, staff = (
        visit(each, reduced_motion="reduce").page for each in (made.manager_id, made.staff_id)
    )
    faults = [
        fault
        for path in (
            here,
            f"{here}/courses",
            course,
            f"{course}/releases",
            f"{here}/launches",
            f"{here}/scores",
        )
        for fault in look(manager, path)
    ]
    for path in ("", f"/{made.registration}/settings", "/maps", "/log", "/scores", "/selftest"):
        faults += look(staff, f"/staff/lti{path}")
    assert faults == []


def test_moodle_step_explains_how_teachers_see_the_tool(served: Served, visit: Visit) -> None:
    with served.carrel.database.transaction() as session:
        elm = make_organization(session, f"elm-{new_public_id()[:6]}", name="Elm County")
        mia = served.add_person(session, "Mia")
        make_membership(session, elm, mia, role=Role.MANAGER)
        moodle = make_registration(
            session,
            client_id=elm.slug,
            organization=elm.slug,
            details=platform_details(product="moodle"),
        )
        approve_deployment(
            session, moodle.public_id, "1", organization=elm.slug, actor=None, now=now()
        )
        login_id, path = mia.id, f"/organization/{elm.public_id}/lti"
    page = visit(login_id).page
    page.goto(path)
    step = page.locator(".connection-steps [aria-current=step]")
    expect(step.get_by_text("Visible to instructors")).to_be_visible()
    expect(step).to_contain_text(IN_CHOOSER.replace("'", "\u2019"))
    step.get_by_role("link", name="Open the guide").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Moodle")
    expect(page.get_by_role("main")).to_contain_text(IN_CHOOSER.replace("'", "\u2019"))


@pytest.mark.timeout(600)
def test_staff_run_the_self_test_and_download_its_results(served: Served, visit: Visit) -> None:
    with served.carrel.database.transaction() as session:
        ada = served.add_person(session, "Ada", seller_role=SellerRole.STAFF)
    page = visit(ada.id).page
    page.goto("/staff/lti/selftest")
    page.get_by_role("button", name="Run self-test").click()
    done = page.get_by_text(re.compile(r"All \d+ checks passed"))
    expect(done).to_be_visible(timeout=200_000)  # the page updates automatically
    with page.expect_download() as taken:
        page.get_by_role("link", name="Download as text").click()
    assert re.search(r"(\d+) of \1 ok", Path(taken.value.path()).read_text())
