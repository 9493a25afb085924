"""The WSGI app that serves `/media/<token>/...` in front of the web framework.

It checks signatures and memory, never the database. Ranges and small files are sent with sendfile
through the server's file wrapper; longer bodies are sent in pieces, and the session is checked before
each piece. docs/decisions/copied-playback-addresses.md says why the token is in the path.
"""

import errno
import io
import math
import os
import re
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from media.delivery.authorization import Environ, Gate, TurnedAway
from media.delivery.byte_ranges import Span, Unsatisfiable, is_known, wanted_span
from media.delivery.delivery_modes import ADDRESS_S, ADMITTED_S, Way, admission, may_redirect
from media.delivery.error_responses import NOT_FOUND, ONLY_READING, TURNED_AWAY, refused
from media.delivery.media_tokens import BadToken, Ticket, Use
from media.storage.local_storage import version_of
from media.storage.object_keys import BadKey, content_type_of
from media.storage.storage_protocol import Missing, Storage, StorageAway
from media.video.renditions_and_commands import PROGRESSIVE

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

MOUNT: Final = "/media/"
OPEN_ENDED_BYTES: Final = 2 << 20
# Bytes handed to the kernel can't be stopped, so at most one open range is handed over at once.
AT_ONCE_BYTES: Final = 2 << 20
PIECE_BYTES: Final = 32 << 10
# The kernel's send buffer grows to megabytes by default, and its content can't be stopped either.
SEND_BUFFER_BYTES: Final = 128 << 10
REMEMBER_SECONDS: Final = 60
REMEMBER_MOST: Final = 4096
_ADDRESS: Final = re.compile(
    r"([^/]+)/([A-Za-z0-9_][A-Za-z0-9._-]*(?:/[A-Za-z0-9_][A-Za-z0-9._-]*)*)"
)

_FRESH: Final = (("Cache-Control", "no-store"), ("Referrer-Policy", "no-referrer"))
_FILM: Final = (".m3u8", ".mp4", ".m4s")
_TOKEN_ALONE: Final = re.compile(r"[^/]+")

Headers = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class _Found:
    """A stored file: its size and version, and the open file if it is on this machine."""

    key: str
    size: int
    etag: str
    file: io.FileIO | None

    def close(self) -> None:
        if self.file:
            self.file.close()


