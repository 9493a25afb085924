"""Heartbeat middleware: handles players' heartbeats without Flask."""

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from datetime import datetime
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from lms.certificates import eligibility
from lms.core import clock
from lms.core.errors import N_, Forbidden, Frozen, Invalid, NotFound, Refused, Unavailable
from lms.core.runtime import Carrel
from lms.mail.links import Links
from lms.models.playback import PlaybackEnd
from lms.playback import heartbeats
from lms.playback import sessions as playback_sessions
from lms.playback.heartbeats import Ended, Kept
from lms.playback.progress_bitmap import Beat, checked_beat
from lms.web.core.current_user import playback_cookies
from lms.web.playback.media_tokens import bearers_ticket, client_in, film_token
from media.delivery.media_tokens import Use

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

MOUNT: Final = "/playback/"
LONGEST_BEAT: Final = 64 * 1024
NO_BEAT: Final = N_("The player sent an invalid message. Reload the page.")
NEXT_BEAT: Final = MappingProxyType({"Retry-After": "15"})
_ADDRESS: Final = re.compile(r"/playback/([^/]+)/(beat|close)")
_STATUS: Final = {
    NotFound: HTTPStatus.NOT_FOUND,
    Forbidden: HTTPStatus.FORBIDDEN,
    Invalid: HTTPStatus.BAD_REQUEST,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}

log = structlog.get_logger()


class Heartbeats:
    """WSGI middleware: answers `/playback/<token>/beat` and `/close`, and passes on everything else.

    The token of a frame is sufficient, because browsers send no cookies from frames on other sites; if
    a cookie is sent, it must be the one that opened the session. The token of our own page needs its
    cookie, and its answers contain the next media token.
    """

    def __init__(self, app: "WSGIApplication", carrel: Carrel) -> None:
        self._app = app
        self._carrel = carrel
        self._cookies = playback_cookies(carrel.settings)

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request."""
        path = environ.get("PATH_INFO", "")
        if not path.startswith(MOUNT):
            return self._app(environ, start_response)
        found = _ADDRESS.fullmatch(path)
        if found is None or environ["REQUEST_METHOD"] != "POST":
            return self._app(environ, start_response)
        try:
            answer, film = self._take(environ, found[1], is_last=found[2] == "close")
        except Refused as refusal:
            told = {"code": refusal.code, "message": refusal.message}
            wait = {}
            if isinstance(refusal, Frozen):
                wait["Retry-After"] = str(refusal.wait_s(clock.now()))
            return _send(start_response, _status_of(refusal), json.dumps(told), wait)
        except (SQLAlchemyError, self._carrel.database.driver_fault) as fault:
            log.error("beat_not_kept", kind=type(fault).__name__)  # noqa: TRY400  (tracebacks may have values)
            away = HTTPStatus.SERVICE_UNAVAILABLE
            return _send(start_response, away, '{"code": "unavailable"}', NEXT_BEAT)
        if isinstance(answer, Ended):
            # A closing page can't know whether its close arrived, so it may send it twice.
            is_told_again = found[2] == "close" and answer.reason is PlaybackEnd.CLOSED
            status = HTTPStatus.OK if is_told_again else HTTPStatus.FORBIDDEN
            text = f'{{"code": "ended", "reason": "{answer.reason.value}"}}'
            return _send(start_response, status, text)
        renewed = f', "film": "{film}"' if film else ""
        watched = b64encode(answer.buckets).decode("ascii")
        text = f'{{"verdict": "{answer.verdict.value}", "watched": "{watched}"{renewed}}}'
        return _send(start_response, HTTPStatus.OK, text)

    def _take(
        self, environ: "WSGIEnvironment", token: str, *, is_last: bool
    ) -> tuple[Kept | Ended, str]:
        """Process a heartbeat; return the answer, and the next media token for our own page ("" for others)."""
        now = clock.now()
        client = client_in(environ, self._cookies)
        signer = self._carrel.signer
        ticket = bearers_ticket(signer, token, client, now=now)
        answer = self._keep(ticket.session, _read_beat(environ), now, is_last=is_last)
        is_renewed = ticket.use is Use.PAGE and not is_last
        return answer, film_token(signer, ticket, client, now=now) if is_renewed else ""

    def _keep(self, session_id: str, beat: Beat, now: datetime, *, is_last: bool) -> Kept | Ended:
        database = self._carrel.database
        # The fast path checks only the grant that admitted the session. If that isn't enough, or the
        # session has ended, keep_beat decides.
        if not is_last:
            with database.driver() as driver:
                answer = heartbeats.keep_swiftly(driver, session_id, beat=beat, now=now)
            if isinstance(answer, Kept):
                return self._certified(session_id, answer, now)
        with database.transaction() as session:
            kept = heartbeats.keep_beat(session, session_id, beat=beat, now=now)
            if is_last:
                closed = PlaybackEnd.CLOSED
                playback_sessions.end_session(session, session_id, ended_as=closed, now=now)
        return self._certified(session_id, kept, now)

    def _certified(self, session_id: str, answer: Kept | Ended, at: datetime) -> Kept | Ended:
        """Issue the certificate that this heartbeat earned; checked once per viewing, not at every heartbeat.

        The heartbeat is already saved. If this fails, the next one or a periodic job tries again.
        """
        if isinstance(answer, Ended) or not answer.is_due:
            return answer
        links = Links(self._carrel.settings.base_url)
        try:
            with self._carrel.database.transaction() as session:
                eligibility.consider_session(session, session_id, links=links, now=at)
        except (SQLAlchemyError, Refused) as fault:
            log.error("certificate_not_considered", kind=type(fault).__name__)  # noqa: TRY400  (tracebacks may have values)
        return answer


def _read_beat(environ: "WSGIEnvironment") -> Beat:
    try:
        length = int(environ.get("CONTENT_LENGTH") or 0)
    except ValueError:
        length = LONGEST_BEAT + 1
    if not 0 <= length <= LONGEST_BEAT:
        raise Invalid(NO_BEAT)
    try:
        told = json.loads(environ["wsgi.input"].read(length))
        spans = [(float(start), float(end)) for start, end in told["spans"]]
        return checked_beat(float(told["position"]), float(told["rate"]), spans)
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        raise Invalid(NO_BEAT) from None


def _status_of(refusal: Refused) -> HTTPStatus:
    found = (status for kind, status in _STATUS.items() if isinstance(refusal, kind))
    return next(found, HTTPStatus.BAD_REQUEST)


def _send(
    start_response: "StartResponse",
    status: HTTPStatus,
    text: str,
    more: Mapping[str, str] = MappingProxyType({}),
) -> Iterable[bytes]:
    body = text.encode()
    headers = [
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
        *more.items(),
    ]
    start_response(f"{status.value} {status.phrase}", headers)
    return (body,)
