"""Our site and an LMS on two different sites, and people who go from one to the other."""

import io
import json
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, FrameLocator, Page

from lms.cli.root_command import run
from lms.core.clock import now
from lms.core.runtime import open_carrel
from lms.core.settings import Settings
from lms.models.organizations import Organization
from lms.pricing.price_list import set_prices
from lms.seller.settings import edit_seller
from lti.selftest.platform.records import Link, Person, Tool
from tests.browser.conftest import ROOT, SECRET_KEY, Film, Served
from tests.browser.lti.cookie_settings import Proxy, proxy
from tests.browser.test_request_to_sale import PRICES
from tests.cli.command_runner import enter
from tests.factories import make_organization, make_pool, make_pool_grant
from tests.platform.app import running_platform
from tests.platform.platform import Platform
from tests.platform.product_quirks import PLAIN, Habits
from tests.seller.seller_settings import COMPLETE
from tests.servers.process import free_port, running
from wsgi import COMPONENTS

PATIENCE_MS = 60_000
STARTS_WITHIN_MS = 120_000
PLAYING = "video => video.currentTime > 1 && !video.paused"
ORGANIZATION = "elm-county"
TITLES = ("Getting the most from a recording", "The quiet desk", "Maps for everybody")


@dataclass(frozen=True, slots=True)
class Library:
    """`carrel serve` behind a proxy: its URL and its command line."""

    served: Served
    front: Proxy
    environ: dict[str, str]

    @property
    def url(self) -> str:
        """The URL of our site, on a different site than the platform's."""
        return f"http://127.0.0.1:{self.front.port}"

    def carrel(self, *words: str) -> dict[str, Any]:
        """Run a `carrel` command; returns its output as JSON."""
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            enter(patch, self.environ)
            code = run(COMPONENTS, [*words, "--json"])
        assert code == 0, err.getvalue()
        answer: dict[str, Any] = json.loads(out.getvalue())
        return answer

    def connect(self, platform: Platform) -> Tool:
        """Register the platform and the tool with each other, and approve the deployment."""
        tool = platform.register(
            name="Carrel",
            login_url=f"{self.url}/lti/login",
            redirect_uris=[f"{self.url}/lti/launch"],
            launch_url=f"{self.url}/lti/launch",
            jwks_url=f"{self.url}/lti/jwks",
        )
        told = {
            "--issuer": platform.issuer,
            "--client-id": tool.client_id,
            "--auth-url": platform.addresses.auth,
            "--token-url": platform.token_url_of(tool),
            "--jwks-url": platform.jwks_url_of(tool),
            "--organization": ORGANIZATION,
            "--deployment": tool.deployment_id,
        }
        options = [word for pair in told.items() for word in pair]
        self.carrel("lti", "registration", "add", *options, "--allow-loopback")
        return tool


@contextmanager
def library_at(place: Path, database_url: str, film: Film) -> Iterator[Library]:
    """Serve a site whose Elm County has access to three webinars for all its people."""
    with ExitStack() as stack:
        front = stack.enter_context(proxy())
        front.target = free_port()
        environ = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "PYTHONPATH": str(ROOT),
            "CARREL_DATA_DIR": str(place / "house"),
            "CARREL_DATABASE_URL": database_url,
            "CARREL_BASE_URL": f"http://127.0.0.1:{front.port}",
            "CARREL_SECRET_KEY": SECRET_KEY,
            "CARREL_TRUSTED_PROXIES": "127.0.0.0/8",
        }
        carrel = open_carrel(Settings.from_env(environ))
        stack.callback(carrel.database.dispose)
        served = Served(environ["CARREL_BASE_URL"], front.target, carrel, film)
        command = [sys.executable, ROOT / "wsgi.py", "serve", "--bind", f"127.0.0.1:{front.target}"]
        log = place / "log"
        stack.enter_context(
            running(command, ready=lambda: _answers(served), log=log, environ=environ)
        )
        _stock(served)
        yield Library(served, front, environ)


def _stock(served: Served) -> None:
    with served.carrel.database.transaction() as session:
        set_prices(session, PRICES, actor=None, now=now())
        edit_seller(session, COMPLETE, actor=None, now=now())
        elm: Organization = make_organization(session, ORGANIZATION, name="Elm County Library")
        for number, title in enumerate(TITLES, 1):
            # with a pool for everything, the picker would list other tests' webinars first
            webinar = served.add_webinar(session, f"course-{number}", title=title)
            make_pool_grant(session, make_pool(session, elm, webinar, capacity=None))


def _answers(served: Served) -> bool:
    try:
        return served.status_of("/healthz", {}) == 200
    except OSError:
        return False


@dataclass(frozen=True, slots=True)
class Visitor:
    """A person on the platform with a browser."""

    platform: Platform
    page: Page
    person: Person

    @classmethod
    def arrive(cls, context: BrowserContext, platform: Platform, person: Person) -> "Visitor":
        """Open the platform and sign in as a person."""
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.goto(platform.url)
        page.locator(f"form[action='/become/{person.id}'] button").click()
        return cls(platform, page, person)

    @property
    def tool(self) -> FrameLocator:
        """The tool's page in the platform's frame."""
        return self.page.frame_locator("iframe[data-tool]")

    def open(self, link: Link) -> None:
        """Open a link of the course in the frame."""
        self.page.goto(f"{self.platform.url}/links/{link.id}")

    def messages(self) -> list[dict[str, Any]]:
        """Return the tool's messages to the platform's page."""
        said: list[dict[str, Any]] = self.page.evaluate("window.platformMessages")
        return said


@contextmanager
def school(library: Library, habits: Habits = PLAIN) -> Iterator[tuple[Platform, Tool]]:
    """Run a platform with these habits that is connected to the site."""
    with running_platform(habits=habits) as platform:
        yield platform, library.connect(platform)


def play(place: Page | FrameLocator) -> None:
    """Start the recording and wait until it plays."""
    place.locator("media-controller .player-bar media-play-button").click()
    video = place.locator("video")
    video.wait_for(state="attached")
    until(video, PLAYING)


def until(thing: Any, truth: str, within_ms: int = STARTS_WITHIN_MS) -> None:
    """Wait until an expression about an element is true; raises AssertionError."""
    ends = time.monotonic() + within_ms / 1000
    while time.monotonic() < ends:
        if thing.evaluate(truth):
            return
        thing.page.wait_for_timeout(250)
    raise AssertionError(f"not within {within_ms} ms: {truth}")
