"""Framed pages: found by the secret in their path, framed by allowed origins only.

A module with such pages creates its blueprint with `framed_blueprint`, calls `this_frame(secret)` first
in each view, and responds with `frame_page`. The secret authenticates, so forms need no CSRF token; see
lti/frames/sessions.py.
"""

from typing import Final

from flask import Blueprint, Response, make_response, request, url_for

from lms.core.acting_roles import ActingRole
from lms.core.clock import now
from lms.core.errors import Forbidden, Gone
from lms.core.languages import read_language
from lms.core.settings import Settings
from lms.web.accounts import page_language
from lms.web.core.request_context import act_as, carrel, read_session, render
from lms.web.core.security_headers_and_proxies import POLICY
from lti.frames.sessions import NOWHERE, Frame, Surroundings, find_frame, surroundings_of, way_back
from lti.models.launches import FrameRole, Purpose
from media.delivery.cookie_reader import cookie_in

PREFIX: Final = "/lti/s/<secret>"
NOBODY: Final = "frame-ancestors 'none'"
KEPT_NOWHERE: Final = frozenset({"text/html", "text/csv", "application/json"})


def cookie_name(settings: Settings) -> str:
    """Return the name of the cookie in frames; with https, `__Host-` restricts it to this host."""
    return "__Host-carrel-lti" if settings.is_https else "carrel-lti"


def framed_blueprint(name: str, import_name: str) -> Blueprint:
    """Return a blueprint whose paths begin with a session's secret.

    Its error pages can also be framed where the session can, and link back to the course.
    """
    made = Blueprint(name, import_name, url_prefix=PREFIX)
    made.after_request(_add_headers)
    made.context_processor(lambda: {"surroundings": _surroundings})
    return made


def this_frame(secret: str) -> Frame:
    """Return the framed session of this request; raises as `find_frame` does.

    The page that explains an ended session is in the session's language, too.
    """
    try:
        with read_session() as session:
            frame = find_frame(session, secret, browser=this_browser(), now=now())
    except (Gone, Forbidden):
        _read_in(_surroundings().locale)
        raise
    if frame.role is FrameRole.INSTRUCTOR:
        act_as(ActingRole.INSTRUCTOR)
    _read_in(frame.locale)
    return frame


def _read_in(locale: str | None) -> None:
    if chosen := read_language(locale):
        page_language.read_in(chosen)


def this_browser() -> str | None:
    """Return the value of the frame's cookie, None without one."""
    return cookie_in(request.environ, cookie_name(carrel().settings))


def frame_page(frame: Frame, template: str, *, policy: str = POLICY, **values: object) -> Response:
    """Return a page that only the session's platform can frame.

    The template extends `lti/base.html`. It also gets `frame_origins`, `return_url`, and `link_url`,
    where a person can link their account.
    """
    page = make_response(
        render(
            template,
            frame_origins=frame.origins,
            return_url=way_back(frame.services),
            link_url=_link_url(frame),
            **values,
        )
    )
    page.headers["Content-Security-Policy"] = framed_by(frame.origins, policy)
    return page


def _link_url(frame: Frame) -> str | None:
    is_known = frame.identity_id is not None and frame.role is not FrameRole.ANONYMOUS
    if not is_known or frame.is_test_user or frame.purpose is not Purpose.WATCH:
        return None
    return url_for("framed_linking.link", secret=(request.view_args or {})["secret"])


def framed_by(origins: tuple[str, ...], policy: str = POLICY) -> str:
    """Return a content security policy that lets only these origins frame the page."""
    return policy.replace(NOBODY, f"frame-ancestors {' '.join(origins)}") if origins else policy


def _add_headers(response: Response) -> Response:
    headers = response.headers
    headers["Referrer-Policy"] = "no-referrer"
    # The page in its own window needs its opener to send messages to the platform.
    headers["Cross-Origin-Opener-Policy"] = "unsafe-none"
    if response.mimetype in KEPT_NOWHERE:  # on a shared computer, the next person could press Back
        headers["Cache-Control"] = "no-store"
    if "Content-Security-Policy" not in headers and response.mimetype == "text/html":
        headers["Content-Security-Policy"] = framed_by(_surroundings().origins)
    return response


def _surroundings() -> Surroundings:
    secret = (request.view_args or {}).get("secret")
    if not secret:
        return NOWHERE
    with read_session() as session:
        return surroundings_of(session, secret, browser=this_browser())
