"""Managers' pages for connecting an LMS: access, approval, and what is shown."""

import re
from dataclasses import replace
from html import unescape

import pytest
from wtforms import Form

from lms.app import create_app
from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.lti_facade.connection_emails import IS_OFF, NEEDS_APPROVAL
from lms.models.organizations import Organization, Role
from lti.models.registrations_and_keys import DeploymentState, RegistrationState
from lti.registrations.additional_setup_guides import GUIDES
from lti.registrations.deployments import (
    approve_deployment,
    find_deployment,
    list_deployments,
    refuse_deployment,
)
from lti.registrations.manager_actions import REFUSED
from lti.registrations.platform_addresses import PLAIN, PRIVATE
from lti.registrations.registrations import (
    TAKEN,
    approve_registration,
    edit_registration,
    list_registrations,
)
from lti.web.registrations.manager import WAITS_AGAIN
from lti.web.registrations.platform_rows_and_values import STATES
from lti.web.registrations.registration_forms import DetailsForm
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.factories import make_login, make_membership, make_organization
from tests.lti.factories import SLUG, make_registration, pend_deployment
from tests.lti.registrations.registration_server import MailContext
from tests.lti.web.registrations.test_connection_by_invite import have_a_mailbox, subjects
from tests.page_texts import shows
from tests.visitor import Visitor
from wsgi import COMPONENTS

ENTERED = {
    "name": "Elm Moodle",
    "issuer": "https://lms.example.edu",
    "client_id": "abc",
    "auth_url": "https://lms.example.edu/auth",
    "token_url": "https://lms.example.edu/token",
    "jwks_url": "https://lms.example.edu/jwks",
    "token_audience": "",
    "deployment_id": "7",
}


def place(database: Database, cast: Cast) -> str:
    with database.read_session() as session:
        found = session.get_one(Organization, cast.organization_id)
        return f"/organization/{found.public_id}/lti"


