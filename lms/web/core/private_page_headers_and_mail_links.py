"""Private page headers (no-store, referrer), and the link builder for emails."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from flask import Response, make_response
from flask.typing import ResponseReturnValue

from lms.mail.links import Links, MailContext, mail_context_of
from lms.web.core.request_context import carrel

P = ParamSpec("P")


def links() -> Links:
    """Return the builder of absolute links for emails."""
    return Links(carrel().settings.base_url)


def mail_context() -> MailContext:
    """Return the base URL and the time zone for emails."""
    return mail_context_of(carrel().settings)


def keeps_its_address(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Keep a page's URL, which contains a secret, out of caches and the Referer header.

    Referer contains only this site's origin. It can't be empty: over HTTPS, a form without a Referer is
    rejected.
    """

    @wraps(view)
    def guarded(*args: P.args, **values: P.kwargs) -> ResponseReturnValue:
        response = make_response(view(*args, **values))
        response.headers["Referrer-Policy"] = "strict-origin"
        response.headers["Cache-Control"] = "no-store"
        return response

    return guarded


def keep_nothing(response: Response) -> Response:
    """Forbid caching of a page: on a shared computer the next person could press Back."""
    response.headers["Cache-Control"] = "no-store"
    return response
