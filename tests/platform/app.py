"""The simulated LMS as a web application and as a running server."""

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Final

from flask import Flask, session

from tests.platform.control_api import control_blueprint, trouble_blueprint
from tests.platform.deep_linking import deep_linking_blueprint
from tests.platform.endpoints import auth_blueprint, service_blueprints
from tests.platform.pages import (
    courses_blueprint,
    grades_blueprint,
    launches_blueprint,
    pages_blueprint,
    tools_blueprint,
)
from tests.platform.platform import Platform
from tests.platform.product_quirks import PLAIN, Habits
from tests.platform.registration import configuration_blueprint, registration_blueprint
from tests.platform.web_server import answering, bound, certificate_of_its_own

PAGES: Final = (
    pages_blueprint,
    courses_blueprint,
    launches_blueprint,
    grades_blueprint,
    tools_blueprint,
)


def create_app(platform: Platform) -> Flask:
    """Return an app with the platform's pages and services."""
    app = Flask(__name__)
    app.secret_key = secrets.token_hex(16)
    app.config.update(
        SESSION_COOKIE_NAME="learning_platform",
        SESSION_COOKIE_SAMESITE="None",
        SESSION_COOKIE_SECURE=True,
    )
    platform.traffic.watch(app)

    def viewer() -> str | None:
        seen: str | None = session.get("person")
        return seen

    app.register_blueprint(auth_blueprint(platform, viewer))
    for service in service_blueprints(platform):
        app.register_blueprint(service)
    app.register_blueprint(deep_linking_blueprint(platform))
    app.register_blueprint(configuration_blueprint(platform))
    app.register_blueprint(registration_blueprint(platform))
    app.register_blueprint(control_blueprint(platform))
    app.register_blueprint(trouble_blueprint(platform))
    for pages in PAGES:
        app.register_blueprint(pages(platform))
    return app


@contextmanager
def running_platform(
    *,
    habits: Habits = PLAIN,
    bind: str = "127.0.0.1:0",
    host: str = "localhost",
    https: bool = False,
    **more: Any,
) -> Iterator[Platform]:
    """Run a platform inside a with block; `more` goes to Platform (issuer, name).

    `host` is the name in its URL: to a browser, localhost and 127.0.0.1 are different sites.
    With `https` it has its own certificate.
    """
    with ExitStack() as stack:
        certificate = stack.enter_context(certificate_of_its_own()) if https else None
        server = bound(bind, certificate)
        platform = Platform(
            f"{'https' if https else 'http'}://{host}:{server.port}",
            habits=habits,
            certificate=str(certificate.certificate) if certificate else None,
            **more,
        )
        stack.enter_context(answering(server, create_app(platform)))
        yield platform
