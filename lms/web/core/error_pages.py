"""Error pages: one table from refusals to HTTP responses, all with the same layout."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import structlog
from flask import Flask, current_app, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from gunicorn.http.errors import NoMoreData, ParseException
from werkzeug.exceptions import BadRequest, HTTPException

from lms.core.clock import now
from lms.core.database import AT_ONCE, is_clash, is_cut_off, is_overrun
from lms.core.errors import (
    N_,
    Conflict,
    Forbidden,
    Frozen,
    Gone,
    Invalid,
    NotFound,
    Refused,
    TooMany,
    Unavailable,
)
from lms.web.core.malformed_requests import Malformed
from lms.web.core.request_context import wants_json
from lms.web.core.route_guard import Audience, audiences_of
from lms.web.core.security_headers_and_proxies import POLICY
from media.storage.storage_protocol import StorageAway

log = structlog.get_logger()

STATUS: dict[type[Refused], int] = {
    Invalid: 400,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    Gone: 410,
    TooMany: 429,
    Unavailable: 503,
}
NOT_UNDERSTOOD = N_(
    "We couldn't understand that request. Go back, check what you entered, and try again."
)
SENTENCES = {
    403: N_("Your account doesn't have permission to do that."),
    405: N_("This address doesn't accept this kind of request."),
    413: N_("That's too large for this page."),
    429: N_("You tried that too many times. Wait a few minutes, then try again."),
}
OUR_FAULT = N_("The error is on our side. Try again in a minute.")
BUSY = N_("The site is very busy right now. Try again in a minute.")
BUSY_FOR_S = "30"
AWAY = N_("The site can't reach its database right now. Try again in a minute.")
STORAGE_AWAY = N_("The site can't reach its file storage right now. Try again in a minute.")
STALE_FORM = N_(
    "This form expired or was used in another window. Go back, reload the page, and send it again."
)
OWN_PAGES = frozenset({403, 404, 410, 429, 500})
FRAMED = frozenset({Audience.FRAME, Audience.PLATFORM})
CLIENT_FAULT, SERVER_FAULT = 400, 500
# This page is one sentence with nothing to click, so any site may frame it.
FRAMED_POLICY: Final = POLICY.replace("ancestors 'none'", "ancestors *")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a failure is answered: status, code, message, and the event to log."""

    status: int
    code: str
    message: str
    event: str

    @property
    def headers(self) -> Mapping[str, str]:
        """Return Retry-After for a temporary failure (503), else no headers."""
        is_passing = self.status == HTTPStatus.SERVICE_UNAVAILABLE
        return {"Retry-After": BUSY_FOR_S} if is_passing else {}


_BUSY: Final = Outcome(503, "busy", BUSY, "request_overrun")
_AWAY: Final = Outcome(503, "away", AWAY, "database_away")
_STORAGE_AWAY: Final = Outcome(503, "storage_away", STORAGE_AWAY, "storage_away")
_MALFORMED: Final = Outcome(400, "bad_request", NOT_UNDERSTOOD, "request_malformed")
_FAILED: Final = Outcome(500, "failed", OUR_FAULT, "request_failed")


def init_errors(app: Flask) -> None:
    """Answer every refusal and failure with an error page, or with JSON if the client asked for it."""
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(ParseException, _broken_body)
    app.register_error_handler(NoMoreData, _broken_body)
    app.register_error_handler(StorageAway, storage_away)
    app.register_error_handler(Exception, _failed)


def status_of(refusal: Refused) -> int:
    """Return the HTTP status of a refusal to act."""
    return next((STATUS[kind] for kind in type(refusal).__mro__ if kind in STATUS), CLIENT_FAULT)


def answer(
    status: int,
    code: str,
    message: str,
    *,
    retry_after: str | None = None,
    reference: str | None = None,
) -> ResponseReturnValue:
    """Answer with an error page, or JSON if asked: status, message and reference number.

    `reference` is a number that is already in a log; a new one is made without it.
    """
    return _answer(status, code, message, retry_after, reference or secrets.token_hex(4))


def away() -> ResponseReturnValue:
    """Answer 503 with Retry-After: the database can't be reached."""
    reference = secrets.token_hex(4)
    log.error("database_away", reference=reference, endpoint=request.endpoint)
    return _without_database(_AWAY, reference)


