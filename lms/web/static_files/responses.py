"""Responses: static files at permanently cacheable addresses, and compressed pages."""

import gzip
import os
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any, Final

import brotli
from flask import Flask, Response, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import Accept

from lms.core.errors import or_not_found
from lms.web.core.request_context import if_met
from lms.web.core.route_guard import Audience, open_to
from lms.web.static_files.bundles import StaticFile, read_static_files

LEAST_BYTES: Final = 1000  # smaller bodies fit into one packet anyway
# In order of preference: static files are compressed as well as possible, pages quickly.
ONCE: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "br": lambda body: brotli.compress(body, quality=11),
    "gzip": lambda body: gzip.compress(body, 9, mtime=0),
}
EACH_TIME: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "br": lambda body: brotli.compress(body, quality=5),
    "gzip": lambda body: gzip.compress(body, 6, mtime=0),
}
_COMPRESSIBLE: Final = frozenset(
    {"application/json", "application/rss+xml", "application/atom+xml", "image/svg+xml"}
)


class CompressedFiles:
    """Compresses each file when it is first requested, into a directory that processes share."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, bytes] = {}
        # of a hundred simultaneous requests after an upgrade, only one compresses
        self._lock = Lock()

    def body(self, digest: str, encoding: str, body: bytes) -> bytes:
        """Return a compressed body; `digest` identifies the body."""
        name = f"{digest}.{encoding}"
        if name not in self._read:
            with self._lock:
                if name not in self._read:
                    self._read[name] = self._made(name, encoding, body)
        return self._read[name]

    def _made(self, name: str, encoding: str, body: bytes) -> bytes:
        with suppress(OSError):
            return (self._folder / name).read_bytes()
        made = ONCE[encoding](body)
        with suppress(OSError):  # the disk is full: the next process compresses it again
            self._write(name, made)
        return made

    def _write(self, name: str, made: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self._folder, delete=False) as file:
            file.write(made)
        os.replace(file.name, self._folder / name)


ENDPOINT: Final = "static"
FOR_GOOD: Final = "public, max-age=31536000, immutable"


class PageSessions(SecureCookieSessionInterface):
    """Sessions of pages only: static files neither set a cookie nor depend on one.

    With `Vary: Cookie`, browsers would reload all files after each sign-in.
    """

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Write the cookie, except on static files."""
        if request.endpoint != ENDPOINT:
            super().save_session(app, session, response)


def init_static_files(app: Flask, scratch: Path) -> None:
    """Make `url_for("static", ...)` use hashed bundle names, serve them, and compress pages.

    Compressed files are stored below `scratch`.
    """
    files = read_static_files(Path(app.static_folder or ""))
    compressed = CompressedFiles(scratch / "static")

    @app.url_defaults
    def name_by_hash(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == ENDPOINT:
            values["filename"] = files.address(values["filename"])

    @open_to(Audience.EVERYONE)
    def send(filename: str) -> ResponseReturnValue:
        found = or_not_found(files.find(filename))
        return _sent(found, compressed, is_named=found.address == filename)

    app.view_functions[ENDPOINT] = send
    app.session_interface = PageSessions()
    app.after_request(compress_page)


def _sent(file: StaticFile, compressed: CompressedFiles, *, is_named: bool) -> Response:
    """Return a file; it can be cached permanently only if its address `is_named` by its content.

    During an upgrade, a page of another version requests that version's address. It gets this version's
    file, which must not be cached there.
    """
    body, encoding = file.body, None
    if is_compressible(file.content_type, len(body)):
        encoding = preferred(request.accept_encodings)
    if encoding:
        body = compressed.body(file.digest, encoding, body)
    answer = Response(body, content_type=file.content_type)
    if encoding:
        answer.headers["Content-Encoding"] = encoding
    answer.vary.add("Accept-Encoding")
    answer.headers["Cache-Control"] = FOR_GOOD if is_named else "no-cache"
    answer.set_etag(f"{file.digest[:32]}-{encoding or 'as-is'}")
    answer.make_conditional(request, accept_ranges=True, complete_length=len(body))
    return if_met(answer)


def compress_page(answer: Response) -> Response:
    """Compress a response, unless it is marked `no-store`.

    The size of a compressed page reveals how much a text in it resembles another one (BREACH). An
    attacker who can make a browser request a page many times with chosen texts can learn a secret on
    it. The CSRF token isn't such a secret, because it is signed again each second, and sign-in cookies
    aren't sent with requests from other sites (SameSite=Lax). Pages whose address or content is secret,
    such as frames, one-time links and recovery codes, are `no-store` and sent uncompressed.
    """
    if (
        answer.is_streamed
        or answer.direct_passthrough
        or "Content-Encoding" in answer.headers
        or "Content-Range" in answer.headers
        or answer.cache_control.no_store
        or not is_compressible(answer.content_type, answer.calculate_content_length() or 0)
    ):
        return answer
    answer.vary.add("Accept-Encoding")
    encoding = preferred(request.accept_encodings)
    if encoding:
        answer.set_data(EACH_TIME[encoding](answer.get_data()))
        answer.headers["Content-Encoding"] = encoding
        etag, _ = answer.get_etag()
        if etag:
            answer.set_etag(etag, weak=True)  # the same text in different bytes
    return answer


def is_compressible(content_type: str | None, size: int) -> bool:
    """Return whether a body of a type and size in bytes is worth compressing; pictures and fonts aren't."""
    kind = (content_type or "").partition(";")[0]
    return size >= LEAST_BYTES and (kind.startswith("text/") or kind in _COMPRESSIBLE)


def preferred(accepted: Accept) -> str | None:
    """Return the encoding to use for an Accept-Encoding header; None to send it uncompressed."""
    return next((name for name in EACH_TIME if accepted[name] > 0), None)
