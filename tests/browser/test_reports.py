"""Reports in a browser: no axe errors in either theme, and no wider than a phone."""

import re
from dataclasses import dataclass
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from lms.core.clock import now
from lms.models.accounts import SellerRole
from lms.models.organizations import Role
from lms.models.playback import PlaybackSession, WatchRecord
from lms.models.recordings import Recording
from lms.playback.progress_bitmap import merge
from tests.browser.conftest import Served, Visit
from tests.factories import (
    make_assignment,
    make_membership,
    make_organization,
    make_pool,
    make_pool_grant,
)
from tests.servers.axe import faults_in_both_themes

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

SLUG = "reported"
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class House:
    """Six people of an organization have watched different amounts; Mia manages it."""

    mia: int
    ada: int
    member: int
    organization: str
    person: str


@pytest.fixture(scope="session")  # the same scope as the site whose database it changes
def house(served: Served) -> House:
    with served.carrel.database.transaction() as session:
        webinar = served.add_webinar(session, SLUG, title="Shelves that anybody can reach")
        recording = session.query(Recording).where(Recording.webinar_id == webinar.id).one()
        organization = make_organization(session, name="Elm County Library")
        pool = make_pool(session, organization, webinar)
        grant = make_pool_grant(session, pool)
        mia, ada = (
            served.add_person(session, "Mia"),
            served.add_person(session, "Ada", seller_role=SellerRole.STAFF),
        )
        make_membership(session, organization, mia, role=Role.MANAGER)
        seconds, at = recording.seconds or 1.0, now() - HOUR
        for number in range(1, 7):
            login = served.add_person(session, f"Reader {number}")
            make_assignment(session, pool, login)
            seen = merge(((1 << number) - 1).to_bytes(1, "little"), b"", seconds=seconds)
            session.add(
                WatchRecord(
                    login_id=login.id,
                    recording_id=recording.id,
                    buckets=seen,
                    watched_s=round(min(5.0 * number, seconds)),
                    position_s=min(5.0 * number, seconds),
                    earned_until=at,
                    updated_at=at,
                )
            )
            session.add(
                PlaybackSession(
                    login_id=login.id,
                    recording_id=recording.id,
                    sign_in_id=None,
                    grant_id=grant.id,
                    opened_at=at,
                    expires_at=at + 24 * HOUR,
                    beat_at=at,
                    began_s=0,
                    reached_s=round(min(5.0 * number, seconds)),
                )
            )
        return House(mia.id, ada.id, login.id, organization.public_id, login.public_id)


PAGES = (
    ("mia", "/organization/{organization}/reports?span=3"),
    ("mia", "/organization/{organization}/reports/webinars/" + SLUG),
    ("mia", "/organization/{organization}/reports/people"),
    ("mia", "/organization/{organization}/reports/people/{person}"),
    ("mia", "/organization/{organization}/reports?from=2020-01-01&to=2020-01-02"),
    ("ada", "/staff/reports"),
    ("ada", "/staff/reports/viewing?span=all"),
    ("ada", "/staff/reports/webinars/" + SLUG),
    ("ada", "/staff/reports/organizations"),
    ("ada", "/staff/reports/people"),
    ("ada", "/staff/reports/people/{person}"),
    ("member", "/account/seen"),
)


@pytest.mark.parametrize("who", ["mia", "ada", "member"])
def test_report_pages_are_accessible_and_fit_a_phone(visit: Visit, house: House, who: str) -> None:
    login = {"mia": house.mia, "ada": house.ada, "member": house.member}[who]
    page = visit(login, viewport={"width": 390, "height": 844}, reduced_motion="reduce").page
    for path in [path for one, path in PAGES if one == who]:
        answer = page.goto(path.format(organization=house.organization, person=house.person))
        assert answer is not None
        assert answer.status == 200, path
        for one in page.locator("main details > summary").all():
            one.click()
        assert faults_in_both_themes(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path


def test_manager_chooses_custom_dates_and_opens_a_webinar(visit: Visit, house: House) -> None:
    mia = visit(house.mia)
    page = mia.page
    page.goto(f"/organization/{house.organization}/reports")
    page.get_by_role("link", name="Last 3 months").click()
    expect(page.get_by_role("link", name="Last 3 months")).to_have_attribute("aria-current", "true")
    day = (now() - timedelta(days=3)).date()
    first = day.replace(day=1).isoformat()  # a report covers whole months
    page.get_by_label("From", exact=True).fill(day.isoformat())
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_label("From", exact=True)).to_have_value(first)
    expect(page.get_by_role("heading", name=re.compile("^Views by"))).to_be_visible()
    page.get_by_role("link", name="Shelves that anybody can reach").click()
    expect(page.get_by_role("heading", name="Which parts people watch")).to_be_visible()
    expect(page.get_by_label("From", exact=True)).to_have_value(first)
    assert mia.faults == []
