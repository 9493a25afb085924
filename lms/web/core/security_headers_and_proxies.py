"""Security headers on every response, and client addresses from trusted proxies."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import ip_address
from typing import TYPE_CHECKING

from flask import Flask, Response

from lms.core.settings import Network, Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
# Browsers read these on documents only, and they were a third of a small file's bytes.
OF_DOCUMENTS = frozenset(
    {"Content-Security-Policy", "Permissions-Policy", "Cross-Origin-Opener-Policy"}
)
SUBRESOURCES = frozenset({"text/css", "text/javascript", "font/woff2"})


def init_headers(app: Flask, settings: Settings) -> None:
    """Add the security headers to every response of the app, and to styles, scripts, and fonts those they need."""
    always = security_headers(settings)
    of_parts = {name: value for name, value in always.items() if name not in OF_DOCUMENTS}

    def add(response: Response) -> Response:
        headers = response.headers
        for name, value in (of_parts if response.mimetype in SUBRESOURCES else always).items():
            headers.setdefault(name, value)
        headers.setdefault("Cache-Control", "private, no-cache")
        return response

    app.after_request(add)


def security_headers(settings: Settings) -> dict[str, str]:
    """Return the default headers of every response; pages can override them."""
    headers = {
        "Content-Security-Policy": POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    if settings.is_https:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return headers


class TrustedProxies:
    """WSGI middleware: accepts the client's address and scheme only from proxies in `networks`."""

    def __init__(self, app: "WSGIApplication", networks: Sequence[Network]) -> None:
        self._app = app
        self._networks = tuple(networks)
        # Checked for every media segment, and the addresses are few.
        self.trusts = lru_cache(maxsize=4096)(self._lies_within)

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Rewrite REMOTE_ADDR and the scheme, then pass the request on."""
        if self.trusts(environ.get("REMOTE_ADDR", "")):
            hops = [hop.strip() for hop in environ.get("HTTP_X_FORWARDED_FOR", "").split(",")]
            beyond = [hop for hop in hops if hop and not self.trusts(hop)]
            if beyond and _is_address(beyond[-1]):
                environ["REMOTE_ADDR"] = beyond[-1]
            scheme = environ.get("HTTP_X_FORWARDED_PROTO", "")
            if scheme in ("http", "https"):
                environ["wsgi.url_scheme"] = scheme
        return self._app(environ, start_response)

    def _lies_within(self, raw: str) -> bool:
        try:
            address = ip_address(raw)
        except ValueError:
            return False
        return any(address in network for network in self._networks)


def _is_address(raw: str) -> bool:
    try:
        ip_address(raw)
    except ValueError:
        return False
    return True
