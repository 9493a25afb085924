"""The WSGI middleware stack in front of Flask: failure guard, proxies, and media delivery."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from flask import Flask

from lms.core.runtime import Carrel
from lms.playback.ended_session_cache import EndedSessionCache
from lms.playback.sessions import LONGEST
from lms.web.core.current_user import playback_cookies
from lms.web.core.malformed_requests import MalformedRequestFilter
from lms.web.core.security_headers_and_proxies import TrustedProxies
from lms.web.core.uncaught_exception_middleware import UncaughtExceptionMiddleware
from lms.web.server.request_ids import RequestIds
from media.delivery.authorization import Gate
from media.delivery.wsgi_app import Delivery

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


def front(app: Flask, carrel: Carrel) -> "WSGIApplication":
    """Return the app that gunicorn serves: Flask behind everything that answers before it."""
    delivery = Delivery(
        app.wsgi_app,
        storage=carrel.storage,
        gate=Gate(
            signer=carrel.signer,
            live=EndedSessionCache(carrel.database, longest=LONGEST),
            client_address=client_address,
            cookies=playback_cookies(carrel.settings),
        ),
        way=carrel.settings.delivery,
    )
    proxies = TrustedProxies(delivery, carrel.settings.trusted_proxies)
    guarded = UncaughtExceptionMiddleware(MalformedRequestFilter(proxies), app, carrel.settings)
    return RequestIds(guarded, proxies.trusts)


def client_address(environ: Mapping[str, Any]) -> str:
    """Return the address of a request's client; trusted proxies have already been resolved."""
    return str(environ.get("REMOTE_ADDR", ""))
