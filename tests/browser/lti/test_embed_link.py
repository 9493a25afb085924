"""A recording on an organization's website by an embed link, with third-party cookies blocked."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import BrowserContext, FrameLocator, Page

from tests.browser.lti.cookie_settings import AS_IN_MOST_BROWSERS, Cookies, browsing
from tests.browser.lti.two_sites import ORGANIZATION, Library, play, until
from tests.browser.page_elements import submit_of
from tests.browser.sent_mail import found_in_letter
from tests.servers.process import free_port

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

STOPS_WITHIN_S = 60


class Site:
    """An organization's website, on a different site than ours: pages with frames."""

    def __init__(self, port: int) -> None:
        self.url = f"http://localhost:{port}"
        self.pages: dict[str, str] = {}


@contextmanager
def site() -> Iterator[Site]:
    """Serve a website on a free port."""
    made = Site(free_port())

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the base class's name)
            """Log nothing."""

        def do_GET(self) -> None:
            """Respond with a page."""
            page = made.pages.get(self.path)
            self.send_response(404 if page is None else 200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(f"<!doctype html><title>Elm</title>{page or ''}".encode())

    server = ThreadingHTTPServer(("localhost", int(made.url.rpartition(":")[2])), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()


def _frame(url: str) -> str:
    return (
        f'<iframe src="{url}" title="A recording" width="900" height="720"'
        ' referrerpolicy="strict-origin"></iframe>'
    )


def _link(library: Library, origin: str, *options: str) -> dict[str, Any]:
    told = ("embed", "add", ORGANIZATION, "--webinar", "course-1", "--origin", origin, *options)
    return library.carrel(*told)


def _code(library: Library, who: str) -> str:
    return found_in_letter(library.served, who, r"\b(\d{3} \d{3})\b")


def _visit(context: BrowserContext, site_: Site, url: str) -> tuple[Page, FrameLocator]:
    site_.pages["/staff"] = _frame(url)
    page = context.new_page()
    page.goto(f"{site_.url}/staff")
    return page, page.frame_locator("iframe")


@pytest.mark.parametrize("cookies", AS_IN_MOST_BROWSERS[1:])
def test_embed_link_plays_only_on_its_own_site_until_revoked(
    browser: "Browser", library: Library, tmp_path: Path, cookies: Cookies
) -> None:
    with (
        site() as elm,
        site() as stranger,
        browsing(browser, tmp_path, cookies, trusted=elm.url, framed=library.front) as context,
    ):
        named = _link(library, elm.url, "--rule", "named", "--expires", "2027-06-01T00:00Z")
        for_all = _link(library, elm.url, "--rule", "institution")
        shows_nothing_elsewhere(context, stranger, for_all)

        open_page, open_frame = _visit(context, elm, for_all["url"])
        play(open_frame)
        page, frame = _visit(context, elm, named["url"])
        who = f"reader-{cookies.name.lower()}@elm.example"
        frame.get_by_label("Email address").fill(who)
        submit_of(frame).click()
        frame.get_by_label("Code").wait_for()
        frame.get_by_label("Code").fill(_code(library, who))
        frame.get_by_role("button", name="Watch", exact=True).click()
        play(frame)
        if cookies is Cookies.THIRD_PARTY_BLOCKED:
            page.reload()  # the partitioned cookie still identifies them
            play(frame)

        for link in (named, for_all):
            library.carrel("embed", "revoke", link["id"])
        began = time.monotonic()  # after the commands, which a busy machine starts slowly
        for shown, place in ((page, frame), (open_page, open_frame)):
            place.get_by_text("revoked").wait_for(timeout=STOPS_WITHIN_S * 1000)
            until(place.locator("video"), "video => video.paused")
            assert time.monotonic() - began < STOPS_WITHIN_S
            assert shown.url.startswith("http://localhost")


def shows_nothing_elsewhere(context: BrowserContext, stranger: Site, link: dict[str, Any]) -> None:
    """Check that a link shows nothing in a frame of another website."""
    page, frame = _visit(context, stranger, link["url"])
    page.wait_for_load_state("networkidle")
    framed = [each.url for each in page.frames if each is not page.main_frame]
    assert not any("/lti/s/" in url for url in framed)
    assert frame.locator("video").count() == 0
    page.close()
