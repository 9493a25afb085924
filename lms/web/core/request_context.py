"""The request context for views: runtime, transactions, rendering, and redirects."""

from contextlib import AbstractContextManager
from http import HTTPStatus
from typing import Any, cast

from flask import Response as Page
from flask import (
    abort,
    current_app,
    has_request_context,
    redirect,
    render_template,
    request,
    url_for,
)
from sqlalchemy.orm import Session
from werkzeug.exceptions import PreconditionFailed
from werkzeug.wrappers import Response

from lms.component import Component
from lms.core.acting_roles import ActingRole
from lms.core.runtime import Carrel

EXTENSION = "carrel"
COMPONENTS = "carrel_components"
ACTING = "carrel.acting"
JSON_OR_PAGE = ("text/html", "application/json")

render = render_template  # a page of templates/


def carrel() -> Carrel:
    """Return the application's runtime, with the role that this request acts in (`act_as`)."""
    if has_request_context() and ACTING in request.environ:
        return cast(Carrel, request.environ[ACTING])
    return cast(Carrel, current_app.extensions[EXTENSION])


def act_as(role: ActingRole) -> None:
    """Set the role in which the rest of this request acts; audit entries name it."""
    request.environ[ACTING] = carrel().acting_as(role)


def components() -> tuple[Component, ...]:
    """Return the components that this app is built from."""
    return cast("tuple[Component, ...]", current_app.extensions[COMPONENTS])


def transaction(*, in_passing: bool = False) -> AbstractContextManager[Session]:
    """Open a writing session: leaving the block commits, an exception rolls back."""
    return carrel().database.transaction(in_passing=in_passing)


def read_session() -> AbstractContextManager[Session]:
    """Open a read-only session; pass plain dataclasses, not rows, to templates."""
    return carrel().database.read_session()


def see_other(endpoint: str, **values: Any) -> Response:  # noqa: ANN401  (the type in url_for)
    """Return a 303 redirect, so that reloading the next page doesn't post again."""
    return redirect(url_for(endpoint, **values), code=303)


def lead_on(**values: str) -> None:
    """Redirect a page that was requested at an outdated URL to its current one.

    `values` are the current values of the route's variables. Forms posted to the old URL are accepted
    there.
    """
    if request.method not in ("GET", "HEAD") or request.endpoint is None:
        return
    asked: dict[str, Any] = {**request.args.to_dict(flat=False), **(request.view_args or {})}
    abort(see_other(request.endpoint, **{**asked, **values}))


def if_changed(answer: Page) -> Page:
    """Return the answer, as 304 without a body if the browser has it; raises what `if_met` does."""
    answer.add_etag()
    answer.make_conditional(request)
    return if_met(answer)


def if_met(answer: Page) -> Page:
    """Return an answer that Werkzeug has compared with the request's conditions.

    Raises PreconditionFailed if the client asked for another version: Werkzeug only sets the status 412
    and would still send the body.
    """
    if answer.status_code == HTTPStatus.PRECONDITION_FAILED:
        answer.close()
        raise PreconditionFailed
    return answer


def wants_json() -> bool:
    """Return whether the client asked for JSON rather than a page."""
    best = request.accept_mimetypes.best_match(JSON_OR_PAGE)
    return best == "application/json"


def sent_json() -> Any:  # noqa: ANN401  (any JSON value)
    """Return the request's JSON; None if there is none or it can't be parsed."""
    try:
        return request.get_json(silent=True)
    except RecursionError:  # thousands of nested lists
        return None
