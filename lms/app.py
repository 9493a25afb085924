"""The Flask application factory; importing this module builds nothing."""

from collections.abc import Callable, Iterator, MutableMapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask, has_request_context, request
from flask.templating import Environment

from lms.component import Component, load_tables
from lms.core.acting_roles import ActingRole
from lms.core.runtime import Carrel
from lms.mail.rendering import TEMPLATES, ReadTemplates
from lms.web.accounts.page_language import init_languages
from lms.web.accounts.step_up import init_step_up
from lms.web.core.current_user import init_sign_in
from lms.web.core.error_pages import init_errors
from lms.web.core.gunicorn_log import ROUTE
from lms.web.core.page_frame import init_shell
from lms.web.core.rate_limits import init_limits
from lms.web.core.request_context import COMPONENTS, EXTENSION
from lms.web.core.request_queue import init_request_queue
from lms.web.core.route_guard import guard_routes
from lms.web.core.security_headers_and_proxies import init_headers
from lms.web.static_files.responses import init_static_files

ROOT = Path(__file__).resolve().parent.parent
FORM_BYTES = 8 * 1024 * 1024


class Templates(Environment):
    """Flask's templates, which share one dictionary of globals instead of a ChainMap each.

    A page imports up to twenty templates, and Jinja compares the names of all globals at each.
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Return the globals of a template."""
        return super().make_globals(d) if d else self.globals


class Application(Flask):
    """Flask, which makes the URL of a page without variables or of a file once.

    A page has thirty of them.
    """

    def __init__(self, *args: Any, **settings: Any) -> None:  # noqa: ANN401  (as Flask's)
        super().__init__(*args, **settings)
        self._urls: dict[tuple[str, str, str | None], str] = {}

    def url_for(self, endpoint: str, **values: Any) -> str:  # noqa: ANN401  (as Flask's)
        """Return the URL of an endpoint."""
        filename = values.get("filename") if endpoint == "static" else None
        is_fixed = len(values) == (filename is not None) and not endpoint.startswith(".")
        if not is_fixed or not has_request_context():
            return super().url_for(endpoint, **values)
        of = request.root_path, endpoint, filename
        if of not in self._urls:
            self._urls[of] = super().url_for(endpoint, **values)
        return self._urls[of]


class FormKeys:
    """The keys of forms, read at each use, because the previous secret key is accepted only for a day."""

    def __init__(self, old_keys: Callable[[], tuple[str, ...]], *current: str) -> None:
        self._old_keys = old_keys
        self._current = current

    def __iter__(self) -> Iterator[str]:
        """Yield the previous key while it is accepted, then the current ones."""
        yield from self._old_keys()
        yield from self._current


def create_app(carrel: Carrel, components: Sequence[Component]) -> Flask:
    """Build the web app of an installation from its components.

    Raises RuntimeError if a route declares no audience.
    """
    load_tables(components)
    carrel = carrel.acting_as(ActingRole.PERSON)  # the guard sets another role if needed
    settings = carrel.settings
    app = Application(
        "lms",
        root_path=str(ROOT / "lms"),
        static_folder="static",
    )
    app.jinja_loader = ReadTemplates(TEMPLATES)
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SECRET_KEY_FALLBACKS=FormKeys(carrel.old_keys),
        WTF_CSRF_SECRET_KEY=FormKeys(carrel.old_keys, settings.secret_key),  # the last one signs
        SESSION_COOKIE_NAME="__Host-carrel-form" if settings.is_https else "carrel-form",
        SESSION_COOKIE_SECURE=settings.is_https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(hours=12),
        MAX_FORM_MEMORY_SIZE=FORM_BYTES,
        WTF_CSRF_CHECK_DEFAULT=False,  # the guard does
        # as long as the browser session, so that a form left open can still be sent
        WTF_CSRF_TIME_LIMIT=None,
    )
    # Jinja's own cache of 400 is behind one lock, for which hundreds of threads waited.
    app.jinja_environment = Templates
    app.jinja_options = {**app.jinja_options, "cache_size": -1}
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.extensions[EXTENSION] = carrel
    app.extensions[COMPONENTS] = tuple(components)
    _name_routes(app)
    init_request_queue(app)
    init_sign_in(app)
    init_languages(app)  # before the guard, whose refusals are pages, too
    init_errors(app)
    init_headers(app, settings)
    init_static_files(app, settings.scratch)
    init_shell(app)
    init_limits(app, settings)
    for component in components:
        component.init_app(app)
    guard_routes(app)
    init_step_up(app)  # after the guard: only this person's own input is carried over
    return app


def _name_routes(app: Flask) -> None:
    """Let the log name the route of each request, which has no IDs, unlike its path."""

    @app.before_request
    def name_route() -> None:
        if request.url_rule is not None:
            request.environ[ROUTE] = request.url_rule.rule