def storage_away(fault: StorageAway) -> ResponseReturnValue:
    """Answer 503 with Retry-After: file storage can't be reached."""
    reference = secrets.token_hex(4)
    log.error("storage_away", reference=reference, endpoint=request.endpoint, kind=fault.kind)
    return _answer(STATUS[Unavailable], "storage_away", STORAGE_AWAY, BUSY_FOR_S, reference)


def outcome_of(error: Exception) -> Outcome:
    """Return how to answer an exception that no page handled."""
    if is_overrun(error):
        return _BUSY
    if is_cut_off(error):
        return _AWAY
    if isinstance(error, StorageAway):
        return _STORAGE_AWAY
    if isinstance(error, Malformed | ParseException | NoMoreData):
        return _MALFORMED
    return _FAILED


def told(outcome: Outcome, reference: str) -> Mapping[str, str]:
    """Return a failure as a JSON object."""
    return {"code": outcome.code, "message": _(outcome.message), "reference": reference}


def written(outcome: Outcome, reference: str) -> str:
    """Return the HTML page of a failure; renders without the database."""
    page = current_app.jinja_env.get_template("errors/database_unavailable.html")
    return page.render(status=outcome.status, message=_(outcome.message), reference=reference)


def _without_database(outcome: Outcome, reference: str) -> ResponseReturnValue:
    headers = dict(outcome.headers)
    if wants_json():
        return jsonify(told(outcome, reference)), outcome.status, headers
    view = current_app.view_functions.get(request.endpoint or "")
    if view is not None and audiences_of(view) & FRAMED:
        headers["Content-Security-Policy"] = FRAMED_POLICY
    return written(outcome, reference), outcome.status, headers


def _answer(
    status: int, code: str, message: str, retry_after: str | None, reference: str
) -> ResponseReturnValue:
    headers = {"Retry-After": retry_after} if retry_after else {}
    if wants_json():
        body = {"code": code, "message": _(message), "reference": reference}
        return jsonify(body), status, headers
    page = render_template(
        _page_of(status),
        status=status,
        message=_(message),
        reference=reference,
        retry_after_s=int(retry_after) if retry_after else None,
    )
    return page, status, headers


def _page_of(status: int) -> str:
    view = current_app.view_functions.get(request.endpoint or "")
    if view is not None and Audience.FRAME in audiences_of(view):
        return "errors/in_lms_frame.html"  # its link leads back to the course, not to this site
    return f"errors/{status if status in OWN_PAGES else 'other'}.html"


def _refused(refusal: Refused) -> ResponseReturnValue:
    return answer(
        status_of(refusal), refusal.code, refusal.message, retry_after=_wait_after(refusal)
    )


def _wait_after(refusal: Refused) -> str | None:
    if isinstance(refusal, TooMany):
        return str(refusal.retry_after_s)
    return str(refusal.wait_s(now())) if isinstance(refusal, Frozen) else None


def _stale_form(_error: CSRFError) -> ResponseReturnValue:
    return answer(CLIENT_FAULT, "stale_form", STALE_FORM)


def _http(error: HTTPException) -> ResponseReturnValue:
    status = error.code or SERVER_FAULT
    if status < CLIENT_FAULT:  # a redirect raised by the router
        return error
    if status == STATUS[NotFound]:
        # the same text as for pages that the person isn't allowed to see
        return _refused(NotFound())
    default = OUR_FAULT if status >= SERVER_FAULT else NOT_UNDERSTOOD
    wait = error.get_response().headers.get("Retry-After")
    code = error.name.lower().replace(" ", "_")
    return answer(status, code, SENTENCES.get(status, default), retry_after=wait)


def _broken_body(_fault: ParseException | NoMoreData) -> ResponseReturnValue:
    """Answer 400 to a malformed chunked body, which shows only when it is read."""
    return _http(BadRequest())


def _failed(error: Exception) -> ResponseReturnValue:
    reference = secrets.token_hex(4)
    if is_overrun(error):
        log.warning("request_overrun", reference=reference, endpoint=request.endpoint)
        return _without_database(_BUSY, reference)
    if is_cut_off(error):
        return away()
    if is_clash(error):
        log.warning("request_clashed", reference=reference, endpoint=request.endpoint)
        return answer(STATUS[Conflict], "at_once", AT_ONCE, reference=reference)
    log.error("request_failed", reference=reference, endpoint=request.endpoint, exc_info=error)
    return _answer(SERVER_FAULT, "failed", OUR_FAULT, None, reference)
