"""The waitlist from a frame: joined when every seat is taken, and a released seat plays."""

import pytest
from sqlalchemy import delete, select

from lms.mail.links import Links
from lms.models.accounts import Login
from lms.models.organizations import Membership, Organization, Role
from lms.models.seats import AssignmentEnd, Seat, WaitingEntry
from lms.seats.claims import release
from lti.web.core.refusal_texts import ASK_MANAGER
from tests.clock import NOW
from tests.factories import make_membership
from tests.lti.course_fixtures import ANONYMOUS, INSTRUCTOR
from tests.lti.web.player.test_watch_page import _launch, _play, _revoke
from tests.lti.web.player.test_watch_page import at_noon as at_noon
from tests.lti.web.player.test_watch_page import course as course
from tests.lti.web.player.test_watch_page import pool as pool
from tests.mailbox import letters, link_in
from tests.page_texts import shows

LINKS = Links("http://localhost")
NO_TOKEN = {"X-CSRFToken": ""}


@pytest.fixture
def full(client, database, course, pool):
    """Return the course; its first learner has the only seat."""
    assert _play(client, _launch(database, course, sub="first")).status_code == 200
    return course


def _waiting(database):
    with database.read_session() as session:
        return len(session.scalars(select(WaitingEntry.id)).all())


ASK_MIA = ASK_MANAGER % {"manager": "Mia", "organization": "Elm County Library"}


def test_only_a_learner_without_a_seat_can_join(client, database, full, pool):
    assert client.post(f"/lti/s/{'x' * 43}/wait", headers=NO_TOKEN).status_code == 404
    others = (
        _launch(database, full, sub="first"),  # has a seat
        _launch(database, full, INSTRUCTOR, sub="teacher"),
        _launch(database, full, ANONYMOUS),
    )
    for secret in others:
        assert f'action="/lti/s/{secret}/wait"' not in client.get(f"/lti/s/{secret}/watch").text
        assert client.post(f"/lti/s/{secret}/wait", headers=NO_TOKEN).status_code == 404
    assert _waiting(database) == 0


def test_revoked_access_has_no_waitlist(client, database, full, pool):
    late = _launch(database, full, sub="late")
    with database.transaction() as session:
        _revoke(session, pool)
    assert f'action="/lti/s/{late}/wait"' not in client.get(f"/lti/s/{late}/watch").text
    assert client.post(f"/lti/s/{late}/wait", headers=NO_TOKEN).status_code == 404


def test_joining_twice_adds_one_entry(client, database, full):
    late = _launch(database, full, sub="late")
    assert f'action="/lti/s/{late}/wait"' in client.get(f"/lti/s/{late}/watch").text
    for _ in range(2):
        joined = client.post(f"/lti/s/{late}/wait", headers=NO_TOKEN)
        assert joined.status_code == 303
    page = client.get(joined.headers["Location"])
    assert page.status_code == 403
    assert 'data-testid="waiting"' in page.text
    assert f'action="/lti/s/{late}/wait"' not in page.text
    assert f'action="/lti/s/{late}/ask"' in page.text
    assert _waiting(database) == 1


def test_asking_a_manager_joins_the_waitlist_linked_in_the_email(client, database, cast, full):
    late = _launch(database, full, sub="late", name="Wren Reader")
    assert shows(client.get(f"/lti/s/{late}/").text, ASK_MIA)
    asked = client.post(f"/lti/s/{late}/ask", headers=NO_TOKEN)
    page = client.get(asked.headers["Location"]).text
    assert not shows(page, ASK_MIA)
    assert 'data-testid="waiting"' in page
    assert "notice-done" in page
    (mail,) = letters(database, cast.mia.email)
    assert "/invitations" in link_in(mail)
    client.sign_in(cast.mia.id)
    assert "Wren Reader" in client.get(link_in(mail)).text
    overview = client.get("/organization", follow_redirects=True).text
    assert '#waiting"' in overview


def test_manager_who_launches_asks_another_manager(client, database, cast, full):
    late = _launch(database, full, sub="late")
    with database.transaction() as session:
        learner = session.scalars(select(Login).order_by(Login.id.desc()).limit(1)).one()
        learner.merged_into = cast.mia.id
    assert f'action="/lti/s/{late}/ask"' not in client.get(f"/lti/s/{late}/").text
    with database.transaction() as session:
        elm = session.get_one(Organization, cast.organization_id)
        make_membership(session, elm, session.get_one(Login, cast.dan.id), role=Role.OWNER)
    client.post(f"/lti/s/{late}/ask", headers=NO_TOKEN)
    assert len(letters(database, cast.dan.email)) == 1
    assert letters(database, cast.mia.email) == []


def test_released_seat_goes_to_the_first_in_line(client, database, full):
    early, late = (_launch(database, full, sub=each) for each in ("early", "late"))
    for secret in (early, late):
        client.post(f"/lti/s/{secret}/wait", headers=NO_TOKEN)
    with database.transaction() as session:
        seat = session.scalars(select(Seat.public_id)).one()
        release(session, seat, AssignmentEnd.REMOVED, links=LINKS, actor=None, now=NOW)
    assert _play(client, late).status_code == 403
    assert client.get(f"/lti/s/{early}/watch").status_code == 200
    assert _play(client, early).status_code == 200


def test_waitlist_is_the_primary_button_without_a_manager(client, database, cast, full):
    late = _launch(database, full, sub="late")
    with database.transaction() as session:
        session.execute(
            delete(Membership).where(Membership.organization_id == cast.organization_id)
        )
    page = client.get(f"/lti/s/{late}/watch").text
    assert f'action="/lti/s/{late}/wait"' in page
    assert 'href="/ask?kind=trouble&amp;' in page
    assert page.count("button-primary") == 1
