"""Responses: static files at permanently cacheable addresses, and compressed pages."""

from pathlib import Path
from typing import Any, Final

from flask import Flask, Response, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask.typing import ResponseReturnValue

from lms.core.errors import or_not_found
from lms.web.core.request_context import if_met
from lms.web.core.route_guard import Audience, open_to
from lms.web.static_files.bundles import StaticFile, read_static_files
from lms.web.static_files.compression import (
    EACH_TIME,
    CompressedFiles,
    is_compressible,
    preferred,
)

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
