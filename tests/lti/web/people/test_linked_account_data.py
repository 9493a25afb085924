"""Data of account links: exported to the person, deleted in time, and erased with the account."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.component import hooks_for
from lms.mail.links import Links
from lms.people.data_export import read_personal_data
from lms.people.erasure import erase
from lti.models.identities import Identity, IdentityLink
from lti.models.launches import Purpose
from lti.people.account_linking import forget_old
from tests.clock import NOW
from tests.lti.course_fixtures import make_course
from tests.mailbox import letters, link_in, newest
from tests.seat_rows import watched
from tests.second_steps import give_app
from wsgi import COMPONENTS

ALICE = "alice@example.org"


@pytest.fixture(autouse=True)
def at_noon(clock):
    """Start every test at NOW."""


@pytest.fixture
def course(database, cast):
    """Add a course of Elm County."""
    with database.transaction() as session:
        return make_course(session, cast.organization_id)


@pytest.fixture
def rosalind(database, course):
    """Return the secret of Rosalind's session in the course."""
    with database.transaction() as session:
        return course.launch(session, sub="r-1", name="Rosalind Inkwell")


def ask(client, secret):
    return client.post(f"/lti/s/{secret}/link", data={"email": ALICE})


def letter_link(client, database, secret):
    assert ask(client, secret).status_code == 303
    return link_in(newest(database, ALICE, "link_login"))


def rows(database, model):
    with database.read_session() as session:
        return session.scalars(select(model)).all()


def test_data_privacy_page_shows_nothing_of_the_linked_account(
    client, database, settings, cast, course, rosalind
):
    with database.transaction() as session:
        watched(session, cast.alice.id, cast.recording_id, 0.4)
    client.post(letter_link(client, database, rosalind), data={"answer": "yes"})
    give_app(database, cast.alice.id, settings.secret_key, name="My phone")
    with database.transaction() as session:
        secret = course.launch(session, sub="r-1", name="Rosalind Inkwell", purpose=Purpose.PRIVACY)
    kept = client.get(f"/lti/s/{secret}/privacy/export.json").get_json()
    assert (kept["name"], kept["email"], kept["progress"]) == ("Rosalind Inkwell", None, [])
    assert kept["second_factors"] == []
    assert kept["learning_systems"][0]["user_id"] == "r-1"


def test_account_export_lists_linked_lms_accounts(client, database, cast, rosalind):
    client.post(letter_link(client, database, rosalind), data={"answer": "yes"})
    with database.read_session() as session:
        kept = read_personal_data(
            session, cast.alice.id, hooks=hooks_for(COMPONENTS, "on_export"), now=NOW
        )
    [system] = kept.learning_systems
    assert (system.system, system.user_id) == ("Moodle of Elm County", "r-1")
    assert system.links[0].linked_at == NOW


def test_erasing_the_account_erases_lms_identities_and_pending_emails(
    client, database, cast, course, rosalind
):
    client.post(letter_link(client, database, rosalind), data={"answer": "yes"})
    with database.transaction() as session:
        other = course.launch(session, sub="o-1", name="Otto Margin")
    assert ask(client, other).status_code == 303
    with database.transaction() as session:
        erase(
            session,
            cast.alice.id,
            hooks=hooks_for(COMPONENTS, "on_erase"),
            links=Links("https://library.example.org"),
            actor=None,
            now=NOW,
        )
    assert rows(database, IdentityLink) == []
    assert [one.sub for one in rows(database, Identity)] == ["o-1"]
    assert letters(database, ALICE) == []


def test_expired_links_lose_their_address_and_are_deleted_later(client, database, rosalind):
    ask(client, rosalind)
    with database.transaction() as session:
        forget_old(session, now=NOW + timedelta(days=1))
    [link] = rows(database, IdentityLink)
    assert (link.email, link.email_key) == (None, None)
    with database.transaction() as session:
        forget_old(session, now=NOW + timedelta(days=32))
    assert rows(database, IdentityLink) == []
