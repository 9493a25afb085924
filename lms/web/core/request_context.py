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


def carrel() -> Carrel:
    """Return the running library, for acts in the role of this request (`act_as`)."""
    if has_request_context() and ACTING in request.environ:
        return cast(Carrel, request.environ[ACTING])
    return cast(Carrel, current_app.extensions[EXTENSION])


def act_as(role: ActingRole) -> None:
    """Let what this request does from now on be done in a role, which its audit entries name."""
    request.environ[ACTING] = carrel().acting_as(role)


def components() -> tuple[Component, ...]:
    """Return the components of the product that this app is built from."""
    return cast("tuple[Component, ...]", current_app.extensions[COMPONENTS])


def transaction(*, in_passing: bool = False) -> AbstractContextManager[Session]:
    """Open the request's writing session; leaving the block commits, an exception rolls back."""
    return carrel().database.transaction(in_passing=in_passing)


def read_session() -> AbstractContextManager[Session]:
    """Open a session for reading; hand plain dataclasses, not rows, to the templates."""
    return carrel().database.read_session()


def render(template: str, **values: object) -> str:
    """Render a page of templates/."""
    return render_template(template, **values)


def see_other(endpoint: str, **values: Any) -> Response:  # noqa: ANN401  (as url_for takes them)
    """Answer 303, so that reloading the next page does not post again."""
    return redirect(url_for(endpoint, **values), code=303)


def lead_on(**values: str) -> None:
    """Answer a page that is asked for by a former address with a redirect to the same page.

    `values` are what stands in its address now. A form that is sent is taken where it arrives.
    """
    if request.method not in ("GET", "HEAD") or request.endpoint is None:
        return
    asked: dict[str, Any] = {**request.args.to_dict(flat=False), **(request.view_args or {})}
    abort(see_other(request.endpoint, **{**asked, **values}))


def if_changed(answer: Page) -> Page:
    """Return an answer, without its body where the browser has it; raises what `if_met` does."""
    answer.add_etag()
    answer.make_conditional(request)
    return if_met(answer)


def if_met(answer: Page) -> Page:
    """Return an answer that Werkzeug has compared with the request's conditions.

    Raises PreconditionFailed where it is not the version that was asked for: Werkzeug says so in
    the status, and sends the other version all the same.
    """
    if answer.status_code == HTTPStatus.PRECONDITION_FAILED:
        answer.close()
        raise PreconditionFailed
    return answer


def wants_json() -> bool:
    """Tell whether the client asked for JSON rather than a page."""
    best = request.accept_mimetypes.best_match(JSON_OR_PAGE)
    return best == "application/json"


def sent_json() -> Any:  # noqa: ANN401  (whatever JSON can say)
    """Return what a request sent as JSON; None where it is none, or none that can be read."""
    try:
        return request.get_json(silent=True)
    except RecursionError:  # lists in lists in lists, by the thousand
        return None
