"""What stands in front of the pages: the answer to failures, trusted proxies, the delivery of media."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from flask import Flask

from lms.liveness import Liveness
from lms.runtime import Carrel
from lms.viewing import LONGEST
from lms.web.failures import FailureGuard
from lms.web.headers import TrustedProxies
from lms.web.signin import cookie_name
from lms.web.wellformed import WellFormed
from media.delivery import Delivery
from media.gate import Gate

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


def front(app: Flask, carrel: Carrel) -> "WSGIApplication":
    """Return what gunicorn serves: the app behind everything that answers before it."""
    delivery = Delivery(
        app.wsgi_app,
        storage=carrel.storage,
        gate=Gate(
            signer=carrel.signer,
            live=Liveness(carrel.database, longest=LONGEST),
            client_address=client_address,
            session_cookie=cookie_name(carrel.settings),
        ),
        way=carrel.settings.delivery,
    )
    proxies = TrustedProxies(delivery, carrel.settings.trusted_proxies)
    return FailureGuard(WellFormed(proxies), app, carrel.settings)


def client_address(environ: Mapping[str, Any]) -> str:
    """Return the address a request came from; trusted proxies have been discounted before."""
    return str(environ.get("REMOTE_ADDR", ""))
