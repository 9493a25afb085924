"""Installing the demo: once, through the domain's functions, with real rows and files."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from lms.access.decision_facts import load_case
from lms.access.policy import Action, Admitted, Turned, decide
from lms.accounts.accounts import find_by_email
from lms.branding import BrandingTexts, edit_branding, read_branding
from lms.core.model_base import Base
from lms.core.runtime import Carrel
from lms.demo.all_series import CAST, WEBINARS
from lms.demo.install import install_demo
from lms.demo.summary import DemoReport
from lms.models.accounts import Login, SellerRole
from lms.models.catalog import Presenter, Webinar, WebinarState
from lms.models.documents import Document
from lms.models.grants import Offer, Scope
from lms.models.handouts import Handout
from lms.models.jobs import Job
from lms.models.organizations import Membership, Organization, Role
from lms.models.recordings import Recording, RecordingState
from lms.models.requests import DeskRequest, RequestKind
from lms.models.seats import Pool
from lms.organizations.organizations import find_organization
from lms.organizations.supervised_groups import by_supervisor
from lms.payments.balance_check import differences
from lms.people.team import list_team
from lms.pricing.price_list import read_prices
from lms.recordings.recordings import ENCODE
from lms.seller.checklist import read_checklist
from lms.seller.settings import Method, offered_methods, read_seller
from tests.demo.conftest import NOW

pytestmark = pytest.mark.slow

RECORDED = {"first-ninety-seconds", "digitizing-folding-table", "getting-the-most"}


@pytest.fixture
def report(carrel: Carrel) -> DemoReport:
    """Return the report of the demo in this test's own library, which it can change."""
    return install_demo(carrel, now=NOW)


def everything(carrel: Carrel) -> dict[str, list[tuple]]:
    with carrel.database.read_session() as session:
        return {
            table.name: sorted(map(tuple, session.execute(select(table))), key=repr)
            for table in Base.metadata.sorted_tables
        }


def decided(carrel: Carrel, email: str, slug: str, action=Action.RECORDING):
    with carrel.database.read_session() as session:
        webinar_id = session.scalars(select(Webinar.id).where(Webinar.slug == slug)).one()
        login_id = find_by_email(session, email).id
        case = load_case(session, login_id=login_id, webinar_id=webinar_id)
    return decide(case.login, case.webinar, action, NOW)


def test_installing_twice_changes_nothing(carrel, report):
    first = everything(carrel)
    files = sorted(carrel.storage.list(""))
    again = install_demo(carrel, now=NOW + timedelta(days=3))
    assert everything(carrel) == first
    assert sorted(carrel.storage.list("")) == files
    assert (report.is_new, again.is_new) == (True, False)
    assert again.logins == report.logins


def test_every_webinar_has_its_state(demo):
    states = {webinar.slug: webinar.state for webinar in demo.report.webinars}
    assert len(states) == len(WEBINARS)
    assert states["numbers-trustees-remember"] is WebinarState.DRAFT
    assert states["curbside-for-good"] is WebinarState.WITHDRAWN
    assert list(states.values()).count(WebinarState.ANNOUNCED) == len(WEBINARS) - 2


def test_recordings_are_queued_for_the_worker(demo):
    waiting = {one.slug for one in demo.report.webinars if one.recording is RecordingState.WAITING}
    assert waiting == RECORDED
    assert not any(one.recording_ready for one in demo.report.webinars)
    with demo.carrel.database.read_session() as session:
        encodings = select(func.count()).select_from(Job).where(Job.kind == ENCODE)
        assert session.scalar(encodings) == len(RECORDED)


def test_playable_recording_is_reported_as_ready(carrel, report):
    with carrel.database.transaction() as session:
        recording = session.scalars(select(Recording).limit(1)).one()
        recording.run, recording.seconds = "0123456789abcdefghjkmnpqrs", 60.0
    again = install_demo(carrel, now=NOW)
    assert [one.recording_ready for one in again.webinars].count(True) == 1


