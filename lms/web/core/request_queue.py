"""The request queue: limits concurrent requests and queues the rest."""

import re
from collections.abc import Iterable
from io import BytesIO
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Final

from flask import Flask, request
from sqlalchemy.exc import TimeoutError as NoTurn

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PLACES: Final = 4
PLAYERS: Final = 3
LAUNCHES: Final = 4
PATIENCE_S: Final = 60.0
_LAUNCHING: Final = re.compile(r"/lti/(launch|register)(/|$)")
_PLAYING: Final = re.compile(r".*/playback(/|$)|/transcripts/")
IN_FRONT: Final = frozenset({"/livez", "/readyz"})
READ_FIRST: Final = 64 * 1024
TURNED_AWAY: Final = "carrel.turned_away"


class RequestQueue:
    """WSGI middleware: runs a few requests at once and queues the others, first in, first out.

    A process has a thread for each of a thousand slow viewers, and one interpreter. Hundreds of
    concurrent pages would block one another, and none would finish
    (docs/decisions/web-server-concurrency.md). Bodies are read before queuing, so that a slow sender
    occupies no slot; bodies over 64 KiB, which are files, skip the queue. Player requests have slots of
    their own, since their page has already been through the queue. So do launches, which may wait for
    an LMS. A request that has waited for a minute is answered 503.
    """

    def __init__(
        self,
        app: "WSGIApplication",
        *,
        places: int = PLACES,
        players: int = PLAYERS,
        launches: int = LAUNCHES,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._app = app
        self._patience_s = patience_s
        self._for_pages = _free(places)
        self._apart = ((_PLAYING, _free(players)), (_LAUNCHING, _free(launches)))

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request, after waiting for a slot."""
        length = _length(environ)
        path = environ.get("PATH_INFO", "")
        if length is None or length > READ_FIRST or path in IN_FRONT:
            return self._app(environ, start_response)
        if length:
            environ["wsgi.input"] = BytesIO(environ["wsgi.input"].read(length))
        free = next((own for kind, own in self._apart if kind.match(path)), self._for_pages)
        try:
            free.get(timeout=self._patience_s)
        except Empty:
            environ[TURNED_AWAY] = True
            return self._app(environ, start_response)
        try:
            return self._app(environ, start_response)
        finally:
            free.put(None)


def init_request_queue(app: Flask) -> None:
    """Put the queue in front of the app; requests that got no slot are refused before any view runs."""

    @app.before_request
    def turn_away() -> None:
        if TURNED_AWAY in request.environ:
            raise NoTurn("others had the places in front of the pages all the time")

    app.wsgi_app = RequestQueue(app.wsgi_app)  # type: ignore[method-assign]  # as Flask documents


def _free(places: int) -> SimpleQueue[None]:
    # First in, first out; a semaphore would let new threads pass waiting ones.
    free: SimpleQueue[None] = SimpleQueue()
    for _ in range(places):
        free.put(None)
    return free


def _length(environ: "WSGIEnvironment") -> int | None:
    """Return the request's Content-Length, or None if it isn't known in advance."""
    told = environ.get("CONTENT_LENGTH") or "0"
    return int(told) if told.isdecimal() and "HTTP_TRANSFER_ENCODING" not in environ else None
