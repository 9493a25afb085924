"""The launch log for managers and staff: visible entries, filters, and reasons in words."""

import ast
from pathlib import Path

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.models.accounts import Login
from lms.models.organizations import Organization
from lti.launches.launch_log import Occurrence, write_launch
from lti.protocol.refusals import LaunchRefused
from lti.registrations.deployments import approve_deployment, see_deployment
from lti.registrations.registrations import NewRegistration, RegistrationFacts, add_registration
from lti.web.launches.launch_log_texts import REFUSALS, UNSAID
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.factories import make_organization
from tests.lti.factories import SLUG, connect_elm_county, platform_details
from tests.page_texts import shows
from tests.visitor import Visitor

REFUSING = ("malformed", "not_authentic", "not_entitled", "LaunchRefused", "KeyUnusable")
DETAIL = "kid abc"


@pytest.fixture(autouse=True)
def at_noon(clock: Clock) -> None:
    """Start every test at NOW."""


@pytest.fixture
def shared(database: Database, cast: Cast) -> RegistrationFacts:
    """Add a platform with a deployment for Elm County and one for another organization."""
    with database.transaction() as session:
        make_organization(session, "far-away")
        made = connect_elm_county(session, cast)
        approve_deployment(
            session, made.public_id, "2", organization="far-away", actor=None, now=NOW
        )
        return made


def launch(
    database: Database,
    registration: RegistrationFacts,
    deployment: str | None,
    refusal: LaunchRefused | None = None,
) -> str:
    """Add a log entry; return its reference."""
    with database.transaction() as session:
        seen = deployment and see_deployment(session, registration.id, deployment, now=NOW)
        done = Occurrence(
            registration.id, seen.id if seen else None, "LtiDeepLinkingRequest", refusal
        )
        return write_launch(session, done, now=NOW)


def wrong_key() -> LaunchRefused:
    return LaunchRefused(401, "unknown_key", "No such key.", detail=DETAIL)


def elm_county(database: Database, cast: Cast) -> str:
    with database.read_session() as session:
        found = session.get_one(Organization, cast.organization_id)
        return f"/organization/{found.public_id}/lti/launches"


def test_manager_sees_only_their_launches_with_reasons_in_words(
    client: Visitor, database: Database, cast: Cast, shared: RegistrationFacts
) -> None:
    ours, theirs = launch(database, shared, "1", wrong_key()), launch(database, shared, "2")
    client.sign_in(cast.mia.id)
    page = client.get(elm_county(database, cast)).text
    assert ours in page
    assert theirs not in page
    assert "a key that the LMS doesn\u2019t publish" in page
    assert "Check that the keyset URL entered here" in page
    assert "Choose content" in page
    assert DETAIL not in page  # technical details are only for staff


def test_manager_filters_by_outcome_and_lms(
    client: Visitor, database: Database, cast: Cast, shared: RegistrationFacts
) -> None:
    refused, let_in = launch(database, shared, "1", wrong_key()), launch(database, shared, "1")
    client.sign_in(cast.mia.id)
    here = elm_county(database, cast)
    page = client.get(f"{here}?refused=yes").text
    assert refused in page
    assert let_in not in page
    assert let_in in client.get(f"{here}?system={shared.public_id}").text
    assert "No results" in client.get(f"{here}?system=nobodys").text


def test_times_are_in_the_readers_time_zone(
    client: Visitor, database: Database, cast: Cast, shared: RegistrationFacts
) -> None:
    launch(database, shared, "1")
    client.sign_in(cast.mia.id)
    assert "10:00\u00a0AM" in client.get(elm_county(database, cast)).text
    with database.transaction() as session:
        session.get_one(Login, cast.mia.id).zone = "America/Los_Angeles"
    assert "7:00\u00a0AM" in client.get(elm_county(database, cast)).text


def test_refused_login_is_not_listed_as_opened_content(
    client: Visitor, database: Database, cast: Cast, shared: RegistrationFacts
) -> None:
    with database.transaction() as session:
        refusal = LaunchRefused(403, "registration_disabled", "Off.")
        write_launch(session, Occurrence(shared.id, refusal=refusal), now=NOW)
    client.sign_in(cast.mia.id)
    page = client.get(elm_county(database, cast)).text
    assert shows(page, UNSAID)


def test_manager_without_launches_sees_an_empty_log(
    client: Visitor, database: Database, cast: Cast
) -> None:
    client.sign_in(cast.mia.id)
    assert "No launches yet" in client.get(elm_county(database, cast)).text


def test_staff_filter_by_organization_reason_and_outcome(
    client: Visitor, database: Database, cast: Cast, shared: RegistrationFacts
) -> None:
    ours = launch(database, shared, "1", wrong_key())
    theirs = launch(database, shared, "2", LaunchRefused(401, "expired", "Too late."))
    let_in = launch(database, shared, "2")
    client.sign_in(cast.ada.id)

    def shown(query: str) -> set[str]:
        page = client.get(f"/staff/lti/log?{query}").text
        return {number for number in (ours, theirs, let_in) if number in page}

    assert shown("") == {ours, theirs, let_in}
    assert shown(f"whose={SLUG}") == {ours}
    assert shown("whose=far-away&refused=yes") == {theirs}
    assert shown("code=expired") == {theirs}
    assert shown("whose=nobody") == set()
    page = client.get("/staff/lti/log?whose=nobody").text
    assert "Organization not found" in page
    assert DETAIL in client.get("/staff/lti/log").text
    page = client.get(f"/staff/lti/log?whose={SLUG}&code=unknown_key").text
    assert "/staff/lti/log?whose=elm-county" in page  # each filter chip removes its own filter


def test_staff_see_stuck_scores_and_can_retry_a_platform_now(
    client: Visitor, database: Database, cast: Cast, shared: RegistrationFacts
) -> None:
    from lti.models.delivery_leases import Turn  # noqa: PLC0415

    with database.transaction() as session:
        session.add(
            Turn(
                registration_id=shared.id,
                failures=2,
                failing_since=NOW,
                failure="It answered with an error (500).",
                asks_at=NOW.replace(year=NOW.year + 1),
            )
        )
    client.sign_in(cast.ada.id)
    page = client.get("/staff/lti/scores").text
    assert "It answered with an error (500)." in page
    assert "Failed 2 times" in page
    client.post(f"/staff/lti/{shared.public_id}/ask")
    with database.read_session() as session:
        assert session.scalars(select(Turn)).one().asks_at <= NOW
    assert client.post("/staff/lti/nobody/ask").status_code == 404
    assert client.post("/staff/lti/links/nobody/send").status_code == 404


def test_every_refusal_code_has_a_text() -> None:
    found = {"issuer_missing", "login_hint_missing", "target_link_uri_missing"}  # built in a loop
    for path in Path("lti").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in REFUSING:
                texts = [one.value for one in node.args[:2] if isinstance(one, ast.Constant)]
                found |= {text for text in texts if isinstance(text, str) and " " not in text}
    assert len(found) > 25
    assert found - set(REFUSALS) == set()


def test_pending_registration_shows_its_launches_to_its_organization(
    client: Visitor, database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        new = NewRegistration("https://new.example.edu", "c", platform_details(), SLUG)
        made = add_registration(session, new, actor=None, now=NOW)
    number = launch(database, made, None, LaunchRefused(403, "registration_pending", "Waits."))
    client.sign_in(cast.mia.id)
    page = client.get(elm_county(database, cast)).text
    assert number in page
    assert "waiting for our approval" in page
