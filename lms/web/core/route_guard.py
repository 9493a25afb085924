"""The route guard: every route declares its audience, or the app does not start."""

from collections.abc import Callable
from enum import StrEnum
from itertools import chain
from typing import Any, TypeVar

from flask import Flask, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from lms.core.errors import N_, Forbidden, NotFound
from lms.web.core.current_user import viewer
from lms.web.core.request_context import if_met

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])
MARK = "__carrel_audience__"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Audience(StrEnum):
    """Who may come in by a route."""

    EVERYONE = "everyone"
    SIGNED_IN = "signed_in"
    MANAGERS = "managers"  # the view itself asks which organizations: `managed_organization`
    STAFF = "staff"
    PLAYBACK_TOKEN = "playback_token"  # noqa: S105  (the view itself checks the token in its path)
    PLATFORM = "platform"  # a learning system; the view itself checks what it signed
    FRAME = (
        "frame"  # inside a learning system or a site; the view itself checks the secret in its path
    )
    EMBED = "embed"  # an address that stands in another site's page; the view itself checks it


# No cookie lets anybody in by these: what does stands in the path or the message, and the view checks it.
UNCOOKIED = frozenset({Audience.PLAYBACK_TOKEN, Audience.PLATFORM, Audience.FRAME, Audience.EMBED})


def open_to(audience: Audience) -> Callable[[View], View]:
    """Declare a view's audience; it stands directly above the function, below the route."""

    def declare(view: View) -> View:
        setattr(view, MARK, audience)
        return view

    return declare


def audience_of(view: Callable[..., Any]) -> Audience | None:
    """Return the audience a view declared, or None."""
    found = getattr(view, MARK, None)
    return found if isinstance(found, Audience) else None


def guard_routes(app: Flask) -> None:
    """Check that every route has an audience and let nobody else in.

    Raises RuntimeError, naming the endpoints, when one declares none.
    """
    static = app.view_functions["static"]

    @open_to(Audience.EVERYONE)
    def static_file(**values: Any) -> ResponseReturnValue:  # noqa: ANN401  (as Flask passes them)
        return if_met(app.ensure_sync(static)(**values))

    app.view_functions["static"] = static_file
    undeclared = sorted(
        name for name, view in app.view_functions.items() if audience_of(view) is None
    )
    if undeclared:
        raise RuntimeError(f"routes that declare no audience: {', '.join(undeclared)}")
    app.before_request(_let_in)


def refuse_nul() -> None:
    """Answer 400 to a request with a NUL in it: no text has one, and PostgreSQL takes none."""
    texts = chain(
        (request.path,),
        (value for values in request.args.listvalues() for value in values),
        (value for values in request.form.listvalues() for value in values),
        (part.filename or "" for part in request.files.values()),
    )
    if any("\x00" in text for text in texts):
        raise BadRequest


def _let_in() -> ResponseReturnValue | None:
    if request.endpoint is None:
        return None  # no such route: Flask answers 404 or 405
    audience = audience_of(current_app.view_functions[request.endpoint])
    if audience is Audience.EVERYONE or audience in UNCOOKIED:
        return None
    person = viewer()
    if person is None and audience in (Audience.SIGNED_IN, Audience.MANAGERS):
        return _ask_to_sign_in()
    if person is None and audience is Audience.STAFF and request.method in SAFE_METHODS:
        return _ask_to_sign_in()
    if person is None or (audience is Audience.STAFF and not person.is_staff):
        raise NotFound
    return None


def _ask_to_sign_in() -> ResponseReturnValue:
    if request.method not in SAFE_METHODS:
        raise Forbidden(N_("Sign in first, then try again."), code="sign_in_first")
    wanted = request.full_path.rstrip("?")
    return redirect(url_for("sign_in.sign_in", next=wanted), code=303)
