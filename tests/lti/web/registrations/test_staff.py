"""Staff pages for LMS connections: access, and what each action does."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from wtforms import Form

from lms.core.database import Database
from lms.lti_facade.connection_emails import IS_APPROVED, IS_OFF
from lms.lti_facade.dates import say_time_of
from lms.models.audit import AuditEntry
from lms.models.organizations import Role
from lti.keys.tool_keys import list_keys
from lti.launches.launch_log import Occurrence, write_launch
from lti.models.registrations_and_keys import DeploymentState, KeyState, RegistrationState
from lti.registrations.deployments import DeploymentFacts, list_deployments
from lti.registrations.manager_actions import add_own, change_own
from lti.registrations.registrations import NewRegistration, RegistrationFacts, list_registrations
from lti.web.registrations.registration_forms import SettingsForm
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.factories import make_login, make_membership, make_organization
from tests.lti.factories import (
    CLIENT_ID,
    ISSUER,
    SLUG,
    connect_elm_county,
    make_registration,
    pend_deployment,
    platform_details,
)
from tests.lti.web.registrations.test_connection_by_invite import subjects
from tests.visitor import Visitor


def waiting(database: Database) -> RegistrationFacts:
    """Add a registration that a manager of Elm County entered, with a pending deployment."""
    with database.transaction() as session:
        new = NewRegistration(ISSUER, CLIENT_ID, platform_details(), SLUG)
        made = add_own(session, new, actor=None, now=NOW)
        pend_deployment(session, made, "7")
        return made


def test_non_staff_get_not_found(client: Visitor, cast: Cast) -> None:
    client.sign_in(cast.mia.id)
    assert client.get("/staff/lti").status_code == 404
    assert client.get("/staff/lti/log").status_code == 404
    assert client.get(f"/staff/lti/{'0' * 26}/settings").status_code == 404
    assert client.post("/staff/lti/keys/rotate").status_code == 404


def test_one_click_approves_a_platform_with_its_deployments(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    made = waiting(database)
    client.sign_in(cast.ada.id)
    page = client.get("/staff/lti").text
    assert re.search(r'/approve">.*?Elm County Library', page, re.DOTALL)
    assert re.findall(r'action="/staff/lti/[^"]*/approve"', page) == [
        f'action="/staff/lti/{made.public_id}/approve"'  # the deployment alone isn't enough
    ]
    client.post(f"/staff/lti/{made.public_id}/approve")
    with database.read_session() as session:
        (kept,) = list_registrations(session)
        (deployment,) = list_deployments(session)
    assert kept.state is RegistrationState.ACTIVE
    assert deployment.state is DeploymentState.APPROVED
    client.post(f"/staff/lti/{made.public_id}/disable")
    with database.read_session() as session:
        assert list_registrations(session)[0].state is RegistrationState.DISABLED


def test_deployment_is_approved_for_an_organization_or_refused(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    waiting(database)
    client.sign_in(cast.ada.id)
    with database.read_session() as session:
        (deployment,) = list_deployments(session)
    here = f"/staff/lti/deployments/{deployment.public_id}"
    client.post(f"{here}/approve", data={"organization": "nobody"})
    with database.read_session() as session:
        assert list_deployments(session)[0].state is DeploymentState.PENDING
    client.post(f"{here}/approve", data={"organization": SLUG})
    with database.read_session() as session:
        assert list_deployments(session)[0].state is DeploymentState.APPROVED
    client.post(f"{here}/refuse")
    with database.read_session() as session:
        assert list_deployments(session)[0].state is DeploymentState.REFUSED


def test_each_organization_on_a_shared_platform_is_emailed_decisions(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    """The platform has no owner, as with Canvas: each customer has a deployment."""
    with database.transaction() as session:
        oak = make_organization(session, "oak-county")
        olga = make_login(session, "olga@oak.example")
        make_membership(session, oak, olga, role=Role.MANAGER)
        made = make_registration(session, organization=None)
        for name in "1", "2":
            pend_deployment(session, made, name)
    found = listed(database)
    here = {one.deployment_id: f"/staff/lti/deployments/{one.public_id}" for one in found}
    on, off = (text % {"system": made.details.name} for text in (IS_APPROVED, IS_OFF))
    client.sign_in(cast.ada.id)
    for _again in range(2):
        client.post(f"{here['1']}/approve", data={"organization": SLUG})
    client.post(f"{here['2']}/approve", data={"organization": "oak-county"})
    told = [(cast.mia.email, on), (olga.email, on)]
    assert subjects(database) == told
    client.post(f"/staff/lti/{made.public_id}/disable")
    told += [(cast.mia.email, off), (olga.email, off)]
    assert subjects(database) == told
    client.post(f"{here['1']}/refuse")
    assert subjects(database) == told  # it was off before
    client.post(f"/staff/lti/{made.public_id}/approve")
    client.post(f"{here['2']}/approve", data={"organization": SLUG})
    assert subjects(database) == [*told, (olga.email, on), (cast.mia.email, on), (olga.email, off)]


def test_owner_is_emailed_when_a_deployment_is_refused(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    with database.transaction() as session:
        made = connect_elm_county(session, cast)
    client.sign_in(cast.ada.id)
    client.post(f"/staff/lti/deployments/{listed(database)[0].public_id}/refuse")
    assert subjects(database) == [(cast.mia.email, IS_OFF % {"system": made.details.name})]


def listed(database: Database) -> tuple[DeploymentFacts, ...]:
    with database.read_session() as session:
        return list_deployments(session)


def test_last_launch_comes_from_the_launch_log(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    made = waiting(database)
    client.sign_in(cast.ada.id)
    assert 'data-testid="never-launched"' in client.get("/staff/lti").text
    at = NOW + timedelta(minutes=7)
    with database.transaction() as session:
        (deployment,) = list_deployments(session)
        write_launch(session, Occurrence(made.id, deployment.id), now=at)
        (deployment,) = list_deployments(session)
    assert deployment.launched_at == at
    page = client.get("/staff/lti").text
    assert 'data-testid="launched"' in page
    assert say_time_of(at, "America/New_York") in page


def test_log_is_shown_and_keys_are_rotated(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    made = waiting(database)
    with database.transaction() as session:
        reference = write_launch(session, Occurrence(registration_id=made.id), now=NOW)
    client.sign_in(cast.ada.id)
    assert reference in client.get("/staff/lti/log").text
    before = {key["kid"] for key in client.get("/lti/jwks").get_json()["keys"]}
    client.post("/staff/lti/keys/rotate", data={"at_once": "yes"})
    with database.read_session() as session:
        keys = {key.kid: key.state for key in list_keys(session)}
    assert sorted(keys.values()) == [KeyState.ACTIVE, KeyState.NEXT]
    assert not before & keys.keys()
    assert "Active" in client.get("/staff/lti").text


def test_staff_change_clock_anonymous_access_and_frame_settings(
    client: Visitor, database: Database, cast: Cast, clock: Clock
) -> None:
    made = waiting(database)
    client.sign_in(cast.ada.id)
    here = f"/staff/lti/{made.public_id}/settings"
    assert here in client.get("/staff/lti").text
    assert 'value="60"' in client.get(here).text
    told = {
        "leeway_s": "120",
        "admits_anonymous": "y",
        "frame_origins": "https://courses.example.edu\r\nhttps://Elm.example.edu/",
    }
    assert client.post(here, data=told).status_code == 303
    with database.read_session() as session:
        (kept,) = list_registrations(session)
        trail = session.scalars(select(AuditEntry.act)).all()
    assert (kept.details.leeway_s, kept.details.admits_anonymous) == (120, True)
    assert kept.details.frame_origins == (
        "https://courses.example.edu",
        "https://elm.example.edu",
    )
    assert "registration.edited" in trail
    page = client.get(here).text
    assert 'value="120"' in page
    assert "https://courses.example.edu\nhttps://elm.example.edu" in page
    client.post(here, data={"leeway_s": "0", "frame_origins": ""})
    with database.read_session() as session:
        (kept,) = list_registrations(session)
    assert (kept.details.leeway_s, kept.details.admits_anonymous) == (0, False)
    assert kept.details.frame_origins == ()


def test_simultaneous_changes_by_a_manager_are_preserved(
    client: Visitor,
    database: Database,
    cast: Cast,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = waiting(database)
    moved = replace(made.details, name="Elm Moodle", jwks_url="https://elsewhere.example.org/jwks")

    def validate(form: SettingsForm) -> bool:
        with database.transaction() as session:
            change_own(session, cast.organization_id, made.public_id, moved, actor=None, now=NOW)
        return Form.validate(form)

    monkeypatch.setattr(SettingsForm, "validate", validate)
    client.sign_in(cast.ada.id)
    told = {"leeway_s": "120", "frame_origins": "https://courses.example.edu"}
    assert client.post(f"/staff/lti/{made.public_id}/settings", data=told).status_code == 303
    with database.read_session() as session:
        (kept,) = list_registrations(session)
    assert kept.details == replace(
        moved, leeway_s=120, frame_origins=("https://courses.example.edu",)
    )


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"leeway_s": "301"}, "leeway_s"),
        ({"leeway_s": ""}, "leeway_s"),
        ({"leeway_s": "60", "frame_origins": "https://a.example/course"}, "frame_origins"),
        ({"leeway_s": "60", "frame_origins": "http://a.example"}, "frame_origins"),
    ],
)
def test_invalid_setting_shows_an_error_at_its_field(
    client: Visitor, database: Database, cast: Cast, clock: Clock, told: dict[str, str], field: str
) -> None:
    made = waiting(database)
    client.sign_in(cast.ada.id)
    answer = client.post(f"/staff/lti/{made.public_id}/settings", data=told)
    assert answer.status_code == 400
    assert f'id="{field}-error"' in answer.text
    with database.read_session() as session:
        assert list_registrations(session)[0].details == made.details
