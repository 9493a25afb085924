"""What stands in front of the pages: trusted proxies first, then the delivery of media."""

from typing import TYPE_CHECKING

from flask import Flask

from lms.runtime import Carrel
from lms.web.headers import TrustedProxies

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


def front(app: Flask, carrel: Carrel) -> "WSGIApplication":
    """Return what gunicorn serves: the app behind everything that answers before it."""
    return TrustedProxies(app.wsgi_app, carrel.settings.trusted_proxies)
