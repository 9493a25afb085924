"""A person's own seat at an organization: claiming it, releasing it, and asking about it."""

import re

import pytest
from sqlalchemy import select, update

from lms.access.explanations import STEP_LABELS, Step
from lms.access.policy import Code
from lms.models.accounts import Login
from lms.models.catalog import Webinar, WebinarState
from lms.models.grants import Grant
from lms.models.mail import Mail
from lms.models.organizations import Organization, Role
from lms.models.seats import Assignment, AssignmentEnd, AssignmentState, Pool
from tests.access.decision_situations import arrange
from tests.clock import NOW
from tests.factories import make_assignment, make_membership, make_pool, make_pool_grant
from tests.page_texts import is_empty, shows


@pytest.fixture(autouse=True)
def at_noon(clock):
    """Start every test at NOW."""


@pytest.fixture
def arranged(database, cast, client):
    """Return a function that arranges a decision for dan, signs him in, and returns the page."""

    def make(code):
        with database.transaction() as session:
            arrange(session, cast, code)
            pool = session.scalars(select(Pool.public_id)).one_or_none()
        client.sign_in(cast.dan.id)
        return f"/library/seats/{pool}"

    return make


def test_page_requires_sign_in_and_is_not_found_for_strangers(client, cast, arranged):
    assert client.get(f"/library/seats/{'0' * 26}").status_code == 303
    page = arranged(Code.INVITE_NOT_CLAIMED)
    client.sign_in(cast.alice.id)
    for path in (page, f"{page}/ask"):
        assert client.get(path).status_code == 404
    for path in ("claim", "give-back", "join", "leave"):
        assert client.post(f"{page}/{path}").status_code == 404


@pytest.mark.parametrize("code", [Code.INVITE_NOT_CLAIMED, Code.SEAT_CLAIMABLE])
def test_available_seat_is_claimed_with_one_click(client, cast, database, arranged, code):
    page = arranged(code)
    assert f'action="{page}/claim"' in client.get(page).text
    assert client.post(f"{page}/claim").headers["Location"] == f"/webinars/{cast.slug}"
    with database.read_session() as session:
        held = session.scalars(select(Assignment)).one()
    assert (held.login_id, held.state) == (cast.dan.id, AssignmentState.CLAIMED)
    assert "through Elm County Library" in client.get("/library").text
    assert f'action="{page}/give-back"' in client.get(page).text


@pytest.mark.parametrize("code", [Code.INVITE_NOT_CLAIMED, Code.SEAT_CLAIMABLE])
def test_canceled_webinar_allows_no_claim_or_waitlist(client, cast, database, arranged, code):
    page = arranged(code)
    with database.transaction() as session:
        session.get_one(Webinar, cast.webinar_id).state = WebinarState.CANCELED
    shown = client.get(page).text
    assert f'action="{page}/claim"' not in shown
    assert f'action="{page}/claim"' not in client.get("/library").text
    for path in ("claim", "join"):
        assert client.post(f"{page}/{path}").status_code == 409


def test_person_whose_seat_was_released_cannot_claim_again(client, arranged):
    page = arranged(Code.SEAT_RELEASED)
    assert f'action="{page}/claim"' not in client.get(page).text
    assert client.post(f"{page}/claim").status_code == 409


def test_released_own_seat_ends_the_assignment(client, cast, database, arranged):
    page = arranged(Code.SEAT_CLAIMABLE)
    assert client.post(f"{page}/give-back").status_code == 409
    client.post(f"{page}/claim")
    assert client.post(f"{page}/give-back").headers["Location"] == "/library"
    with database.read_session() as session:
        held = session.scalars(select(Assignment)).one()
    assert held.ended_as is AssignmentEnd.LEFT


def test_my_webinars_shows_the_waitlist_position(client, arranged):
    arranged(Code.POOL_FULL_WAITLISTED)
    page = client.get("/library").text
    assert re.search(r"number 1\b[^<]*Elm County Library", page)


def test_my_webinars_offers_a_reserved_seat(client, arranged):
    page = arranged(Code.INVITE_NOT_CLAIMED)
    library = client.get("/library").text
    assert "Elm County Library" in library.partition('id="kept"')[2]
    assert f'action="{page}/claim"' in library


def test_my_webinars_warns_during_the_grace_period(client, arranged):
    arranged(Code.OK_GRACE)
    library = client.get("/library").text
    assert "notice-attention" in library
    assert re.search(r"notice-attention.*Elm County Library", library, re.DOTALL)


def test_person_can_join_and_leave_the_waitlist_of_a_full_pool(client, cast, database, arranged):
    page = arranged(Code.SEAT_CLAIMABLE)
    with database.transaction() as session:
        session.execute(update(Pool).values(capacity=0))
        session.execute(update(Grant).where(Grant.pool_id.is_not(None)).values(seats=1))
    assert shows(client.get(f"/webinars/{cast.slug}").text, STEP_LABELS[Step.JOIN])
    client.post(f"{page}/join")
    assert f'action="{page}/leave"' in client.get(page).text
    client.post(f"{page}/leave")
    assert f'action="{page}/join"' in client.get(page).text


def test_waitlist_cannot_be_joined_while_a_seat_is_available(client, arranged):
    assert client.post(f"{arranged(Code.SEAT_CLAIMABLE)}/join").status_code == 409


def test_question_is_emailed_to_the_manager_of_the_seats(client, cast, database, arranged):
    page = arranged(Code.SEAT_RELEASED)
    assert "Ask Mia" in client.get(f"/webinars/{cast.slug}").text
    form = client.get(f"{page}/ask", query_string={"webinar": cast.slug}).text
    assert "Reading rooms" in form
    sent = client.post(f"{page}/ask", data={"message": "May I?", "webinar": cast.slug})
    assert sent.status_code == 303
    with database.read_session() as session:
        letter = session.scalars(select(Mail)).one()
    assert letter.recipient == cast.mia.email
    assert cast.dan.email in letter.text
    assert "May I?" in letter.text


def test_manager_asks_another_manager_and_not_themselves(client, cast, database, arranged):
    page = arranged(Code.SEAT_RELEASED)
    with database.transaction() as session:
        session.execute(update(Assignment).values(login_id=cast.mia.id))
        session.execute(update(Pool).values(capacity=Pool.used))
    client.sign_in(cast.mia.id)
    assert f'href="{page}/ask"' not in client.get(page).text
    with database.transaction() as session:
        elm = session.get_one(Organization, cast.organization_id)
        alice = session.get_one(Login, cast.alice.id)
        make_membership(session, elm, alice, role=Role.OWNER)
    for path in (f"/webinars/{cast.slug}", page, f"{page}/ask"):
        assert "Ask Alice" in client.get(path).text
    client.post(f"{page}/ask", data={"message": "May I?"})
    with database.read_session() as session:
        assert session.scalars(select(Mail.recipient)).all() == [cast.alice.email]


def test_empty_question_is_not_sent(client, arranged):
    page = arranged(Code.SEAT_RELEASED)
    assert client.post(f"{page}/ask", data={"message": " "}).status_code == 400


def test_question_is_refused_when_no_one_manages_the_seats(client, cast, database):
    with database.transaction() as session:
        other = Organization(slug="oak", name="Oak", created_at=NOW)
        session.add(other)
        session.flush()
        pool = make_pool(session, other)
        make_pool_grant(session, pool)
        make_assignment(session, pool, session.get_one(Login, cast.dan.id))
        page = f"/library/seats/{pool.public_id}/ask"
    client.sign_in(cast.dan.id)
    assert is_empty(client.get(page).text)
    assert client.post(page, data={"message": "May I?"}).status_code == 409
