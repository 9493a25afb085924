"""Error responses of media delivery: not found, method not allowed, and access denied."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from media.delivery.authorization import TurnCode

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse


@dataclass(frozen=True, slots=True)
class Refusal:
    """A response that refuses a request."""

    status: str
    content_type: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()

    def send(self, environ: Mapping[str, Any], start_response: "StartResponse") -> Iterable[bytes]:
        """Send the response."""
        headers = [
            ("Content-Type", self.content_type),
            ("Content-Length", str(len(self.body))),
            ("Cache-Control", "no-store"),
            *self.headers,
        ]
        start_response(self.status, headers)
        return () if environ["REQUEST_METHOD"] == "HEAD" else (self.body,)


def refused(status: str, *headers: tuple[str, str]) -> Refusal:
    """Return a refusal with its status as plain text."""
    return Refusal(status, "text/plain; charset=utf-8", f"{status[4:]}\n".encode(), headers)


NOT_FOUND: Final = refused("404 Not Found")
ONLY_READING: Final = refused("405 Method Not Allowed", ("Allow", "GET, HEAD"))
TURNED_AWAY: Final = {
    code: Refusal("403 Forbidden", "application/json", json.dumps({"code": code}).encode())
    for code in TurnCode
}
