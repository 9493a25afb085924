"""The browser ID cookie: recognizes a browser, and works inside a platform's frame.

Partitioned (CHIPS) keeps it where third-party cookies are blocked: each site that frames us gets its
own cookie. Browsers accept a Secure cookie from this machine over plain http, too.
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
    """Return a cookie's value if it has our format, else None."""
    return given if given is not None and _OURS.fullmatch(given) else None


def new_browser() -> str:
    """Return a new random browser ID."""
    return secrets.token_urlsafe(32)


def known_browser() -> str | None:
    """Return the ID in this browser's cookie, None if it has none of ours."""
    return ours(this_browser())


def a_browser() -> str:
    """Return this browser's ID, or a new one; reuse keeps parallel launches in one browser working."""
    return known_browser() or new_browser()


def keep_browser(response: Response, value: str) -> None:
    """Set the cookie."""
    response.headers.add("Set-Cookie", a_cookie(carrel().settings, value))


def a_cookie(settings: Settings, value: str) -> str:
    """Return the cookie's header; without https it is a first-party cookie, since frames would drop it."""
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