def test_each_recording_has_its_slides_as_a_handout(demo):
    with demo.carrel.database.read_session() as session:
        handouts = session.execute(select(Handout.title, Handout.name, Handout.pages)).all()
    assert {(row.name, row.pages) for row in handouts} == {
        ("first-ninety-seconds-slides.pdf", 8),
        ("folding-table-slides.pdf", 7),
        ("getting-the-most-slides.pdf", 7),
    }
    assert "The First Ninety Seconds at the Desk" in {row.title for row in handouts}


def test_every_presenter_has_a_stored_picture(demo):
    with demo.carrel.database.read_session() as session:
        keys = session.scalars(select(Presenter.picture_key)).all()
    assert len(keys) == 4
    assert all(key and demo.carrel.storage.stat(key) for key in keys)


def test_branding_prices_and_organizations_are_installed(demo):
    with demo.carrel.database.read_session() as session:
        house = read_branding(session, contact="")
        prices = [price.said for price in read_prices(session)]
        slugs = set(session.scalars(select(Organization.slug)))
    assert (house.name, house.has_logo) == ("Quillmoor House", True)
    assert sorted(prices) == ["$299.00", "$499.00", "$499.00", "$65.00", "$75.00", "$99.00"]
    assert slugs == {"hollowmere", "tarnbrook", "port-selwick", "fennimore", "cedar-hollow"}


def test_seller_can_send_invoices(demo):
    with demo.carrel.database.read_session() as session:
        assert read_checklist(session).is_complete
        assert set(offered_methods(read_seller(session))) == set(Method)


def test_each_person_has_their_access_state(carrel, report):
    with carrel.database.transaction() as session:
        recording = session.scalars(
            select(Recording)
            .join(Webinar, Webinar.id == Recording.webinar_id)
            .where(Webinar.slug == "first-ninety-seconds")
        ).one()
        recording.run, recording.seconds = "0123456789abcdefghjkmnpqrs", 60.0
    codes = {
        one.email.partition("@")[0]: decided(carrel, one.email, "first-ninety-seconds").code
        for one in report.logins
    }
    assert codes == {
        "alice": "OK_PERMANENT",
        "bob": "OK_TERM",
        "carol": "PASS_EXPIRED",
        "dan": "NO_GRANT",
        # her library has available seats, which a manager can claim
        "mia": "SEAT_CLAIMABLE",
        **dict.fromkeys(("sam", "bea", "leo", "ada", "olive", "ben"), "NO_GRANT"),
    }


def test_alice_has_permanent_access_and_cannot_join_live_yet(demo):
    live = decided(demo.carrel, "alice@example.org", "story-time-restless-room", Action.LIVE)
    assert isinstance(live, Turned)
    assert live.code == "LIVE_NOT_OPEN"
    slides = decided(demo.carrel, "alice@example.org", "first-ninety-seconds", Action.HANDOUT)
    assert isinstance(slides, Admitted)
    assert slides.code == "OK_PERMANENT"


def test_every_role_of_an_organization_and_of_the_seller_is_filled(demo):
    with demo.carrel.database.read_session() as session:
        places = session.execute(
            select(Login.email, Membership.role)
            .join_from(Membership, Login, Login.id == Membership.login_id)
            .join(Organization, Organization.id == Membership.organization_id)
            .where(Login.email.like("%@example.org"), Organization.slug == "tarnbrook")
        ).all()
        team = [(one.email, one.role) for one in list_team(session)]
        tarnbrook = find_organization(session, "tarnbrook")
        (groups,) = by_supervisor(session, tarnbrook.id).values()
    assert set(map(tuple, places)) == {
        ("mia@example.org", Role.MANAGER),
        ("sam@example.org", Role.SUPERVISOR),
        ("bea@example.org", Role.BILLING),
        ("leo@example.org", Role.LMS_ADMIN),
    }
    assert [group.name for group in groups] == ["Front desk"]
    assert team == [
        ("olive@example.org", SellerRole.OWNER),
        ("ada@example.org", SellerRole.STAFF),
        ("ben@example.org", SellerRole.BOOKKEEPER),
    ]


