"""A running tool, its platform, and a browser that moves between them over HTTP."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from html import unescape
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import requests

from lms.app import create_app
from lms.core.runtime import Carrel
from lms.web.wsgi_middleware_stack import front
from lti.registrations.deployments import approve_deployment
from lti.registrations.registrations import RegistrationFacts
from lti.selftest.platform.logins import LoginRequest
from lti.selftest.platform.records import Link, Person, Tool
from tests.clock import NOW
from tests.lti.factories import SLUG, make_registration, platform_details
from tests.platform.id_tokens import Forge
from tests.platform.platform import FormPost, Platform
from tests.platform.web_server import answering, bound
from wsgi import COMPONENTS

OPENED: Final = re.compile(r"/lti/s/[A-Za-z0-9_-]{43}/")
Make = Callable[[Forge, Mapping[str, Any]], str]


class Browser(requests.Session):
    """A browser with cookies for one host; it treats this machine as secure, as Chromium does."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False
        self.kept: dict[str, str] = {}

    def request(self, method: str, url: str, **more: Any) -> requests.Response:  # type: ignore[override]
        """Send a request with the stored cookies, store new ones, and follow no redirect."""
        cookies = "; ".join(f"{name}={value}" for name, value in self.kept.items())
        headers = {**(more.pop("headers", None) or {}), **({"Cookie": cookies} if cookies else {})}
        self.cookies.clear()
        answer = super().request(
            method, url, **{**more, "headers": headers, "allow_redirects": False, "timeout": 30}
        )
        self.kept |= {cookie.name: cookie.value or "" for cookie in answer.cookies}
        return answer


@dataclass(slots=True)
class Connection:
    """A running tool that is registered with a running platform, and a link in its course."""

    url: str
    platform: Platform
    tool: Tool
    registration: RegistrationFacts
    link: Link
    browser: Browser = field(default_factory=Browser)

    @property
    def learner(self) -> Person:
        """Return a learner of the platform's course."""
        return self.platform.course.learners[0]

    @property
    def teacher(self) -> Person:
        """Return a teacher of the platform's course."""
        return self.platform.course.instructors[0]

    def login(self, begun: LoginRequest) -> requests.Response:
        """Send the browser to the tool's login URL, as the platform does."""
        given = {"params" if begun.method == "GET" else "data": begun.fields}
        return self.browser.request(begun.method, begun.url, **given)

    def answered(self, begun: LoginRequest) -> FormPost:
        """Log in and return the platform's answer after all its checks."""
        return self.platform.answer(onward(self.login(begun)))

    def post(self, posted: FormPost) -> requests.Response:
        """Post the platform's answer to the tool."""
        return self.browser.post(posted.url, data=posted.fields)

    def launch(self, person: Person | None = None, **more: Any) -> requests.Response:
        """Launch a link and return the tool's final response."""
        return self.post(
            self.answered(self.platform.begin(person or self.learner, self.link, **more))
        )

    def forged(self, make: Make, begun: LoginRequest | None = None) -> requests.Response:
        """Log in and post a forged token; `make` builds it from the claims."""
        begun = begun or self.platform.begin(self.learner, self.link)
        asked = parse_qs(urlsplit(onward(self.login(begun))).query)
        claims = self.platform.claims_of(begun.launch, asked["nonce"][0])
        fields = {"id_token": make(self.platform.forge, claims), "state": asked["state"][0]}
        return self.post(FormPost(f"{self.url}/lti/launch", fields))


@contextmanager
def connected(carrel: Carrel, platform: Platform, **details: object) -> Iterator[Connection]:
    """Run the tool, registered with Elm County's platform; `details` change the registration."""
    server = bound("127.0.0.1:0", None)
    url = f"http://127.0.0.1:{server.port}"
    running = replace(carrel, settings=replace(carrel.settings, base_url=url))
    tool = platform.register(
        login_url=f"{url}/lti/login",
        redirect_uris=[f"{url}/lti/launch"],
        launch_url=f"{url}/lti/launch",
        jwks_url=f"{url}/lti/jwks",
    )
    given = {"jwks_url": platform.jwks_url_of(tool), "allows_loopback": True, **details}
    with running.database.transaction() as session:
        registration = make_registration(
            session,
            issuer=platform.issuer,
            client_id=tool.client_id,
            details=platform_details(platform.url, **given),
        )
        approve_deployment(
            session,
            registration.public_id,
            tool.deployment_id,
            organization=SLUG,
            actor=None,
            now=NOW,
        )
    link = platform.link(tool, custom={"webinar": "reading-rooms"})
    app = create_app(running, COMPONENTS)
    with answering(server, front(app, running)):
        yield Connection(url, platform, tool, registration, link)


def onward(answer: requests.Response) -> str:
    """Return the URL that a login leads to, by redirect or by a page for platform storage."""
    if answer.is_redirect:
        return answer.headers["Location"]
    found = re.search(r'data-onward="([^"]+)"', answer.text)
    assert found is not None, (answer.status_code, answer.text)
    return unescape(found[1])


def is_open(answer: requests.Response) -> bool:
    """Tell whether a launch led to a framed session."""
    return answer.status_code == 303 and bool(OPENED.fullmatch(answer.headers["Location"]))
