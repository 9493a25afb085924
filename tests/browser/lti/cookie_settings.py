"""What a browser stores for a framed site: everything, only partitioned cookies, or nothing.

A full Chromium is configured by its preferences. The headless shell has none, so a proxy in front
of the framed site removes the cookies that Chromium wouldn't store, and a script blocks the page's
storage.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Frame

from tests.servers.chromium import SWITCHES, chromium
from tests.servers.process import free_port

CHUNK = 65536
NOTHING_KEPT = """\
if (location.origin === %s) {
  for (const name of ["localStorage", "sessionStorage", "indexedDB", "caches"]) {
    Object.defineProperty(window, name, {
      get() { throw new DOMException("Access is denied for this document.", "SecurityError"); },
    });
  }
}
"""


class Cookies(StrEnum):
    """A browser's cookie setting."""

    ALLOWED = "allowed"
    THIRD_PARTY_BLOCKED = "third-party cookies blocked"
    ALL_BLOCKED = "all site data blocked"


# Framed tests always run with the most common setting, and with the others when their code changes.
AS_IN_MOST_BROWSERS = [
    pytest.param(one, marks=[] if one is Cookies.THIRD_PARTY_BLOCKED else [pytest.mark.slow])
    for one in Cookies
]


class Proxy:
    """A proxy that passes on only the cookies that its setting allows."""

    def __init__(self, port: int) -> None:
        self.port, self.cookies = port, Cookies.ALLOWED
        self.target = 0

    def keeps(self, header: str, value: str) -> bool:
        """Return whether a response header is passed on."""
        if header.lower() != "set-cookie" or self.cookies is Cookies.ALLOWED:
            return True
        return self.cookies is Cookies.THIRD_PARTY_BLOCKED and "partitioned" in value.lower()


@contextmanager
def proxy() -> Iterator[Proxy]:
    """Run a proxy on a free port; set its `target` port before the first request."""
    made = Proxy(free_port())

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the base class's name)
            """Log nothing."""

        def do_GET(self) -> None:
            """Pass on one request."""
            _pass_on(self, made)

        do_POST = do_HEAD = do_PUT = do_DELETE = do_OPTIONS = do_GET  # noqa: N815

    server = ThreadingHTTPServer(("127.0.0.1", made.port), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()


def _pass_on(handler: BaseHTTPRequestHandler, made: Proxy) -> None:
    connection = HTTPConnection("127.0.0.1", made.target, timeout=60)
    try:
        size = int(handler.headers.get("Content-Length") or 0)
        sent = {name: value for name, value in handler.headers.items() if name != "Connection"}
        connection.request(
            handler.command, handler.path, handler.rfile.read(size) if size else None, sent
        )
        _answer(handler, connection.getresponse(), made)
    except (ConnectionError, TimeoutError):
        handler.close_connection = True
    finally:
        connection.close()


def _answer(handler: BaseHTTPRequestHandler, answer: HTTPResponse, made: Proxy) -> None:
    handler.send_response_only(answer.status, answer.reason)
    for name, value in answer.getheaders():
        if name.lower() not in ("connection", "transfer-encoding") and made.keeps(name, value):
            handler.send_header(name, value)
    if answer.getheader("Content-Length") is None and answer.status not in (204, 304):
        handler.send_header("Connection", "close")
        handler.close_connection = True
    handler.end_headers()
    while chunk := answer.read(CHUNK):
        handler.wfile.write(chunk)


def is_whole() -> bool:
    """Return whether this browser is a full Chromium with preferences."""
    found = chromium()
    return not found.environ and "headless" not in found.program.name


@contextmanager
def browsing(
    browser: Browser, place: Path, cookies: Cookies, *, trusted: str, framed: Proxy
) -> Iterator[BrowserContext]:
    """Open a browser with this setting; `trusted` may store data regardless."""
    if is_whole():
        opened = _whole(browser, place, _profile(cookies, trusted))
    else:
        framed.cookies = cookies
        opened = browser.new_context()
        if cookies is Cookies.ALL_BLOCKED:
            origin = json.dumps(f"http://127.0.0.1:{framed.port}")
            opened.add_init_script(NOTHING_KEPT % origin)
    try:
        yield opened
    except Exception as error:
        error.add_note(_shown(opened))
        raise
    finally:
        opened.close()
        framed.cookies = Cookies.ALLOWED


def _shown(opened: BrowserContext) -> str:
    """Return the text of each frame, because pages are closed before the failure is reported."""
    frames = [frame for page in opened.pages for frame in page.frames]
    return "\n".join(f"{frame.url}: {_text_of(frame)}" for frame in frames)


def _text_of(frame: Frame) -> str:
    try:
        return frame.locator("body").inner_text(timeout=2000)[:600]
    except Error as error:
        return f"no text ({error.message.splitlines()[0]})"


def _whole(browser: Browser, place: Path, profile: dict[str, Any]) -> BrowserContext:
    (place / "Default").mkdir(parents=True)
    (place / "Default" / "Preferences").write_text(json.dumps({"profile": profile}))
    found = chromium()
    return browser.browser_type.launch_persistent_context(
        place,
        executable_path=found.program,
        headless=False,
        args=["--headless=new", *SWITCHES[1:]],
        env={**os.environ, **found.environ},
    )


def _profile(cookies: Cookies, trusted: str) -> dict[str, Any]:
    if cookies is Cookies.ALLOWED:
        return {"cookie_controls_mode": 0}
    if cookies is Cookies.THIRD_PARTY_BLOCKED:
        return {"cookie_controls_mode": 1, "block_third_party_cookies": True}
    return {
        "default_content_setting_values": {"cookies": 2},
        "content_settings": {"exceptions": {"cookies": {f"{trusted},*": {"setting": 1}}}},
    }
