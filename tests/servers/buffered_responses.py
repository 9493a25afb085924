"""Responses read to the end before a development server sends them."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def in_whole(app: "WSGIApplication") -> "WSGIApplication":
    """Return the application with each of its responses closed before the first byte is sent.

    Werkzeug's server closes a response last, and not at all if the browser has disconnected by then
    (werkzeug.serving, `execute`): a file in it stays open.
    """

    def answered(environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        answer = app(environ, start)
        close = getattr(answer, "close", None)
        try:
            return [b"".join(answer)]
        finally:
            if close is not None:
                close()

    return answered
