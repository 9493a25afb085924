"""The sandbox of the self-test: the tool with its own database and a registered platform."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from urllib3.exceptions import HTTPError

from lms.core import clock
from lms.core.database import Database
from lms.core.model_base import new_public_id
from lms.core.runtime import Carrel
from lms.core.settings import Settings
from lms.lti_facade.sandbox_library import furnish, scratch_library
from lti.http.authorized_platform_calls import Services
from lti.keys.tool_keys import signing_key
from lti.protocol.spec_vocabulary import (
    CONTEXT,
    CUSTOM,
    DEPLOYMENT_ID,
    ENDPOINT,
    LINE_ITEM_SCOPE,
    MEMBERSHIPS,
    MESSAGE_TYPE,
    PLATFORM,
    PRESENTATION,
    RESOURCE_LINK,
    ROLES,
    SCORE_SCOPE,
    TARGET_LINK_URI,
    VERSION,
    VERSION_CLAIM,
)
from lti.protocol.tool_urls_and_scopes import ToolAddresses
from lti.registrations.deployments import approve_deployment
from lti.registrations.registrations import NewRegistration, RegistrationDetails, add_registration
from lti.selftest.certification_cases import MEMBERSHIP
from lti.selftest.simulated_browser import Page, Visitor
from lti.selftest.simulated_platform import (
    CLIENT_ID,
    COURSE,
    DEPLOYMENT,
    LocalServer,
    Platform,
    running_platform,
)

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

MakeTool = Callable[[Carrel], "WSGIApplication"]
LASTS_S: Final = 300


@dataclass(frozen=True, slots=True)
class Stage:
    """The parts of a sandbox; `webinars` are the slugs of the webinars that the platform's organization owns."""

    platform: Platform
    database: Database
    addresses: ToolAddresses
    services: Services
    registration_id: int
    webinars: tuple[str, ...]

    def visitor(self) -> Visitor:
        """Return a visitor with a new browser."""
        return Visitor(self.addresses.base_url)

    def launch(
        self,
        visitor: Visitor,
        principal: str,
        make: Callable[[dict[str, Any]], str],
        *,
        sub: str = "",
        message: str = "LtiResourceLinkRequest",
    ) -> Page:
        """Launch the tool with the token that `make` creates from valid claims."""
        who = sub or f"{principal.lower()}-{new_public_id()[:8]}"
        state, nonce = visitor.begin(self.login(who))
        token = make(self.claims(principal, who, nonce, message))
        return visitor.post("/lti/launch", {"state": state, "id_token": token})

    def login(self, sub: str) -> dict[str, str]:
        """Return the parameters with which the platform begins a login."""
        return {
            "iss": self.platform.url,
            "login_hint": sub,
            "target_link_uri": self.addresses.launch,
            "lti_message_hint": "selftest",
            "client_id": CLIENT_ID,
            "lti_deployment_id": DEPLOYMENT,
        }

    def claims(self, principal: str, sub: str, nonce: str, message: str) -> dict[str, Any]:
        """Return the claims of a valid token."""
        begun = int(clock.now().timestamp())
        return {
            "iss": self.platform.url,
            "aud": CLIENT_ID,
            "sub": sub,
            "nonce": nonce,
            "iat": begun,
            "exp": begun + LASTS_S,
            "name": "Self-test user",
            "given_name": "Somebody",
            "family_name": "at the self-test",
            "email": "somebody@selftest.example",
            "locale": "en",
            MESSAGE_TYPE: message,
            VERSION_CLAIM: VERSION,
            DEPLOYMENT_ID: DEPLOYMENT,
            TARGET_LINK_URI: self.addresses.launch,
            ROLES: [MEMBERSHIP + principal],
            RESOURCE_LINK: {"id": "Link-1", "title": "The self-test's link"},
            CONTEXT: {"id": COURSE, "title": "The self-test's course"},
            CUSTOM: {"webinar": self.webinars[0]},
            PLATFORM: {"guid": "selftest", "name": "Self-test"},
            PRESENTATION: {
                "document_target": "iframe",
                "return_url": f"{self.platform.url}/course",
                "locale": "en",
            },
            ENDPOINT: {
                "scope": [LINE_ITEM_SCOPE, SCORE_SCOPE],
                "lineitems": f"{self.platform.url}/line_items",
            },
            MEMBERSHIPS: {
                "context_memberships_url": f"{self.platform.url}/members",
                "service_versions": ["2.0"],
            },
        }


@contextmanager
def staged(settings: Settings, make_tool: MakeTool) -> Iterator[Stage]:
    """Set up the sandbox, and remove it afterward, even after an error.

    The tool is this version's, over a temporary database that the migrations have just created. No row
    of the installation's own database is read or written.
    """
    with (
        LocalServer() as server,
        scratch_library(settings, base_url=server.url, now=clock.now()) as carrel,
        running_platform() as platform,
        server.answering(make_tool(carrel)),
    ):
        yield _set(carrel, platform, server.url)


def _set(carrel: Carrel, platform: Platform, url: str) -> Stage:
    now = clock.now()
    with carrel.database.transaction() as session:
        found = furnish(session, now=now)
        details = RegistrationDetails(
            name="Self-test",
            auth_url=f"{platform.url}/auth",
            token_url=f"{platform.url}/token",
            jwks_url=f"{platform.url}/jwks",
            allows_loopback=True,
        )
        new = NewRegistration(platform.url, CLIENT_ID, details, found.organization)
        registered = add_registration(session, new, actor=None, now=now)
        approve_deployment(
            session,
            registered.public_id,
            DEPLOYMENT,
            organization=found.organization,
            actor=None,
            now=now,
        )
    secret_key = carrel.settings.secret_key
    addresses = ToolAddresses(url)
    with suppress(ValueError, HTTPError):  # otherwise the tool's signatures can't be verified
        platform.tool.jwks = Visitor(url).json("/lti/jwks")
    return Stage(
        platform=platform,
        database=carrel.database,
        addresses=addresses,
        services=Services(lambda: signing_key(carrel.database, secret_key, now=clock.now())),
        registration_id=registered.id,
        webinars=found.webinars,
    )


def link_claims(claims: Mapping[str, Any], link_id: str, webinar: str) -> dict[str, Any]:
    """Return the claims of a launch from another link in the same course."""
    return {
        **claims,
        RESOURCE_LINK: {"id": link_id, "title": "Another link"},
        CUSTOM: {"webinar": webinar},
    }
