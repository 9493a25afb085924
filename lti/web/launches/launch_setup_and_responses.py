"""Launch setup (platform key sets), and responses: launch pages, frame headers, and refusals."""

from typing import Final, cast
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import structlog
from flask import Flask, Response, current_app, jsonify, make_response
from flask_babel import gettext as _

from lms.core.clock import now
from lms.core.runtime import Carrel
from lms.web.core.request_context import EXTENSION, carrel, render, wants_json
from lti.keys.platform_keys import KeySets
from lti.launches.launch import LaunchHandler, LaunchTurned
from lti.web.core.framed_pages import framed_by

KEYSETS: Final = "lti_keysets"

log = structlog.get_logger()


def init_reception(app: Flask) -> None:
    """Add the process's platform key sets to the app."""
    running = cast(Carrel, app.extensions[EXTENSION])
    app.extensions[KEYSETS] = KeySets(running.database)


def keysets_of(app: Flask) -> KeySets:
    """Return the app's platform key sets."""
    return cast(KeySets, app.extensions[KEYSETS])


def reception() -> LaunchHandler:
    """Return the handler for this request's launch."""
    running = carrel()
    return LaunchHandler(
        running.database, keysets_of(current_app), running.settings.base_url, now()
    )


def launch_page(template: str, *, origins: tuple[str, ...], **values: object) -> Response:
    """Return a launch page that these origins can frame."""
    page = make_response(render(template, frame_origins=origins, **values))
    return in_frame(page, origins)


def in_frame(response: Response, origins: tuple[str, ...]) -> Response:
    """Let only these origins frame a response; its URL, which has secrets, is not sent as referrer."""
    for name, value in frame_headers(origins).items():
        response.headers[name] = value
    return response


def frame_headers(origins: tuple[str, ...]) -> dict[str, str]:
    """Return the headers that let only these origins frame a response."""
    return {
        "Content-Security-Policy": framed_by(origins),
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "unsafe-none",
        "Cache-Control": "no-store",
    }


def turned_page(turned: LaunchTurned) -> Response:
    """Return a page with the reason, what to do, the return URL, and a reference."""
    refusal = turned.refusal
    log.info("launch_refused", status=refusal.status, code=refusal.code, reference=turned.reference)
    if wants_json():
        body = {
            "code": refusal.code,
            "message": _(refusal.message),
            "reference": turned.reference,
        }
        answer = in_frame(jsonify(body), turned.origins)
    else:
        answer = launch_page(
            "lti/launches/refused.html",
            origins=turned.origins,
            status=refusal.status,
            message=_(refusal.message),
            advice=_(refusal.advice),
            reference=turned.reference,
            deployment=turned.deployment if refusal.code == "deployment_pending" else None,
            return_url=_way_back(turned),
        )
    answer.status_code = refusal.status
    return answer


def _way_back(turned: LaunchTurned) -> str | None:
    """Return the return URL with the messages that the platform shows and logs (LTI 1.3 Core, 5.4.4)."""
    if turned.return_url is None:
        return None
    parts = urlsplit(turned.return_url)
    said = {
        "lti_errormsg": _(turned.refusal.message),
        "lti_errorlog": f"{turned.refusal.code}, reference {turned.reference}",
    }
    query = [*parse_qsl(parts.query, keep_blank_values=True), *said.items()]
    return urlunsplit(parts._replace(query=urlencode(query)))
