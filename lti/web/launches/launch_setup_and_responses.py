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
    """Give the app the key sets of platforms, held once a process."""
    running = cast(Carrel, app.extensions[EXTENSION])
    app.extensions[KEYSETS] = KeySets(running.database)


def keysets_of(app: Flask) -> KeySets:
    """Return the key sets that the app was given."""
    return cast(KeySets, app.extensions[KEYSETS])


def reception() -> LaunchHandler:
    """Return where this request's launch is received."""
    running = carrel()
    return LaunchHandler(
        running.database, keysets_of(current_app), running.settings.base_url, now()
    )


def launch_page(template: str, *, origins: tuple[str, ...], **values: object) -> Response:
    """Answer with a page of a launch, which these origins may frame."""
    page = make_response(render(template, frame_origins=origins, **values))
    return in_frame(page, origins)


def in_frame(response: Response, origins: tuple[str, ...]) -> Response:
    """Let these origins, and no others, frame an answer; nobody is told where it was."""
    for name, value in frame_headers(origins).items():
        response.headers[name] = value
    return response


def frame_headers(origins: tuple[str, ...]) -> dict[str, str]:
    """Return the headers by which these origins, and no others, may frame an answer."""
    return {
        "Content-Security-Policy": framed_by(origins),
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "unsafe-none",
        "Cache-Control": "no-store",
    }


def turned_page(turned: LaunchTurned) -> Response:
    """Answer with what happened, what to do, the way back, and a number to quote."""
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
    """Return the course's address with what the platform shows and logs of a failure (LTI 1.3 Core, 5.4.4)."""
    if turned.return_url is None:
        return None
    parts = urlsplit(turned.return_url)
    said = {
        "lti_errormsg": _(turned.refusal.message),
        "lti_errorlog": f"{turned.refusal.code}, reference {turned.reference}",
    }
    query = [*parse_qsl(parts.query, keep_blank_values=True), *said.items()]
    return urlunsplit(parts._replace(query=urlencode(query)))
