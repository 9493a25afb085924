"""The theme's accent style sheet, and the logo."""

from datetime import timedelta
from typing import Final

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from lms.branding import read_logo
from lms.core.accent_colors import theme_css
from lms.web.core.page_frame import branding_facts
from lms.web.core.request_context import if_changed, read_session
from lms.web.core.route_guard import Audience, open_to

blueprint = Blueprint("theme", __name__)

A_YEAR: Final = int(timedelta(days=365).total_seconds())
BRIEFLY: Final = 60
# restricts a logo that is opened as its own page
ALONE: Final = "default-src 'none'; sandbox"


@blueprint.get("/theme.css")
@open_to(Audience.EVERYONE)
def style() -> ResponseReturnValue:
    facts = branding_facts()
    answer = Response(theme_css(facts.accent), mimetype="text/css")
    return _kept(answer, facts.version)


@blueprint.get("/logo")
@open_to(Audience.EVERYONE)
def logo() -> ResponseReturnValue:
    with read_session() as session:
        found = read_logo(session)
    answer = Response(found.picture, mimetype=found.content_type)
    answer.headers["Content-Security-Policy"] = ALONE
    return _kept(answer, branding_facts().version)


def _kept(answer: Response, version: int) -> Response:
    """Allow permanent caching for a URL that names this version, and brief caching for others."""
    is_named = request.args.get("v") == str(version)
    keep = f"max-age={A_YEAR}, immutable" if is_named else f"max-age={BRIEFLY}"
    answer.headers["Cache-Control"] = f"public, {keep}"
    return if_changed(answer)
