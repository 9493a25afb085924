"""Registrations and deployments: platforms' settings, and the organization of a launch."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.core.database import Database
from lms.core.errors import Conflict, Invalid, NotFound
from lms.mail.links import Links
from lms.models.audit import AuditEntry
from lti.models.registrations_and_keys import DeploymentState, RegistrationState
from lti.protocol.platform_urls import origin_of, origins_of
from lti.registrations.connection_decisions import approve_platform
from lti.registrations.deployments import (
    approve_deployment,
    find_deployment,
    list_deployments,
    refuse_deployment,
    see_deployment,
)
from lti.registrations.registrations import (
    NewRegistration,
    add_registration,
    approve_registration,
    disable_registration,
    edit_registration,
    find_registration,
    list_registrations,
    registrations_of_issuer,
)
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import make_organization
from tests.lti.factories import (
    CLIENT_ID,
    ISSUER,
    SLUG,
    connect_elm_county,
    make_registration,
    pend_deployment,
    platform_details,
)


def _acts(session: Session) -> list[str]:
    return [row.act for row in session.scalars(select(AuditEntry).order_by(AuditEntry.id))]


def test_registration_is_stored_as_given_and_audited(database: Database, cast: Cast) -> None:
    details = platform_details(
        token_audience="https://api.example.edu/Auth/Token",
        frame_origins=("https://Courses.example.edu/",),
        leeway_s=5,
        admits_anonymous=True,
        product="moodle",
    )
    with database.transaction() as session:
        made = make_registration(session, details=details)
        assert made.details == replace(details, frame_origins=("https://courses.example.edu",))
        assert made.organization is not None
        assert made.organization.slug == SLUG
        assert made.state is RegistrationState.ACTIVE
        assert made.origins == (ISSUER, "https://courses.example.edu")
        assert find_registration(session, made.public_id) == made
        assert _acts(session) == ["registration.added"]


def test_issuer_and_client_id_can_be_registered_once(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        first = make_registration(session)
        with pytest.raises(Conflict):
            make_registration(session)
        second = make_registration(session, client_id="another")
        assert registrations_of_issuer(session, ISSUER, CLIENT_ID) == (first,)
        assert registrations_of_issuer(session, ISSUER, None) == (first, second)
        assert registrations_of_issuer(session, ISSUER.upper(), None) == ()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "),
        ("auth_url", "http://lms.example.edu/auth"),
        ("auth_url", "http://127.0.0.1/auth"),
        ("token_url", "javascript:alert(1)"),
        ("token_url", "https://10.0.0.7/token"),
        ("auth_url", "https://localhost/auth"),
        ("jwks_url", "https://[fe80::1]/jwks"),
        ("jwks_url", "https://169.254.169.254/jwks"),
        ("token_url", "https://user:word@lms.example.edu/token"),
        ("jwks_url", "https://lms.example.edu:port/jwks"),
        ("jwks_url", "https://lms.example.edu/" + "k" * 1000),
        ("jwks_url", "https://lms.example.edu\\@evil.example/"),
        ("jwks_url", "https://lms.exämple.edu/jwks"),
        ("jwks_url", ""),
        ("leeway_s", -1),
        ("leeway_s", 301),
        ("frame_origins", ("https://lms.example.edu/path",)),
        ("frame_origins", ("*",)),
    ],
)
def test_invalid_detail_names_its_field(
    database: Database, cast: Cast, field: str, value: object
) -> None:
    with database.transaction() as session, pytest.raises(Invalid) as fault:
        make_registration(session, details=platform_details(**{field: value}))
    assert list(fault.value.fields) == [field]


def test_issuer_and_client_id_are_required(database: Database) -> None:
    with database.transaction() as session, pytest.raises(Invalid) as fault:
        add_registration(session, NewRegistration(" ", "", platform_details()), actor=None, now=NOW)
    assert set(fault.value.fields) == {"issuer", "client_id"}


def test_plain_http_is_accepted_only_for_loopback(database: Database) -> None:
    for host in ("127.0.0.1:8123", "[::1]:8123", "localhost:8123", "lms.localhost"):
        with database.transaction() as session:
            made = make_registration(
                session,
                client_id=host,
                details=platform_details(f"http://{host}"),
                organization=None,
            )
            assert made.origins == (ISSUER, f"http://{host}")
    with database.transaction() as session, pytest.raises(Invalid):
        make_registration(
            session,
            details=platform_details("http://192.168.0.7", allows_loopback=True),
            organization=None,
        )


def test_origins_are_normalized_as_browsers_do() -> None:
    assert origin_of("https://LMS.example.edu:443/x?y") == "https://lms.example.edu"
    assert origin_of("https://lms.example.edu:8443/") == "https://lms.example.edu:8443"
    assert origin_of("Blackboard") == ""
    assert origins_of(("https://a.example/1", "x", "https://a.example/2")) == ("https://a.example",)


def test_registration_is_edited_disabled_and_approved_again(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        made = make_registration(session)
        edited = edit_registration(
            session, made.public_id, replace(made.details, name="Moodle 5"), actor=None, now=NOW
        )
        assert edited.details.name == "Moodle 5"
        for _twice in range(2):
            stopped = disable_registration(session, made.public_id, actor=None, now=NOW)
        assert stopped.state is RegistrationState.DISABLED
        taken_up = approve_registration(session, made.public_id, actor=None, now=NOW)
        assert taken_up.state is RegistrationState.ACTIVE
        assert _acts(session) == [
            "registration.added",
            "registration.edited",
            "registration.disabled",
            "registration.approved",
        ]
        for act in (disable_registration, approve_registration):
            with pytest.raises(NotFound):
                act(session, "0" * 26, actor=None, now=NOW)
        with pytest.raises(NotFound):
            find_registration(session, "0" * 26)


def test_organization_sees_registrations_it_added_or_is_deployed_on(
    database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        oak = make_organization(session, "oak-city")
        shared = make_registration(session, client_id="shared", organization=None)
        brought = make_registration(session, client_id="brought")
        approve_deployment(
            session, shared.public_id, "oak", organization="oak-city", actor=None, now=NOW
        )
        assert list_registrations(session) == (shared, brought)
        assert list_registrations(session, organization_id=cast.organization_id) == (brought,)
        assert list_registrations(session, organization_id=oak.id) == (shared,)


def test_unknown_deployment_is_recorded_once_as_pending(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        made = make_registration(session)
        first = see_deployment(session, made.id, "7", now=NOW)
        again = see_deployment(session, made.id, "7", now=NOW + timedelta(hours=2))
        assert (first.state, first.organization_id) == (DeploymentState.PENDING, None)
        assert first.is_new
        assert again == replace(first, is_new=False)
        (listed,) = list_deployments(session)
        assert listed.seen_at == NOW + timedelta(hours=2)
        assert (listed.registration, listed.platform) == (made.public_id, "Elm County Moodle")


def test_platform_without_an_organization_is_approved_without_its_deployments(
    database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        made = make_registration(session, organization=None)
        pend_deployment(session, made, "2")
        kept = approve_platform(
            session, made.public_id, links=Links("http://localhost"), actor=None, now=NOW
        )
        (waiting,) = list_deployments(session)
        assert kept.state is RegistrationState.ACTIVE
        assert (waiting.state, waiting.organization) == (DeploymentState.PENDING, None)


def test_deployment_is_approved_for_an_organization_or_refused(
    database: Database, cast: Cast
) -> None:
    with database.transaction() as session:
        made = connect_elm_county(session, cast)
        (approved,) = list_deployments(session)
        assert approved.state is DeploymentState.APPROVED
        assert approved.organization is not None
        assert approved.organization.id == cast.organization_id
        pend_deployment(session, made, "2")
        refused = refuse_deployment(session, made.public_id, "2", actor=None, now=NOW)
        assert (refused.state, refused.decided_at) == (DeploymentState.REFUSED, NOW)
        assert find_deployment(session, refused.public_id) == refused
        assert len(list_deployments(session, registration=made.public_id)) == 2
        assert _acts(session)[-2:] == ["deployment.approved", "deployment.refused"]


def test_decision_on_an_unknown_record_is_not_found(database: Database, cast: Cast) -> None:
    with database.transaction() as session:
        made = make_registration(session)
        with pytest.raises(NotFound):
            approve_deployment(
                session, made.public_id, "1", organization="nowhere", actor=None, now=NOW
            )
        with pytest.raises(NotFound):
            approve_deployment(session, "0" * 26, "1", organization=SLUG, actor=None, now=NOW)
        for bad in ("", "d" * 256):
            with pytest.raises(Invalid):
                approve_deployment(
                    session, made.public_id, bad, organization=SLUG, actor=None, now=NOW
                )
        with pytest.raises(NotFound):
            refuse_deployment(session, made.public_id, "unseen", actor=None, now=NOW)
        with pytest.raises(NotFound):
            find_deployment(session, "0" * 26)
