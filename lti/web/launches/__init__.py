"""Login and launch, as platforms call them."""

from typing import Final

from flask import Blueprint, Flask

from lms.web.core.request_context import EXTENSION
from lti.web.launches import launch, oidc_login
from lti.web.launches.fast_launch_middleware import FastLaunches
from lti.web.launches.launch_setup_and_responses import init_reception, keysets_of

BLUEPRINTS: Final[tuple[Blueprint, ...]] = (
    oidc_login.blueprint,
    launch.blueprint,
)


def init_app(app: Flask) -> None:
    """Prepare the pages of login and launch, and answer what needs none of them in front of Flask."""
    init_reception(app)
    fast = FastLaunches(app.wsgi_app, app.extensions[EXTENSION], keysets_of(app))
    app.wsgi_app = fast  # type: ignore[method-assign]  # as Flask says to
