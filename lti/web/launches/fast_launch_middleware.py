"""The fast launch middleware: answers launches of known people by known links before Flask.

Whatever else comes (a page to show, a refusal, somebody new) has been left as it was, and is handed
on to the pages in lti/web/launches/oidc_login.py and lti/web/launches/launch.py, which take everything.
"""

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from sqlalchemy.exc import SQLAlchemyError

from lms.core.clock import now
from lms.core.runtime import Carrel
from lms.web.core.security_headers_and_proxies import security_headers
from lti.keys.platform_keys import KeySets
from lti.launches.launch import LaunchHandler, OutcomeLost
from lti.launches.oidc_login import LAUNCH, LoginTurned, begin, storage_target_in
from lti.web.core.browser_id_cookie import a_cookie, new_browser, ours
from lti.web.core.framed_pages import cookie_name
from lti.web.launches.launch_setup_and_responses import frame_headers
from media.delivery.cookie_reader import cookie_in

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

LOGIN: Final = "/lti/login"
LONGEST_MESSAGE: Final = 1024 * 1024
LOST: Final = "carrel.launch_lost"  # in the environ of a launch that may have been written already
PLACE: Final = "value"  # in the cookie's header, for what a browser is given
FORM: Final = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class _Answer:
    """Where the browser is led, who may frame that, and what it is given to keep."""

    location: str
    origins: tuple[str, ...]
    browser: str | None = None


class FastLaunches:
    """WSGI middleware: answers what it can of /lti/login and /lti/launch, hands on everything else."""

    def __init__(self, app: "WSGIApplication", carrel: Carrel, keysets: KeySets) -> None:
        self._app, self._carrel, self._keysets = app, carrel, keysets
        self._cookie = cookie_name(carrel.settings)
        self._headers = security_headers(carrel.settings)
        self._given = a_cookie(carrel.settings, PLACE)

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request."""
        path = environ.get("PATH_INFO")
        if path not in (LOGIN, LAUNCH):
            return self._app(environ, start_response)
        answer = self._answer(path, environ)
        if answer is None:
            return self._app(environ, start_response)
        headers = self._headers | frame_headers(answer.origins)
        headers |= {"Location": answer.location, "Content-Length": "0"}
        if answer.browser is not None:
            headers["Set-Cookie"] = self._given.replace(PLACE, answer.browser)
        start_response("303 See Other", list(headers.items()))
        return ()

    def _answer(self, path: str, environ: "WSGIEnvironment") -> _Answer | None:
        said = _said(environ)
        if said is None or (path == LAUNCH and environ["REQUEST_METHOD"] != "POST"):
            return None
        browser = ours(cookie_in(environ, self._cookie))
        here = LaunchHandler(
            self._carrel.database, self._keysets, self._carrel.settings.base_url, now()
        )
        try:
            return _login(here, said, browser) if path == LOGIN else _launch(here, said, browser)
        except OutcomeLost:
            environ[LOST] = True
            return None
        except (SQLAlchemyError, here.database.driver_fault):  # the pages find out what is wrong
            return None


def _login(here: LaunchHandler, said: Mapping[str, str], known: str | None) -> _Answer | None:
    if known is None and storage_target_in(said) is not None:
        return None
    browser = known or new_browser()
    try:
        begun = begin(here.database, said, browser=browser, base_url=here.base_url, now=here.now)
    except LoginTurned:
        return None
    return _Answer(begun.onward, begun.platform.origins, browser)


def _launch(here: LaunchHandler, said: Mapping[str, str], browser: str | None) -> _Answer | None:
    if browser is None:
        return None
    accepted = here.receive_known(said, browser=browser)
    if accepted is None:
        return None
    return _Answer(f"/lti/s/{accepted.secret}/", accepted.origins)


def _said(environ: "WSGIEnvironment") -> Mapping[str, str] | None:
    """Return the fields of a form or a query; None for what is written otherwise than usual."""
    if environ["REQUEST_METHOD"] == "GET":
        return _fields(environ.get("QUERY_STRING", ""))
    if environ["REQUEST_METHOD"] != "POST" or environ.get("CONTENT_TYPE", "").lower() != FORM:
        return None
    length = environ.get("CONTENT_LENGTH", "")
    if not length.isdecimal() or int(length) > LONGEST_MESSAGE:
        return None
    body = environ["wsgi.input"].read(int(length))
    environ["wsgi.input"] = io.BytesIO(body)  # for the pages, should they be asked
    return _fields(body.decode("latin-1"))


def _fields(written: str) -> Mapping[str, str] | None:
    if not written.isascii() or "%00" in written or "\x00" in written:
        return None
    try:
        pairs = parse_qsl(written, keep_blank_values=True, errors="strict")
    except ValueError:
        return None
    return dict(reversed(pairs))  # of two with one name the first counts
