"""Private page headers (no-store, referrer), and the link builder for emails."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec
from zoneinfo import ZoneInfo

from flask import Response, make_response
from flask.typing import ResponseReturnValue

from lms.mail.links import Links, MailContext
from lms.web.core.request_context import carrel

P = ParamSpec("P")


def links() -> Links:
    """Return where this house is reached, for the links in letters."""
    return Links(carrel().settings.base_url)


def mail_context() -> MailContext:
    """Return where this house is reached and by which clock it works."""
    return MailContext(links(), ZoneInfo(carrel().settings.time_zone))


def keeps_its_address(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Keep the address of a page, which is a secret, from everybody else.

    Only the house's origin goes into Referer, and no cache keeps the page. An empty Referer would
    not do: under https a form without any is refused.
    """

    @wraps(view)
    def guarded(*args: P.args, **values: P.kwargs) -> ResponseReturnValue:
        response = make_response(view(*args, **values))
        response.headers["Referrer-Policy"] = "strict-origin"
        response.headers["Cache-Control"] = "no-store"
        return response

    return guarded


def keep_nothing(response: Response) -> Response:
    """Let no browser keep a page: on a shared computer the next person presses Back."""
    response.headers["Cache-Control"] = "no-store"
    return response
