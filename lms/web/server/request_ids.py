"""Request ids: one for each request, in its log lines, its response, and the jobs and posts it causes."""

import re
import secrets
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

import structlog

from lms.core.logs import REQUEST

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_ID: Final = re.compile(r"[A-Za-z0-9-]{8,64}")


class RequestIds:
    """Outermost WSGI middleware: uses the id that a trusted proxy sends, or generates one."""

    def __init__(self, app: "WSGIApplication", trusts: Callable[[str], bool]) -> None:
        self._app, self._trusts = app, trusts

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request."""
        given = environ.get("HTTP_X_REQUEST_ID", "")
        is_given = _ID.fullmatch(given) and self._trusts(environ.get("REMOTE_ADDR", ""))
        request = given if is_given else secrets.token_hex(8)
        # Bound until the thread's next request, because the body and the access log line come
        # later.
        structlog.contextvars.bind_contextvars(**{REQUEST: request})

        def begin(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:  # noqa: ANN401  (the type in WSGI)
            return start_response(status, [*headers, ("X-Request-ID", request)], *more)

        return self._app(environ, begin)