class Delivery:
    """WSGI middleware: serves paths under /media/ and passes everything else to the app.

    It answers 404 to tokens not signed by this installation and paths outside a ticket, and 403 with a
    code in JSON to a valid token without access. A PAGE ticket gets no film. `way` is the delivery
    mode: nginx asks here under /media/<token> whether to send files, and may reuse the answer for
    `admitted_s` seconds; PAGE tickets are refused there, so their files are sent from here.
    """

    def __init__(
        self,
        app: "WSGIApplication",
        *,
        storage: Storage,
        gate: Gate,
        way: Way = Way.EMBEDDED,
        admitted_s: int = ADMITTED_S,
    ) -> None:
        self._app = app
        self._way = way
        self._admitted_s = admitted_s
        self._shelf = _Shelf(storage)
        self._gate = gate

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request."""
        path = environ.get("PATH_INFO", "")
        if not path.startswith(MOUNT):
            return self._app(environ, start_response)
        if environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
            return ONLY_READING.send(environ, start_response)
        if self._way is Way.NGINX and _TOKEN_ALONE.fullmatch(path, len(MOUNT)):
            return self._admit(environ, start_response, path[len(MOUNT) :])
        address = _ADDRESS.fullmatch(path, len(MOUNT))
        if not address:
            return NOT_FOUND.send(environ, start_response)
        return self._deliver(environ, start_response, address[1], address[2])

    def _deliver(
        self, environ: "WSGIEnvironment", start_response: "StartResponse", token: str, name: str
    ) -> Iterable[bytes]:
        try:
            ticket = self._gate.admit(token, environ)
            found = self._shelf.find(_key(ticket, name))
            return self._answer(environ, start_response, found, ticket)
        except TurnedAway as turned:
            return TURNED_AWAY[turned.code].send(environ, start_response)
        except (BadToken, BadKey, Missing):
            return NOT_FOUND.send(environ, start_response)

    def _admit(
        self, environ: "WSGIEnvironment", start_response: "StartResponse", token: str
    ) -> Iterable[bytes]:
        """Tell nginx whether to send files to the bearer of the token; nginx treats any 403 as no."""
        try:
            ticket = self._gate.admit(token, environ)
        except (TurnedAway, BadToken):
            return refused("403 Forbidden").send(environ, start_response)
        if ticket.use is Use.PAGE:
            return refused("403 Forbidden").send(environ, start_response)
        headers = admission(ticket, token, seconds=self._admitted_s)
        start_response("204 No Content", headers)
        return ()

    def _answer(
        self,
        environ: "WSGIEnvironment",
        start_response: "StartResponse",
        found: _Found,
        ticket: Ticket,
    ) -> Iterable[bytes]:
        headers: Headers = [
            ("Content-Type", content_type_of(found.key)),
            ("ETag", found.etag),
            ("Accept-Ranges", "bytes"),
            # A cached copy used without revalidation would outlive the session.
            ("Cache-Control", "private, no-cache"),
            ("X-Content-Type-Options", "nosniff"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
        ]
        if is_known(environ.get("HTTP_IF_NONE_MATCH", ""), found.etag):
            found.close()
            start_response("304 Not Modified", headers[1:])
            return ()
        try:
            span = _span(environ, found)
        except Unsatisfiable:
            found.close()
            beyond = ("Content-Range", f"bytes */{found.size}")
            too_far = refused("416 Range Not Satisfiable", beyond)
            return too_far.send(environ, start_response)
        if (
            self._way is Way.REDIRECT
            and found.file is None
            and may_redirect(environ, ticket, found.key, span)
        ):
            address = self._shelf.address(found.key, environ["HTTP_RANGE"])
            if address:
                headers = [("Location", address), ("Content-Length", "0"), *_FRESH]
                start_response("302 Found", headers)
                return ()
        status = "200 OK"
        if span:
            status = "206 Partial Content"
            last = span.start + span.length - 1
            headers.append(("Content-Range", f"bytes {span.start}-{last}/{found.size}"))
        span = span or Span(0, found.size, open_ended=False)
        headers.append(("Content-Length", str(span.length)))
        if environ["REQUEST_METHOD"] == "HEAD":
            found.close()
            start_response(status, headers)
            return ()
        body = self._body(environ, found, span, ticket.session)
        start_response(status, headers)
        return body

    def _body(
        self, environ: "WSGIEnvironment", found: _Found, span: Span, session: str
    ) -> Iterable[bytes]:
        if found.file is None:
            _bound_buffer(environ)
            stream = self._shelf.open(found.key, span)
            return _Pieces(stream, span.length, lambda: self._gate.live(session))
        found.file.seek(span.start)
        wrapper = environ.get("wsgi.file_wrapper")
        if wrapper and span.length <= AT_ONCE_BYTES:
            return cast("Iterable[bytes]", wrapper(_Window(found.file, span.length), PIECE_BYTES))
        _bound_buffer(environ)
        return _Pieces(found.file, span.length, lambda: self._gate.live(session))


class _Shelf:
    """Finds stored files; facts about remote files are cached for a minute, as keys don't change."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._remembered: dict[str, tuple[float, _Found]] = {}

    def find(self, key: str) -> _Found:
        """Return the file; raises Missing."""
        path = self._storage.local_path(key)
        if path is None:
            return self._find_elsewhere(key)
        try:
            file = io.FileIO(path)
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            raise Missing(key) from None
        except OSError as fault:  # a failing disk, or an unavailable share
            raise StorageAway(str(fault), type(fault).__name__) from fault
        known = os.fstat(file.fileno())
        return _Found(key, known.st_size, version_of(known), file)

    def open(self, key: str, span: Span) -> BinaryIO:
        """Open a span of a remote file; raises Missing."""
        return self._storage.open(key, span.start, span.length)

    def address(self, key: str, wanted: str) -> str | None:
        """Return a temporary bucket address for this range; None without a bucket."""
        return self._storage.address(key, ADDRESS_S, content_type_of(key), wanted)

    def _find_elsewhere(self, key: str) -> _Found:
        now = time.monotonic()
        at, found = self._remembered.get(key, (-math.inf, None))
        if found and now - at < REMEMBER_SECONDS:
            return found
        known = self._storage.stat(key)
        if known is None:
            raise Missing(key)
        if len(self._remembered) >= REMEMBER_MOST:
            self._remembered.clear()
        found = _Found(key, known.size, known.etag, None)
        self._remembered[key] = (now, found)
        return found


class _Window:
    """The object for a server's file wrapper: an open file at its position, ending after `length`."""

    def __init__(self, file: io.FileIO, length: int) -> None:
        self._file = file
        self._left = length
        self.fileno = file.fileno
        self.close = file.close

    def read(self, most: int = -1) -> bytes:
        """Return the next bytes, or none at the end of the window."""
        data = self._file.read(self._left if most < 0 else min(most, self._left))
        self._left -= len(data)
        return data


class _Pieces:
    """A body in pieces, which stops when the session ends."""

    def __init__(self, stream: BinaryIO, length: int, live: Callable[[], bool]) -> None:
        self._stream = stream
        self._left = length
        self._live = live

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if not self._left:
            raise StopIteration
        if not self._live():
            # The server must close the connection: the promised length won't be sent.
            raise ConnectionResetError(errno.ECONNRESET, "the playback session ended")
        data = self._stream.read(min(PIECE_BYTES, self._left))
        if not data:
            raise ConnectionResetError(errno.ECONNRESET, "the file ended early")
        self._left -= len(data)
        return data

    def close(self) -> None:
        """Close the file; the server always calls this."""
        self._stream.close()


def _key(ticket: Ticket, name: str) -> str:
    """Return the key of a file; raises Missing for a film requested with a PAGE ticket."""
    if ticket.use is Use.PAGE and name.endswith(_FILM):
        raise Missing(name)
    return f"{ticket.prefix}/{name}"


def _span(environ: Environ, found: _Found) -> Span | None:
    header = environ.get("HTTP_RANGE", "")
    if not header:
        return None
    span = wanted_span(header, environ.get("HTTP_IF_RANGE", ""), found.etag, found.size)
    if span and found.key.endswith(f"/{PROGRESSIVE}"):
        return span.capped(OPEN_ENDED_BYTES)
    return span


def _bound_buffer(environ: Environ) -> None:
    """Limit the kernel's send buffer, if the server exposes its socket."""
    connection = environ.get("gunicorn.socket")
    if isinstance(connection, socket.socket):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