def test_report_names_everyone_with_their_password(demo):
    assert {(one.email, one.password) for one in demo.report.logins} == {
        (person.email, person.password) for person in CAST
    }
    assert {one.role for one in demo.report.logins} == {
        "seat", "pass", "expired", "nothing", "manager", "supervisor", "billing", "lms_admin",
        "staff", "owner", "bookkeeper",
    }  # fmt: skip


def test_changed_password_is_not_reported(carrel, report):
    with carrel.database.transaction() as session:
        login = session.scalars(select(Login).where(Login.email == "dan@example.com")).one()
        login.password_hash = None
    again = install_demo(carrel, now=NOW)
    assert {one.email: one.password for one in again.logins}["dan@example.com"] is None


def test_library_with_its_own_branding_is_not_changed(carrel):
    words = BrandingTexts("Elm Press", "#1f6b4f", "hello@example.org", "Elm Press", "")
    with carrel.database.transaction() as session:
        edit_branding(session, words, actor=None, now=NOW)
    before = everything(carrel)
    report = install_demo(carrel, now=NOW)
    assert (report.house, report.logins, report.webinars) == ("Elm Press", (), ())
    assert everything(carrel) == before


def test_existing_webinar_with_a_demo_slug_is_not_changed(carrel):
    with carrel.database.transaction() as session:
        session.add(
            Webinar(
                slug="getting-the-most",
                title="Ours",
                held_at=NOW,
                zone="UTC",
                minutes=10,
                created_at=NOW,
                updated_at=NOW,
            )
        )
    report = install_demo(carrel, now=NOW)
    (ours,) = [one for one in report.webinars if one.slug == "getting-the-most"]
    assert (ours.title, ours.recording) == ("Ours", None)
    with carrel.database.read_session() as session:
        assert session.scalar(select(func.count()).select_from(Offer)) == 6


def test_seats_of_organizations_are_counted_and_one_contract_has_ended(demo):
    with demo.carrel.database.read_session() as session:
        rows = session.execute(
            select(Organization.slug, Pool.scope, Pool.capacity, Pool.used)
            .join(Pool, Pool.organization_id == Organization.id)
            .order_by(Pool.id)
        ).all()
    assert [tuple(row) for row in rows] == [
        ("port-selwick", Scope.PRESENTER, 0, 0),
        ("hollowmere", Scope.SERIES, 40, 27),
        ("tarnbrook", Scope.EVERYTHING, 12, 8),
        ("fennimore", Scope.SERIES, 8, 0),
        ("port-selwick", Scope.WEBINAR, None, 2),
        ("fennimore", Scope.WEBINAR, 4, 2),
        ("tarnbrook", Scope.WEBINAR, 4, 4),
        ("cedar-hollow", Scope.WEBINAR, 3, 0),
        ("cedar-hollow", Scope.WEBINAR, None, 0),
        ("tarnbrook", Scope.SERIES, 10, 0),
        ("port-selwick", Scope.SERIES, 15, 0),
    ]


@pytest.mark.parametrize(
    "now", [datetime(2027, 1, 5, 16, tzinfo=UTC), datetime(2027, 7, 2, 16, tzinfo=UTC)]
)
def test_demo_can_be_installed_on_any_day(carrel, now):
    install_demo(carrel, now=now)
    with carrel.database.read_session() as session:
        assert differences(session) == ()
        late = session.scalar(
            select(func.count()).select_from(Document).where(Document.issued_at > now)
        )
    assert late == 0


def test_two_requests_are_open(demo):
    with demo.carrel.database.read_session() as session:
        kinds = session.scalars(select(DeskRequest.kind).order_by(DeskRequest.id)).all()
    assert kinds == [RequestKind.GROUP, RequestKind.TROUBLE]
