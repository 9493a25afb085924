"""A platform and a tool that are registered with each other, for the launch benchmarks."""

from lms.core.clock import now
from lms.core.runtime import Carrel
from lti.registrations.deployments import approve_deployment
from lti.registrations.registrations import NewRegistration, RegistrationDetails, add_registration
from lti.selftest.platform.records import Tool
from tests.factories import make_organization
from tests.platform.platform import Platform


def registered(platform: Platform, base: str) -> Tool:
    """Register the tool at this address with a platform."""
    return platform.register(
        login_url=f"{base}/lti/login",
        redirect_uris=[f"{base}/lti/launch"],
        launch_url=f"{base}/lti/launch",
    )


def known_to(carrel: Carrel, platform: Platform, tool: Tool) -> None:
    """Add the platform to the installation, with its deployment approved for Elm County."""
    details = RegistrationDetails(
        name="A platform",
        auth_url=platform.addresses.auth,
        token_url=platform.addresses.token,
        jwks_url=platform.addresses.jwks,
        allows_loopback=True,
    )
    with carrel.database.transaction() as session:
        make_organization(session, "elm-county")
        new = NewRegistration(platform.issuer, tool.client_id, details)
        made = add_registration(session, new, actor=None, now=now())
        approve_deployment(
            session,
            made.public_id,
            tool.deployment_id,
            organization="elm-county",
            actor=None,
            now=now(),
        )
