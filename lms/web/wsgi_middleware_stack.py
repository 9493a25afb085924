"""The WSGI middleware stack in front of Flask: request ids, failure guard, proxies, and media delivery."""

import re
import secrets
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

import structlog
from flask import Flask

from lms.core.logs import REQUEST
from lms.core.runtime import Carrel
from lms.playback.ended_session_cache import EndedSessionCache
from lms.web.core.current_user import playback_cookies
from lms.web.core.malformed_requests import MalformedRequestFilter
from lms.web.core.security_headers_and_proxies import TrustedProxies
from lms.web.core.uncaught_exception_middleware import UncaughtExceptionMiddleware
from media.delivery.authorization import Gate
from media.delivery.wsgi_app import Delivery

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


_ID: Final = re.compile(r"[A-Za-z0-9-]{8,64}")


class RequestIds:
    """Outermost WSGI middleware: an id of each request, for its log lines, its response, jobs and emails.

    Uses the one that a trusted proxy sends, or generates one.
    """

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


def front(app: Flask, carrel: Carrel) -> "WSGIApplication":
    """Return the app that gunicorn serves: Flask behind everything that answers before it."""
    delivery = Delivery(
        app.wsgi_app,
        storage=carrel.storage,
        gate=Gate(
            signer=carrel.signer,
            live=EndedSessionCache(carrel.database),
            cookies=playback_cookies(carrel.settings),
        ),
        way=carrel.settings.delivery,
    )
    proxies = TrustedProxies(delivery, carrel.settings.trusted_proxies)
    guarded = UncaughtExceptionMiddleware(MalformedRequestFilter(proxies), app, carrel.settings)
    return RequestIds(guarded, proxies.trusts)
