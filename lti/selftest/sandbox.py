"""The sandbox of the self-test: the tool with its own database and a registered platform."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from lms.core import clock
from lms.core.database import Database
from lms.core.model_base import new_public_id
from lms.core.runtime import Carrel
from lms.core.settings import Settings
from lms.lti_facade.sandbox_library import furnish, scratch_library
from lti.http.authorized_platform_calls import Services
from lti.keys.tool_keys import signing_key
from lti.protocol.tool_urls_and_scopes import ToolAddresses
from lti.registrations.deployments import approve_deployment
from lti.registrations.registrations import NewRegistration, RegistrationDetails, add_registration
from lti.selftest.platform.claims import Addresses, Launch
from lti.selftest.platform.keys import Key
from lti.selftest.platform.logins import begin, checked, fields_of
from lti.selftest.platform.platform import Platform
from lti.selftest.platform.records import Course, Link, Person, Tool
from lti.selftest.platform.server import LocalServer, app_of
from lti.selftest.platform.vocabulary import Role, Scope
from lti.selftest.simulated_browser import NOTHING_SAID, Page, Visitor

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

MakeTool = Callable[[Carrel], "WSGIApplication"]
MakeToken = Callable[[dict[str, Any]], str]
CLIENT_ID: Final = "carrel-selftest"
DEPLOYMENT: Final = "selftest"
SCOPES: Final = (Scope.LINE_ITEM, Scope.SCORE, Scope.MEMBERS_READ)


@dataclass(frozen=True, slots=True)
class Stage:
    """The parts of a sandbox; each link is to a webinar that the platform's organization owns."""

    platform: Platform
    tool: Tool
    course: Course
    links: tuple[Link, ...]
    database: Database
    addresses: ToolAddresses
    services: Services
    registration_id: int

    def visitor(self) -> Visitor:
        """Return a visitor with a new browser."""
        return Visitor(self.addresses.base_url)

    def launch(
        self,
        visitor: Visitor,
        principal: str,
        make: MakeToken,
        **fields: Any,  # noqa: ANN401  (those of Launch)
    ) -> Page:
        """Launch the tool with the token that `make` creates from valid claims; raises ValueError."""
        return visitor.post("/lti/launch", self.message(visitor, principal, make, **fields))

    def message(
        self,
        visitor: Visitor,
        principal: str,
        make: MakeToken,
        **fields: Any,  # noqa: ANN401  (those of Launch)
    ) -> dict[str, str]:
        """Return the state and token of a launch, after its login.

        Raises ValueError if the tool asks for anything else than a valid token of this launch.
        """
        sub = f"{principal.lower()}-{new_public_id()[:8]}"
        someone = Person(sub, "Self-test", "user", "user@selftest.example")
        person = fields.pop("person", someone)
        self.course.enroll(person, Role(principal))
        launch = Launch(
            tool=self.tool,
            deployment_id=DEPLOYMENT,
            person=person,
            course=self.course,
            begun_at=clock.now(),
            **{"link": self.links[0], **fields},
        )
        page = visitor.post("/lti/login", begin(self.platform, launch).fields)
        if page.location.partition("?")[0] != self.platform.addresses.auth:
            raise ValueError(f"{page.status}: {NOTHING_SAID}")
        asked = fields_of(page.location)
        checked(self.platform, asked)
        token = make(self.platform.claims_of(launch, asked["nonce"]))
        return {"state": asked["state"], "id_token": token}


@contextmanager
def staged(settings: Settings, make_tool: MakeTool) -> Iterator[Stage]:
    """Set up the sandbox, and remove it afterward, even after an error.

    The tool is this version's, over a temporary database that the migrations have just created. No row
    of the installation's own database is read or written.
    """
    with (
        LocalServer() as server,
        LocalServer() as lms,
        scratch_library(settings, base_url=server.url, now=clock.now()) as carrel,
    ):
        # a query as Moodle's, which the tool must keep
        addresses = Addresses(lms.url, lms.url, "Self-test", line_item_query="type_id=7")
        platform = Platform(addresses, Key.make())
        with lms.answering(app_of(platform)), server.answering(make_tool(carrel)):
            yield _set(carrel, platform, ToolAddresses(server.url))


def _set(carrel: Carrel, platform: Platform, addresses: ToolAddresses) -> Stage:
    now = clock.now()
    with carrel.database.transaction() as session:
        found = furnish(session, now=now)
        details = RegistrationDetails(
            name="Self-test",
            auth_url=platform.addresses.auth,
            token_url=platform.addresses.token,
            jwks_url=platform.addresses.jwks,
            allows_loopback=True,
        )
        new = NewRegistration(platform.issuer, CLIENT_ID, details, found.organization)
        registered = add_registration(session, new, actor=None, now=now)
        approve_deployment(
            session,
            registered.public_id,
            DEPLOYMENT,
            organization=found.organization,
            actor=None,
            now=now,
        )
    tool = Tool(
        client_id=CLIENT_ID,
        deployment_ids=[DEPLOYMENT],
        name="Carrel",
        login_url=addresses.login,
        redirect_uris=(addresses.launch,),
        launch_url=addresses.launch,
        scopes=SCOPES,
        jwks_url=addresses.jwks,
    )
    course = Course("Course-A", "Self-test", "The self-test's course")
    links = [
        Link(slug, CLIENT_ID, DEPLOYMENT, course.id, slug, addresses.launch, {"webinar": slug})
        for slug in found.webinars
    ]
    platform.records.tools[tool.client_id] = tool
    platform.records.courses[course.id] = course
    platform.records.links.update({link.id: link for link in links})
    secret_key = carrel.settings.secret_key
    return Stage(
        platform=platform,
        tool=tool,
        course=course,
        links=tuple(links),
        database=carrel.database,
        addresses=addresses,
        services=Services(lambda: signing_key(carrel.database, secret_key, now=clock.now())),
        registration_id=registered.id,
    )
