"""A person's own data inside the learning system: taken along, or erased by their own yes."""

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
    """Every test begins at NOW."""


@pytest.fixture
def asked(database, cast):
    """Rosalind's session of a privacy launch: its secret, and the login that is hers."""
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


def test_a_person_takes_along_all_that_is_kept(client, database, asked):
    secret, _ = asked
    assert "Rosalind Inkwell" in client.get(f"/lti/s/{secret}/privacy").text
    answer = client.get(f"/lti/s/{secret}/privacy/export.json")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.get_json()["name"] == "Rosalind Inkwell"
    assert [one["share"] for one in answer.get_json()["progress"]] == [0.5]
    with database.read_session() as session:
        acts = select(AuditEntry.act).where(AuditEntry.act == "login.exported")
        assert len(session.scalars(acts).all()) == 1


def test_nothing_is_erased_without_a_yes(client, database, asked):
    secret, login_id = asked
    answer = client.post(f"/lti/s/{secret}/privacy/erase", data={})
    assert answer.status_code == 400
    assert shows(answer.text, SAY_YES)
    with database.read_session() as session:
        assert session.get_one(Login, login_id).name == "Rosalind Inkwell"


def test_a_yes_erases_the_person_their_identity_and_their_place_on_rosters(client, database, asked):
    secret, login_id = asked
    answer = client.post(f"/lti/s/{secret}/privacy/erase", data={"confirm": "yes"})
    assert answer.status_code == 200
    assert f'href="{COURSE_PAGE}"' in answer.text
    with database.read_session() as session:
        assert session.get_one(Login, login_id).name == ERASED_NAME
        assert session.scalars(select(Identity)).all() == []
        assert session.scalars(select(RosterMember)).all() == []
    assert client.get(f"/lti/s/{secret}/privacy").status_code == 404


def test_an_account_that_a_learner_was_linked_to_is_not_erased_from_a_course(
    client, database, cast, asked
):
    secret, login_id = asked
    with database.transaction() as session:
        session.get_one(Login, login_id).merged_into = cast.alice.id
    assert 'data-testid="is-linked"' in client.get(f"/lti/s/{secret}/privacy").text
    answer = client.post(f"/lti/s/{secret}/privacy/erase", data={"confirm": "yes"})
    assert answer.status_code == 409
    with database.read_session() as session:
        assert session.get_one(Login, cast.alice.id).email == "alice@example.org"
        assert session.get_one(Login, login_id).name == "Rosalind Inkwell"


def test_a_session_for_something_else_has_no_such_page(client, database, cast):
    with database.transaction() as session:
        course = make_course(session, cast.organization_id)
        secret = course.launch(session)
        nobody = course.launch(session, ANONYMOUS, purpose=Purpose.PRIVACY)
    assert client.get(f"/lti/s/{secret}/privacy").status_code == 404
    assert client.post(f"/lti/s/{secret}/privacy/erase", data={"confirm": "yes"}).status_code == 404
    assert client.get(f"/lti/s/{nobody}/privacy").status_code == 400
