"""Malformed requests are rejected before anything parses them (RFC 9112)."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_LABEL: Final = r"[A-Za-z0-9_-]{1,63}"
_HOST: Final = re.compile(
    rf"(?:{_LABEL}(?:\.{_LABEL})*\.?|\[[0-9A-Fa-f:.]{{2,45}}\])(?::[0-9]{{0,5}})?"
)
_LENGTH: Final = re.compile(r"[0-9]{0,18}")
_QUERY_MARKS: Final = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"


class Malformed(Exception):
    """A request that HTTP does not allow."""


class MalformedRequestFilter:
    """WSGI middleware: raises Malformed for invalid requests and passes on the rest.

    Rejects a Content-Length that isn't a number and a Host that isn't a valid name. Percent-encodes
    non-ASCII bytes in a query, as browsers do; the meaning stays the same and pages can read it.
    """

    def __init__(self, app: "WSGIApplication") -> None:
        self._app = app

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Check one request and pass it on."""
        host, length = environ.get("HTTP_HOST"), environ.get("CONTENT_LENGTH")
        if host and not _HOST.fullmatch(host):
            raise Malformed
        if length and not _LENGTH.fullmatch(length):
            raise Malformed
        query = environ.get("QUERY_STRING", "")
        if not query.isascii():
            environ["QUERY_STRING"] = quote(query.encode("latin-1"), safe=_QUERY_MARKS)
        return self._app(environ, start_response)
