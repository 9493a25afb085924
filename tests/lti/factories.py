"""Factories for registrations and deployments."""

from sqlalchemy.orm import Session

from lti.registrations.deployments import approve_deployment, see_deployment
from lti.registrations.registrations import (
    NewRegistration,
    RegistrationDetails,
    RegistrationFacts,
    add_registration,
)
from tests.cast import Cast
from tests.clock import NOW

ISSUER = "https://lms.example.edu"
CLIENT_ID = "carrel-client"
DEPLOYMENT_ID = "1"
SLUG = "elm-county"  # the test organization


def platform_details(origin: str = ISSUER, **values: object) -> RegistrationDetails:
    """Return a registration's details at this origin; http origins allow loopback."""
    given: dict[str, object] = {
        "name": "Elm County Moodle",
        "auth_url": f"{origin}/auth",
        "token_url": f"{origin}/token",
        "jwks_url": f"{origin}/jwks",
        "allows_loopback": origin.startswith("http://"),
        **values,
    }
    return RegistrationDetails(**given)  # type: ignore[arg-type]  # fields by name


def make_registration(
    session: Session,
    *,
    issuer: str = ISSUER,
    client_id: str = CLIENT_ID,
    details: RegistrationDetails | None = None,
    organization: str | None = SLUG,
) -> RegistrationFacts:
    """Add an active registration that Elm County entered, without a deployment."""
    new = NewRegistration(issuer, client_id, details or platform_details(), organization)
    return add_registration(session, new, actor=None, now=NOW)


def connect_elm_county(
    session: Session,
    cast: Cast,
    *,
    issuer: str = ISSUER,
    details: RegistrationDetails | None = None,
    deployment_id: str = DEPLOYMENT_ID,
) -> RegistrationFacts:
    """Add an active registration with a deployment approved for Elm County."""
    made = make_registration(session, issuer=issuer, details=details)
    approve_deployment(
        session, made.public_id, deployment_id, organization=SLUG, actor=None, now=NOW
    )
    return made


def pend_deployment(session: Session, registration: RegistrationFacts, deployment_id: str) -> int:
    """Add a pending deployment; return its row ID."""
    return see_deployment(session, registration.id, deployment_id, now=NOW).id
