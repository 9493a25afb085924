"""Possible duplicates from two LMSs of one institution are shown to our team, never merged."""

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.models.accounts import Login
from lms.models.organizations import Organization
from lti.models.launches import FrameRole
from lti.people.identities import make_identity
from lti.protocol.messages import Person
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import make_organization
from tests.organizations.twins import merge, unmerge
from tests.visitor import Visitor

CANVAS, MOODLE = "https://canvas.example", "https://moodle.example"
PREVIEW = "/staff/organizations/elm-county/merge?other=elm-twp"
PRESS = "Compare…"


@pytest.fixture
def other(database: Database, cast: Cast) -> int:
    """Add the same library under another name."""
    with database.transaction() as session:
        return make_organization(session, "elm-twp", name="Elm Township Public Library").id


def launched(
    database: Database,
    organization_id: int,
    name: str,
    *,
    issuer: str = CANVAS,
    sub: str = "7",
    email: str | None = None,
) -> str:
    """Add a person who launched from an organization's LMS; return the login's public ID."""
    with database.transaction() as session:
        person = Person(sub, FrameRole.LEARNER, name, email)
        made = make_identity(session, issuer, organization_id, person, now=NOW)
        made.email, made.email_key = email, email.casefold() if email else None
        return session.get_one(Login, made.login_id).public_id


def pages_of(client: Visitor, *logins: str) -> list[str]:
    return [client.get(f"/staff/people/{login}").text for login in logins]


def test_non_staff_get_not_found(client: Visitor, cast: Cast, other: int) -> None:
    client.sign_in(cast.mia.id)
    assert client.get(PREVIEW).status_code == 404


def test_same_lms_user_in_both_records_is_shown_before_and_after_the_merge(
    client: Visitor, database: Database, cast: Cast, other: int
) -> None:
    here = launched(database, cast.organization_id, "Dana Here")
    there = launched(database, other, "Dana There")
    client.sign_in(cast.ada.id)
    assert all(PRESS not in page for page in pages_of(client, here, there))
    preview = client.get(PREVIEW).text
    assert "Dana Here and Dana There" in preview
    assert "The same user of the same LMS." in preview
    assert f"/staff/people/{here}/merge?other={there}" in preview
    merge(database)
    pages = pages_of(client, here, there)
    assert f"/staff/people/{here}/merge?other={there}" in pages[0]
    assert f"/staff/people/{there}/merge?other={here}" in pages[1]
    with database.read_session() as session:  # nothing is linked automatically
        assert session.scalars(select(Login.merged_into)).all().count(None) == 8
    unmerge(database)
    assert all(PRESS not in page for page in pages_of(client, here, there))


def test_duplicates_can_be_merged_from_the_page(
    client: Visitor, database: Database, cast: Cast, other: int
) -> None:
    here = launched(database, cast.organization_id, "Dana Here")
    there = launched(database, other, "Dana There")
    merge(database)
    client.sign_in(cast.ada.id)
    assert "Dana There" in client.get(f"/staff/people/{here}/merge?other={there}").text
    sent = {"other": there, "keep": here}
    assert client.post(f"/staff/people/{here}/merge", data=sent).status_code == 303
    assert PRESS not in pages_of(client, here)[0]
    unmerge(database)
    assert PRESS not in client.get(PREVIEW).text


def test_shared_email_address_of_the_lms_is_shown_and_links_nothing(
    client: Visitor, database: Database, cast: Cast, other: int
) -> None:
    here = launched(database, cast.organization_id, "Dana", email="dana@elm.example.org")
    launched(database, other, "D. Poe", issuer=MOODLE, sub="x", email="Dana@elm.example.org")
    launched(database, other, "Someone", issuer=MOODLE, sub="7")  # user 7 of another LMS
    client.sign_in(cast.ada.id)
    preview = client.get(PREVIEW).text
    assert "Dana and D. Poe" in preview
    assert "The same email address in the LMS." in preview
    assert "Someone" not in preview
    merge(database)
    assert "Dana and D. Poe" in pages_of(client, here)[0]


def test_people_of_separate_organizations_are_not_compared(
    client: Visitor, database: Database, cast: Cast, other: int
) -> None:
    here = launched(database, cast.organization_id, "Dana Here")
    with database.transaction() as session:
        third = make_organization(session, "third").id
    launched(database, third, "Dana Third")
    merge(database)
    client.sign_in(cast.ada.id)
    assert PRESS not in pages_of(client, here)[0]
    with database.read_session() as session:
        assert session.get_one(Organization, other).merged_into == cast.organization_id
