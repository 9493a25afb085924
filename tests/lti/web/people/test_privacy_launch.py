"""A person's own data inside the LMS: exported, or erased after confirmation."""

import pytest
from sqlalchemy import select

from lms.models.accounts import Login
from lms.models.audit import AuditEntry
from lms.people.erased_orders import ERASED_NAME
from lti.models.courses import RosterMember
from lti.models.identities import Identity
from lti.models.launches import Purpose
from lti.web.people.privacy_launch import SAY_YES
from tests.clock import NOW
from tests.lti.course_fixtures import ANONYMOUS, COURSE_PAGE, make_course
from tests.page_texts import shows
from tests.seat_rows import watched


@pytest.fixture(autouse=True)
def at_noon(clock):
    """Start every test at NOW."""


@pytest.fixture
def asked(database, cast):
    """Return the secret of Rosalind's data privacy launch, and her login ID."""
    with database.transaction() as session:
        course = make_course(session, cast.organization_id)
        secret = course.launch(session, sub="r-1", name="Rosalind Inkwell", purpose=Purpose.PRIVACY)
        session.add(
            RosterMember(
                context_id=course.context_id,
                sub="r-1",
                name="Rosalind Inkwell",
                email="rosalind@example.edu",
                created_at=NOW,
                seen_at=NOW,
            )
        )
        login_id = session.scalars(select(Identity.login_id)).one()
        watched(session, login_id, cast.recording_id, 0.5)
    return secret, login_id


def test_person_can_download_all_stored_data(client, database, asked):
    secret, _ = asked
    assert "Rosalind Inkwell" in client.get(f"/lti/s/{secret}/privacy").text
    answer = client.get(f"/lti/s/{secret}/privacy/export.json")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.get_json()["name"] == "Rosalind Inkwell"
    assert [one["share"] for one in answer.get_json()["progress"]] == [0.5]
    with database.read_session() as session:
        acts = select(AuditEntry.act).where(AuditEntry.act == "login.exported")
        assert len(session.scalars(acts).all()) == 1


def test_erasing_requires_confirmation(client, database, asked):
    secret, login_id = asked
    answer = client.post(f"/lti/s/{secret}/privacy/erase", data={})
    assert answer.status_code == 400
    assert shows(answer.text, SAY_YES)
    with database.read_session() as session:
        assert session.get_one(Login, login_id).name == "Rosalind Inkwell"


def test_confirming_erases_the_person_their_identity_and_roster_entries(client, database, asked):
    secret, login_id = asked
    answer = client.post(f"/lti/s/{secret}/privacy/erase", data={"confirm": "yes"})
    assert answer.status_code == 200
    assert f'href="{COURSE_PAGE}"' in answer.text
    with database.read_session() as session:
        assert session.get_one(Login, login_id).name == ERASED_NAME
        assert session.scalars(select(Identity)).all() == []
        assert session.scalars(select(RosterMember)).all() == []
    assert client.get(f"/lti/s/{secret}/privacy").status_code == 404


def test_linked_account_cannot_be_erased_from_a_course(client, database, cast, asked):
    secret, login_id = asked
    with database.transaction() as session:
        session.get_one(Login, login_id).merged_into = cast.alice.id
    assert 'data-testid="is-linked"' in client.get(f"/lti/s/{secret}/privacy").text
    answer = client.post(f"/lti/s/{secret}/privacy/erase", data={"confirm": "yes"})
    assert answer.status_code == 409
    with database.read_session() as session:
        assert session.get_one(Login, cast.alice.id).email == "alice@example.org"
        assert session.get_one(Login, login_id).name == "Rosalind Inkwell"


def test_session_with_another_purpose_has_no_privacy_page(client, database, cast):
    with database.transaction() as session:
        course = make_course(session, cast.organization_id)
        secret = course.launch(session)
        nobody = course.launch(session, ANONYMOUS, purpose=Purpose.PRIVACY)
    assert client.get(f"/lti/s/{secret}/privacy").status_code == 404
    assert client.post(f"/lti/s/{secret}/privacy/erase", data={"confirm": "yes"}).status_code == 404
    assert client.get(f"/lti/s/{nobody}/privacy").status_code == 400
