"""The browser ID cookie: recognizes a browser, and works inside a platform's frame.

Partitioned (CHIPS) keeps it where third-party cookies are blocked: it is one cookie a site that
frames us. Browsers take a Secure one from this machine by plain http as well.
"""

import re
import secrets
from typing import Final
from urllib.parse import urlsplit

from flask import Response
from werkzeug.http import dump_cookie

from lms.core.settings import Settings
from lms.web.core.request_context import carrel
from lti.protocol.platform_urls import is_loopback_host
from lti.web.core.framed_pages import cookie_name, this_browser

LASTS_S: Final = 24 * 3600
_OURS: Final = re.compile(r"[A-Za-z0-9_-]{43}")


def ours(given: str | None) -> str | None:
    """Return a cookie's value if it can be one of ours, None for any other."""
    return given if given is not None and _OURS.fullmatch(given) else None


def new_browser() -> str:
    """Return what tells a browser from all others."""
    return secrets.token_urlsafe(32)


def known_browser() -> str | None:
    """Return what this browser was given before, if it was kept and is ours."""
    return ours(this_browser())


def a_browser() -> str:
    """Return what tells this browser from others: what it has, so that two launches don't part, or new."""
    return known_browser() or new_browser()


def keep_browser(response: Response, value: str) -> None:
    """Give the cookie along."""
    response.headers.add("Set-Cookie", a_cookie(carrel().settings, value))


def a_cookie(settings: Settings, value: str) -> str:
    """Return the cookie's header; where it can't be kept in a frame it is a first-party one at least."""
    host = urlsplit(settings.base_url).hostname or ""
    survives = settings.is_https or is_loopback_host(host)
    return dump_cookie(
        cookie_name(settings),
        value,
        max_age=LASTS_S,
        path="/",
        secure=survives,
        httponly=True,
        samesite="None" if survives else "Lax",
        partitioned=survives,
    )
