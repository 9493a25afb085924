"""The request queue: limits concurrent requests, and queues the rest."""

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
    """WSGI middleware: lets a few requests in at once, the others in the order of their coming.

    A process has a thread for each of a thousand slow viewers, and one interpreter. Hundreds of pages
    at once stand in each other's locks, and none of them gets done (docs/decisions/a-room-for-pages.md).
    What a request sends is read before it enters, so that a slow sender takes nobody's place;
    what is longer than 64 KiB, a file, comes in beside the line. What a player asks has places of its
    own: who has the page has stood in the line for it; so has a launch, which may wait for a learning
    system's answer. Who has waited for a minute is told to come again.
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
        """Answer one request."""
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
    """Stand in front of all that an app asks of a request; who had no place asks for nothing."""

    @app.before_request
    def turn_away() -> None:
        if TURNED_AWAY in request.environ:
            raise NoTurn("others had the places in front of the pages all the time")

    app.wsgi_app = RequestQueue(app.wsgi_app)  # type: ignore[method-assign]  # as Flask says to


def _free(places: int) -> SimpleQueue[None]:
    free: SimpleQueue[None] = SimpleQueue()
    for _ in range(places):
        free.put(None)
    return free


def _length(environ: "WSGIEnvironment") -> int | None:
    """Return how many bytes a request sends; None where it doesn't say so in advance."""
    told = environ.get("CONTENT_LENGTH") or "0"
    return int(told) if told.isdecimal() and "HTTP_TRANSFER_ENCODING" not in environ else None
