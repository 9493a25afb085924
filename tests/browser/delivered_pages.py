"""The kinds of pages that `carrel serve` delivers to a browser, and what each transfers."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from lms.core.runtime import open_carrel
from lms.core.settings import Settings
from tests.browser.conftest import ROOT, SECRET_KEY
from tests.browser.person import Person
from tests.browser.route_walk import RECORDED, World, furnish
from tests.servers.process import free_port, listening, running

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# Who opens each kind of page, and its path; names in braces are keys of a World's values.
KINDS: Final[Mapping[str, tuple[str, str]]] = {
    "home": ("nobody", "/"),
    "catalog": ("nobody", "/webinars"),
    "webinar for sale": ("nobody", f"/webinars/{RECORDED}"),
    "presenter": ("nobody", "/presenters/tobias-karrow"),
    "request form": ("nobody", "/ask"),
    "my webinars": ("alice", "/library"),
    "watch": ("alice", f"/webinars/{RECORDED}/watch"),
    "seats of an organization": ("mia", "/organization/{organization_id}/people"),
    "webinar's staff page": ("ada", f"/staff/webinars/{RECORDED}"),
}
QUIET_MS: Final = 1_500
POLL_MS: Final = 100
PICTURES: Final = frozenset({"Image", "Media"})


@dataclass(frozen=True, slots=True)
class Arrival:
    """What one page transferred: bytes including headers, by URL, with pictures separate."""

    files: Mapping[str, int]
    pictures: Mapping[str, int]

    @property
    def total(self) -> int:
        """All bytes except pictures and media."""
        return sum(self.files.values())


class Wire:
    """Counts what a page transfers."""

    def __init__(self, page: "Page") -> None:
        self._asked: set[str] = set()
        self._before: set[str] = set()
        self._kinds: dict[str, tuple[str, str]] = {}
        self._sizes: dict[str, int] = {}
        self._page = page
        self.session = page.context.new_cdp_session(page)
        self.session.on("Network.requestWillBeSent", self._on_request)
        self.session.on("Network.responseReceived", self._on_response)
        self.session.on("Network.loadingFinished", self._on_end)
        self.session.on("Network.loadingFailed", self._on_failure)
        self.session.send("Network.enable")

    def _on_request(self, told: Any) -> None:
        url = told["request"]["url"]
        # pages poll for encode progress, so count each URL once
        if url.startswith("http") and url not in self._before:
            self._before.add(url)
            self._asked.add(told["requestId"])

    def _on_failure(self, told: Any) -> None:
        self._asked.discard(told["requestId"])

    def _on_response(self, told: Any) -> None:
        self._kinds[told["requestId"]] = (told["type"], told["response"]["url"])

    def _on_end(self, told: Any) -> None:
        self._sizes[told["requestId"]] = int(told["encodedDataLength"])
        self._asked.discard(told["requestId"])

    def wait_until_quiet(self) -> None:
        """Wait until all requests are answered and no new ones come for a while."""
        quiet = 0
        while quiet < QUIET_MS:
            self._page.wait_for_timeout(POLL_MS)
            quiet = 0 if self._asked else quiet + POLL_MS

    def arrival(self) -> Arrival:
        """Return what has been transferred so far."""
        files: dict[str, int] = {}
        pictures: dict[str, int] = {}
        for name, size in self._sizes.items():
            kind, url = self._kinds.get(name, ("", name))
            (pictures if kind in PICTURES else files)[url] = size
        return Arrival(files, pictures)


@contextmanager
def serving_world(place: Path, database_url: str) -> Iterator[World]:
    """Set up a site and run `carrel serve` on it during the block, without a worker."""
    port = free_port()
    environ = {
        "CARREL_DATA_DIR": str(place / "house"),
        "CARREL_DATABASE_URL": database_url,
        # Chromium accepts Brotli only at localhost and under HTTPS
        "CARREL_BASE_URL": f"http://localhost:{port}",
        "CARREL_SECRET_KEY": SECRET_KEY,
    }
    carrel = open_carrel(Settings.from_env(environ))
    world = furnish(carrel, environ["CARREL_BASE_URL"])
    command = [sys.executable, ROOT / "wsgi.py", "serve", "--no-worker", "--workers", "1"]
    with running(
        [*command, "--bind", f"127.0.0.1:{port}"],
        ready=lambda: listening(port),
        log=place / "log",
        environ={"PATH": "/usr/local/bin:/usr/bin:/bin", "PYTHONPATH": str(ROOT), **environ},
    ):
        yield world
    carrel.database.dispose()


@contextmanager
def opened(browser: "Browser", world: World, kind: str, **how: Any) -> Iterator[tuple[Person, str]]:
    """Yield a person with an empty browser cache for a kind of page, and the page's path."""
    who, path = KINDS[kind]
    person = Person.arrive(browser, world.url, world.carrel, world.logins[who], **how)
    try:
        yield person, path.format_map(world.values)
    finally:
        with suppress(Exception):
            person.page.goto("about:blank")
        person.leave()
