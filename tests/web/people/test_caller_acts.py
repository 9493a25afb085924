"""Actions on the caller's page that the answer to "Why can't they watch?" suggests."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.contracts.mails import PASS_ENDED
from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.documents.payment_links import payment_links
from lms.models.accounts import Login
from lms.models.audit import AuditEntry
from lms.models.catalog import Webinar, WebinarState
from lms.models.grants import Grant
from lms.models.live import Registration
from lms.models.mail import Mail
from lms.models.organizations import Organization
from lms.models.recordings import Recording, RecordingState
from lms.models.seats import Assignment, AssignmentEnd, Pool
from lms.sales import cancellations
from lms.sales.read_models import OrderFacts
from lms.web.people.caller_acts import IN_PROCESS, NOT_PROCESSED, NOT_UPLOADED
from lms.web.people.staff_access_diagnosis import NOT_FOUND
from lms.web.people.staff_answer_texts import DRAFT, FROM_AN_LMS, MOVED
from tests.buying.buying_fixtures import open_for_business
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.factories import (
    make_assignment,
    make_grant,
    make_login,
    make_pool,
    make_pool_grant,
    make_waiting_entry,
)
from tests.mailbox import letters
from tests.page_texts import shows, start_of, told
from tests.requests.test_requests import OFFICE
from tests.sales.order_fixtures import GROUP, locked, placed
from tests.visitor import Visitor
from tests.web.people.test_staff_access_diagnosis import _ask

HERE = "/staff/people/why"


def asked(who: str) -> dict[str, str]:
    """Return the form fields that every action on the page posts."""
    return {"address": who, "webinar": "reading-rooms", "action": "recording"}


@pytest.fixture
def learner(database: Database, cast: Cast) -> str:
    """Return the public ID of an LMS learner who lost a seat; Elm County has others available."""
    with database.transaction() as session:
        elm = session.get_one(Organization, cast.organization_id)
        pool = make_pool(session, elm, session.get_one(Webinar, cast.webinar_id), capacity=2)
        make_pool_grant(session, pool)
        wren = Login(email=None, email_key=None, name="Wren Okafor", created_at=NOW)
        session.add(wren)
        session.flush()
        make_assignment(session, pool, wren, ended_as=AssignmentEnd.REMOVED)
        return wren.public_id


def test_learner_without_an_address_can_be_assigned_a_seat(
    staff: Visitor, database: Database, learner: str, clock: Clock
) -> None:
    page = _ask(staff, "Wren Okafor")
    assert shows(page, FROM_AN_LMS)
    with database.read_session() as session:
        pool = session.scalars(select(Pool.public_id)).one()
    url = f"{HERE}/pools/{pool}/seat"
    assert url in page
    answer = staff.post(url, data=asked(learner))
    assert answer.status_code == 303
    assert "OK_PERMANENT" in staff.get(answer.location).text
    with database.read_session() as session:
        active = select(Login.name).join(Assignment, Assignment.login_id == Login.id)
        assert session.scalars(active.where(Assignment.ended_at.is_(None))).all() == ["Wren Okafor"]
    assert letters(database, "wren@example.org") == []


def test_learners_with_the_same_name_show_their_creation_dates(
    staff: Visitor, database: Database, learner: str, clock: Clock
) -> None:
    with database.transaction() as session:
        later = NOW + timedelta(days=3)
        session.add(Login(email=None, email_key=None, name="Wren Okafor", created_at=later))
    page = _ask(staff, "wren okafor")
    assert "Mar 2, 2026" in page
    assert "Mar 5, 2026" in page


def test_person_with_an_address_cannot_be_seated_without_an_invitation(
    staff: Visitor, database: Database, cast: Cast, learner: str, clock: Clock
) -> None:
    with database.read_session() as session:
        pool = session.scalars(select(Pool.public_id)).one()
    for who in (cast.dan.email, "eve@nowhere.example"):
        answer = staff.post(f"{HERE}/pools/{pool}/seat", data=asked(who))
        assert answer.status_code == 404


def test_waitlist_entry_of_a_learner_without_an_address_is_shown(
    staff: Visitor, database: Database, learner: str
) -> None:
    with database.transaction() as session:
        wren = session.scalars(select(Login).where(Login.public_id == learner)).one()
        make_waiting_entry(session, session.scalars(select(Pool)).one(), wren)
    page = _ask(staff, "Wren Okafor")
    assert "Waitlist" in page
    assert "POOL_FULL_WAITLISTED" in page


def test_renewal_link_for_an_ended_pass_can_be_emailed_repeatedly(
    staff: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    open_for_business(database)
    with database.read_session() as session:
        held = select(Grant.public_id).join(Login, Login.id == Grant.login_id)
        grant = session.scalars(held.where(Login.id == cast.carol.id)).one()
    url = f"{HERE}/grants/{grant}/renewal"
    assert url in _ask(staff, cast.carol.email)
    for number in (1, 2):
        answer = staff.post(url, data=asked(cast.carol.email))
        assert told(staff.get(answer.location).text)
        mails = letters(database, cast.carol.email)
        assert len(mails) == number
        assert mails[-1].subject.startswith(start_of(PASS_ENDED))
        assert "/pay/" in mails[-1].text
    with database.read_session() as session:
        acts = select(AuditEntry.subject).where(AuditEntry.act == "grant.renewal_sent")
        assert session.scalars(acts).all() == [grant, grant]


def test_renewal_is_not_found_for_a_grant_that_is_not_a_pass(
    staff: Visitor, database: Database, cast: Cast
) -> None:
    with database.read_session() as session:
        held = select(Grant.public_id).join(Login, Login.id == Grant.login_id)
        single = session.scalars(held.where(Login.id == cast.alice.id)).one()
    for grant in (single, "0" * 26):
        answer = staff.post(f"{HERE}/grants/{grant}/renewal", data=asked(cast.alice.email))
        assert answer.status_code == 404
    assert "/renewal" not in _ask(staff, cast.alice.email)


@pytest.fixture
def unpaid(carrel: Carrel, database: Database, cast: Cast, clock: Clock) -> OrderFacts:
    """Return an unpaid order of Elm County that is on hold; dan has one of its seats."""
    facts = placed(database, GROUP)
    with database.transaction() as session:
        pool = session.scalars(select(Pool)).one()
        make_assignment(session, pool, session.get_one(Login, cast.dan.id))
    clock.advance(timedelta(days=1))
    with database.transaction() as session:
        cancellations.hold(
            session,
            locked(session, facts),
            pay=payment_links(carrel.settings),
            mail_context=OFFICE,
            actor=None,
            now=NOW + timedelta(days=1),
        )
    return facts


def test_access_on_hold_can_be_granted_from_the_page(
    staff: Visitor, cast: Cast, unpaid: OrderFacts, clock: Clock
) -> None:
    staff.sign_in(cast.ada.id)
    page = _ask(staff, cast.dan.email)
    assert "on hold" in page
    url = f"/staff/orders/{unpaid.public_id}/release"
    assert f'action="{url}"' in page
    back = f"{HERE}?address={cast.dan.email}"
    answer = staff.post(url, data={"next": back})
    assert (answer.status_code, answer.location) == (303, back)
    assert "OK_PERMANENT" in _ask(staff, cast.dan.email)


@pytest.fixture
def coming(database: Database, cast: Cast) -> int:
    """Move the webinar from last week to next week, without a recording; return its row ID."""
    with database.transaction() as session:
        webinar = session.get_one(Webinar, cast.webinar_id)
        webinar.moved_from, webinar.held_at = webinar.held_at, NOW + timedelta(days=7)
        session.delete(session.get_one(Recording, cast.recording_id))
        return webinar.id


def test_webinar_page_is_quoted_as_the_caller_sees_it(
    staff: Visitor, database: Database, cast: Cast, coming: int, clock: Clock
) -> None:
    page = _ask(staff, cast.alice.email)
    assert "join starting" in page.split('id="met-title"')[1]
    with database.transaction() as session:
        session.get_one(Webinar, coming).state = WebinarState.DRAFT
    page = _ask(staff, cast.alice.email)
    assert shows(page, DRAFT)
    assert shows(page.split('id="met-title"')[1], NOT_FOUND)
    assert "Next step" not in page
    staff.sign_in(cast.alice.id)
    assert staff.get("/webinars/reading-rooms").status_code == 404


def test_emails_to_a_caller_are_dated_with_the_year(
    staff: Visitor, database: Database, cast: Cast, coming: int, clock: Clock
) -> None:
    staff.post(f"{HERE}/webinars/reading-rooms/joining", data={"address": cast.alice.email})
    assert "Mar 2, 2026" in _ask(staff, cast.alice.email).split('id="emails-title"')[1]


def test_moved_webinar_shows_its_new_date_and_emails_how_to_join(
    staff: Visitor, database: Database, cast: Cast, coming: int, clock: Clock
) -> None:
    page = _ask(staff, cast.alice.email)
    assert shows(page, start_of(MOVED))
    assert "Not yet" in page
    assert "t watch</span>" not in page
    assert "March 9, 2026" in page
    url = f"{HERE}/webinars/reading-rooms/joining"
    assert url in page
    for number in (1, 2):
        answer = staff.post(url, data=asked(cast.alice.email))
        assert told(staff.get(answer.location).text)
        assert [one.kind for one in letters(database, cast.alice.email)] == [
            "live_registered"
        ] * number
    with database.read_session() as session:
        assert session.scalars(select(Registration.login_id)).all() == [cast.alice.id]


def test_only_a_person_with_access_is_emailed_how_to_join(
    staff: Visitor, database: Database, cast: Cast, coming: int, clock: Clock
) -> None:
    url = f"{HERE}/webinars/reading-rooms/joining"
    for who in (cast.dan.email, "eve@nowhere.example"):
        assert url not in _ask(staff, who)
        assert staff.post(url, data=asked(who)).status_code == 404
    clock.advance(timedelta(days=8))  # after the webinar
    staff.sign_in(cast.ada.id)
    assert url not in _ask(staff, cast.alice.email)
    assert staff.post(url, data=asked(cast.alice.email)).status_code == 404
    with database.read_session() as session:
        assert session.scalars(select(Mail.kind)).all() == []


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (None, NOT_UPLOADED),
        (RecordingState.WAITING, IN_PROCESS % {"percent": 0}),
        (RecordingState.FAILED, NOT_PROCESSED),
    ],
)
def test_page_says_why_a_recording_is_not_ready(
    staff: Visitor, database: Database, cast: Cast, state: RecordingState | None, words: str
) -> None:
    with database.transaction() as session:
        recording = session.get_one(Recording, cast.recording_id)
        recording.run, recording.ready_at = None, None
        if state is None:
            session.delete(recording)
        else:
            recording.state = state
        again = f"/staff/webinars/reading-rooms/recordings/{recording.public_id}/retry"
    page = _ask(staff, cast.alice.email)
    assert shows(page, words)
    assert "Not yet" in page
    assert (again in page) is (state is RecordingState.FAILED)
    if state is RecordingState.FAILED:
        back = f"{HERE}?address={cast.alice.email}"
        answer = staff.post(again, data={"next": back})
        assert (answer.status_code, answer.location) == (303, back)


def test_account_without_access_lists_accounts_with_the_same_name(
    staff: Visitor, database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        webinar = session.get_one(Webinar, cast.webinar_id)
        make_grant(session, make_login(session, "fay@work.example", name="Fay Moss"), webinar)
        make_login(session, "fay.home@mail.example", name="Fay Moss")
        make_login(session, "fay@other.example", name="Fay Okafor")
        make_login(session, "fay.mossley@mail.example", name="Fay Mossley")
    page = _ask(staff, "fay.home@mail.example")
    assert 'id="alike-title"' in page
    assert "fay@work.example" in page
    assert "fay@other.example" not in page
    assert "fay.mossley@mail.example" not in page
    assert 'id="alike-title"' not in _ask(staff, "fay@work.example")
