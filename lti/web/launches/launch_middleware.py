"""The launch middleware: handles logins and launches, and responds before Flask if that is a redirect.

If a page must be shown (a refusal, or a browser without cookies), the pages in
lti/web/launches/oidc_login.py and launch.py get the outcome and don't handle the request again. They
handle a request themselves only if its form has an unusual encoding.
"""

import io
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from sqlalchemy.exc import SQLAlchemyError

from lms.core.clock import now
from lms.core.database import is_cut_off
from lms.core.runtime import Carrel
from lms.web.core.gunicorn_log import ROUTE
from lms.web.core.security_headers_and_proxies import security_headers
from lti.keys.platform_keys import KeySets
from lti.launches.launch import Accepted, LaunchHandler
from lti.launches.oidc_login import LAUNCH, Beginning
from lti.web.core.browser_id_cookie import a_cookie, ours
from lti.web.core.framed_pages import cookie_name
from lti.web.launches.launch_setup_and_responses import frame_headers
from media.delivery.cookie_reader import cookie_in

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

LOGIN: Final = "/lti/login"
LONGEST_MESSAGE: Final = 1024 * 1024
OUTCOME: Final = "carrel.launch_outcome"
PLACE: Final = "value"  # placeholder for the browser ID in the cookie's header
FORM: Final = "application/x-www-form-urlencoded"


class LaunchMiddleware:
    """WSGI middleware that handles /lti/login and /lti/launch, and passes on all other requests."""

    def __init__(self, app: "WSGIApplication", carrel: Carrel, keysets: KeySets) -> None:
        self._app, self._carrel, self._keysets = app, carrel, keysets
        self._cookie = cookie_name(carrel.settings)
        self._headers = security_headers(carrel.settings)
        self._given = a_cookie(carrel.settings, PLACE)

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Respond to one request."""
        path = environ.get("PATH_INFO", "")
        said = _said(environ) if path in (LOGIN, LAUNCH) else None
        if said is None or (path == LAUNCH and environ["REQUEST_METHOD"] != "POST"):
            return self._app(environ, start_response)
        browser = ours(cookie_in(environ, self._cookie))
        outcome = environ[OUTCOME] = self._received(path, said, browser)
        headers = {"Content-Length": "0"}
        if isinstance(outcome, Beginning) and outcome.is_redirect:
            headers["Location"] = outcome.onward
            headers["Set-Cookie"] = self._given.replace(PLACE, outcome.browser)
        elif isinstance(outcome, Accepted) and outcome.hand_over is None:
            headers["Location"] = outcome.path
        else:
            return self._app(environ, start_response)
        environ[ROUTE] = path
        headers |= self._headers | frame_headers(outcome.origins)
        start_response("303 See Other", list(headers.items()))
        return ()

    def _received(
        self, path: str, said: Mapping[str, str], browser: str | None
    ) -> Beginning | Accepted | Exception:
        here = LaunchHandler(
            self._carrel.database, self._keysets, self._carrel.settings.base_url, now()
        )
        receive = here.begin if path == LOGIN else here.receive
        try:
            try:
                return receive(said, browser=browser)
            except (SQLAlchemyError, here.database.driver_fault) as fault:
                if not is_cut_off(fault):
                    raise
                # nothing was written before the connection was lost
                return receive(said, browser=browser)
        except Exception as fault:  # noqa: BLE001  (the page raises it, and shows the error)
            return fault


def outcome_of(environ: "WSGIEnvironment") -> Beginning | Accepted | None:
    """Return the outcome of a login or launch, None if it was not handled; raises its exception."""
    outcome: Beginning | Accepted | Exception | None = environ.get(OUTCOME)
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def _said(environ: "WSGIEnvironment") -> Mapping[str, str] | None:
    """Return the fields of a form or query; None for an unusual encoding."""
    if environ["REQUEST_METHOD"] == "GET":
        return _fields(environ.get("QUERY_STRING", ""))
    if environ["REQUEST_METHOD"] != "POST" or environ.get("CONTENT_TYPE", "").lower() != FORM:
        return None
    length = environ.get("CONTENT_LENGTH", "")
    if not length.isdecimal() or int(length) > LONGEST_MESSAGE:
        return None
    body = environ["wsgi.input"].read(int(length))
    environ["wsgi.input"] = io.BytesIO(body)  # for the pages, if they handle the request
    return _fields(body.decode("latin-1"))


def _fields(written: str) -> Mapping[str, str] | None:
    if not written.isascii() or "%00" in written or "\x00" in written:
        return None
    try:
        pairs = parse_qsl(written, keep_blank_values=True, errors="strict")
    except ValueError:
        return None
    return dict(reversed(pairs))  # the first of several values with one name counts