def test_non_managers_get_not_found(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    here = place(database, cast)
    with database.transaction() as session:
        other = make_login(session)
        make_membership(session, make_organization(session), other, role=Role.OWNER)
        registration = make_registration(session)
        pend_deployment(session, registration, "7")
    with database.read_session() as session:
        (deployment,) = list_deployments(session)
    client.sign_in(other.id)
    for path in ("", "/guide/moodle", "/new", f"/{registration.public_id}"):
        assert client.get(here + path).status_code == 404
    for path in (
        "/invite",
        f"/{registration.public_id}/disable",
        f"/deployments/{deployment.public_id}/approve",
    ):
        assert client.post(here + path).status_code == 404


def test_manager_cannot_open_or_change_connections_of_another_organization(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    here = place(database, cast)
    with database.transaction() as session:
        make_organization(session, "far-away")
        theirs = make_registration(session, organization="far-away")
        pend_deployment(session, theirs, "7")
    with database.read_session() as session:
        (deployment,) = list_deployments(session)
    client.sign_in(cast.mia.id)
    assert theirs.issuer not in client.get(here).text
    assert client.get(f"{here}/{theirs.public_id}").status_code == 404
    assert client.post(f"{here}/{theirs.public_id}", data=ENTERED).status_code == 404
    assert client.post(f"{here}/{theirs.public_id}/disable").status_code == 404
    assert client.post(f"{here}/deployments/{deployment.public_id}/approve").status_code == 404
    with database.read_session() as session:
        assert find_deployment(session, deployment.public_id).state is DeploymentState.PENDING


def test_every_value_can_be_copied(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    client.sign_in(cast.mia.id)
    page = client.get(place(database, cast)).text
    for value in ("/lti/login", "/lti/launch", "/lti/jwks", "/lti/canvas.json"):
        assert f">http://localhost{value}</code>" in page
    assert "context_history=$Context.id.history" in page
    assert page.count("data-copy=") >= 7


@pytest.mark.parametrize("slug", GUIDES)
def test_each_product_has_a_guide_with_its_values(
    client: Visitor, database: Database, cast: Cast, clock: Clock, slug: str
) -> None:
    client.sign_in(cast.mia.id)
    answer = client.get(f"{place(database, cast)}/guide/{slug}")
    assert answer.status_code == 200
    guide = GUIDES[slug]
    assert guide.product in answer.text
    assert guide.checked.split(",")[0].replace("'", "\u2019") in unescape(answer.text)
    assert 'data-testid="not-certified"' in answer.text
    assert "http://localhost/lti/login" in answer.text or slug == "canvas"
    assert "http://localhost/lti/launch" in answer.text


def test_unknown_product_has_no_guide(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    client.sign_in(cast.mia.id)
    assert client.get(f"{place(database, cast)}/guide/nothing").status_code == 404


def test_registration_link_is_shown_once_and_can_be_withdrawn(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    client.sign_in(cast.mia.id)
    here = place(database, cast)
    made = client.post(f"{here}/invite").text
    link = re.search(r"http://localhost(/lti/register/[\w-]{43})", made)
    assert link is not None
    assert client.get(link[1]).status_code == 400  # works, but needs the LMS's configuration
    page = client.get(here).text
    assert link[1] not in page
    withdraw = re.search(r"/lti/invites/(\w{26})/withdraw", page)
    assert withdraw is not None
    assert client.post(f"{here}/invites/{withdraw[1]}/withdraw").status_code == 303
    assert client.get(link[1]).status_code == 404
    assert client.post(f"{here}/invites/{withdraw[1]}/withdraw").status_code == 404


def test_connection_entered_by_a_manager_waits_for_staff(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    client.sign_in(cast.mia.id)
    here = place(database, cast)
    assert client.post(f"{here}/new?product=moodle", data=ENTERED).status_code == 303
    with database.read_session() as session:
        (made,) = list_registrations(session)
        (deployment,) = list_deployments(session)
    assert (made.state, made.details.product) == (RegistrationState.PENDING, "moodle")
    assert (deployment.deployment_id, deployment.state) == ("7", DeploymentState.PENDING)
    assert shows(client.get(here).text, STATES[RegistrationState.PENDING][0])
    client.post(f"{here}/deployments/{deployment.public_id}/approve")
    with database.read_session() as session:
        assert find_deployment(session, deployment.public_id).state is DeploymentState.PENDING


def test_manager_can_connect_deployments_after_staff_approval(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    client.sign_in(cast.mia.id)
    here = place(database, cast)
    client.post(f"{here}/new", data=ENTERED)
    with database.transaction() as session:
        (made,) = list_registrations(session)
        (deployment,) = list_deployments(session)
        approve_registration(session, made.public_id, actor=None, now=NOW)
    assert client.post(f"{here}/deployments/{deployment.public_id}/approve").status_code == 303
    with database.read_session() as session:
        found = find_deployment(session, deployment.public_id)
    assert found.state is DeploymentState.APPROVED
    assert found.organization is not None
    assert found.organization.id == cast.organization_id


def test_manager_cannot_connect_what_staff_refused(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    client.sign_in(cast.mia.id)
    here = place(database, cast)
    client.post(f"{here}/new", data=ENTERED)
    with database.transaction() as session:
        (made,) = list_registrations(session)
        (deployment,) = list_deployments(session)
        approve_registration(session, made.public_id, actor=None, now=NOW)
        refuse_deployment(session, made.public_id, "7", actor=None, now=NOW)
    client.post(f"{here}/deployments/{deployment.public_id}/approve")
    with database.read_session() as session:
        assert find_deployment(session, deployment.public_id).state is DeploymentState.REFUSED
    assert shows(client.get(here).text, REFUSED)


def test_errors_are_shown_and_the_entered_values_stay(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    client.sign_in(cast.mia.id)
    changed = {**ENTERED, "jwks_url": "http://lms.example.edu/jwks"}
    answer = client.post(f"{place(database, cast)}/new", data=changed)
    assert answer.status_code == 400
    assert shows(answer.text, PLAIN)
    assert 'value="http://lms.example.edu/jwks"' in answer.text
    client.post(f"{place(database, cast)}/new", data=ENTERED)
    again = client.post(f"{place(database, cast)}/new", data=ENTERED)
    assert again.status_code == 400
    assert shows(again.text, TAKEN)


def test_private_address_is_refused_and_stays_in_the_form(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    client.sign_in(cast.mia.id)
    changed = {**ENTERED, "token_url": "https://169.254.169.254/token"}
    answer = client.post(f"{place(database, cast)}/new", data=changed)
    assert answer.status_code == 400
    assert shows(answer.text, PRIVATE)
    assert 'value="https://169.254.169.254/token"' in answer.text


@pytest.mark.parametrize(
    ("house", "is_taken"),
    [
        ("http://127.0.0.1:8000", True),  # a demo
        ("http://localhost", True),
        ("http://library.example.org", False),
        ("https://localhost", False),
    ],
)
def test_lms_on_this_machine_is_accepted_only_by_a_site_on_this_machine(
    carrel: Carrel, cast: Cast, clock: Clock, office: MailContext, house: str, *, is_taken: bool
) -> None:
    settings = replace(carrel.settings, base_url=house)
    app = create_app(replace(carrel, settings=settings), COMPONENTS)
    app.config.update(WTF_CSRF_SSL_STRICT=False)
    client = Visitor(app, app.response_class)
    client.sign_in(cast.mia.id)
    here, door = place(carrel.database, cast), f"{house.partition(':')[0]}://localhost"
    made = client.post(f"{here}/invite", base_url=door).text
    link = re.search(r"/lti/register/[\w-]{43}", made)
    assert link is not None
    asked = {"openid_configuration": office.address}
    registered = client.get(link[0], query_string=asked, base_url=door)
    addresses = dict.fromkeys(("auth_url", "token_url", "jwks_url"), f"{office.origin}/x")
    entered = {**ENTERED, **addresses}
    by_hand = client.post(f"{here}/new", data=entered, base_url=door)
    status = (registered.status_code, by_hand.status_code)
    assert status == ((200, 303) if is_taken else (400, 400))
    with carrel.database.read_session() as session:
        known = list_registrations(session)
    assert [one.details.allows_loopback for one in known] == [True, True] * is_taken


def test_changed_url_waits_for_approval_and_a_new_name_does_not(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    with database.transaction() as session:
        made = make_registration(session)
    client.sign_in(cast.mia.id)
    here = f"{place(database, cast)}/{made.public_id}"
    kept = {
        "name": "Renamed",
        "auth_url": made.details.auth_url,
        "token_url": made.details.token_url,
        "jwks_url": made.details.jwks_url,
    }
    assert client.post(here, data=kept).status_code == 303
    with database.read_session() as session:
        (named,) = list_registrations(session)
    assert (named.details.name, named.state) == ("Renamed", RegistrationState.ACTIVE)
    client.post(here, data={**kept, "jwks_url": "https://elsewhere.example.org/jwks"})
    with database.read_session() as session:
        (moved,) = list_registrations(session)
    assert moved.state is RegistrationState.PENDING


def test_simultaneous_staff_settings_are_preserved(
    client: Visitor,
    database: Database,
    cast: Cast,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with database.transaction() as session:
        made = make_registration(session)
    settled = replace(made.details, leeway_s=120, admits_anonymous=True)

    def validate(form: DetailsForm) -> bool:
        with database.transaction() as session:
            edit_registration(session, made.public_id, settled, actor=None, now=NOW)
        return Form.validate(form)

    monkeypatch.setattr(DetailsForm, "validate", validate)
    client.sign_in(cast.mia.id)
    addresses = {
        name: getattr(made.details, name) for name in ("auth_url", "token_url", "jwks_url")
    }
    here = f"{place(database, cast)}/{made.public_id}"
    assert client.post(here, data={"name": "Renamed", **addresses}).status_code == 303
    with database.read_session() as session:
        (kept,) = list_registrations(session)
    assert kept.details == replace(settled, name="Renamed")


def test_manager_turns_off_a_connection(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    with database.transaction() as session:
        made = make_registration(session)
    client.sign_in(cast.mia.id)
    assert client.post(f"{place(database, cast)}/{made.public_id}/disable").status_code == 303
    with database.read_session() as session:
        (kept,) = list_registrations(session)
    assert kept.state is RegistrationState.DISABLED


def test_all_organizations_on_a_platform_are_emailed_when_its_owner_turns_it_off(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    with database.transaction() as session:
        oak = make_organization(session, "oak-county")
        olga = make_login(session, "olga@oak.example")
        make_membership(session, oak, olga, role=Role.MANAGER)
        made = make_registration(session)
        for name, slug in ("1", SLUG), ("2", "oak-county"):
            pend_deployment(session, made, name)
            approve_deployment(
                session, made.public_id, name, organization=slug, actor=None, now=NOW
            )
    client.sign_in(cast.mia.id)
    client.post(f"{place(database, cast)}/{made.public_id}/disable")
    off = IS_OFF % {"system": made.details.name}
    assert subjects(database) == [(cast.mia.email, off), (olga.email, off)]


def test_changed_url_that_stops_launches_is_shown_and_emailed_once(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    have_a_mailbox(database)
    with database.transaction() as session:
        made = make_registration(session)
    client.sign_in(cast.mia.id)
    here = place(database, cast)
    kept = {
        name: getattr(made.details, name) for name in ("name", "auth_url", "token_url", "jwks_url")
    }
    client.post(f"{here}/{made.public_id}", data=kept)
    assert subjects(database) == []
    for jwks_url in ("https://lms.example.edu/keys", "https://lms.example.edu/jwks.json"):
        client.post(f"{here}/{made.public_id}", data={**kept, "jwks_url": jwks_url})
        assert shows(client.get(here).text, WAITS_AGAIN)
    assert [subject for _to, subject in subjects(database)] == [
        NEEDS_APPROVAL % {"system": made.details.name}
    ]
