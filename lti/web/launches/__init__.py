"""The login and launch endpoints."""

from flask import Flask

from lms.web.core.request_context import EXTENSION
from lti.web.launches.launch_middleware import LaunchMiddleware
from lti.web.launches.launch_setup_and_responses import init_reception, keysets_of


def init_app(app: Flask) -> None:
    """Set up the pages, and the middleware that handles logins and launches before Flask."""
    init_reception(app)
    received = LaunchMiddleware(app.wsgi_app, app.extensions[EXTENSION], keysets_of(app))
    app.wsgi_app = received  # type: ignore[method-assign]  # as Flask's documentation recommends
