"""The accessibility and privacy statements."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from lms.web.core.request_context import render
from lms.web.core.route_guard import Audience, open_to

blueprint = Blueprint("about", __name__)


@blueprint.get("/accessibility")
@open_to(Audience.EVERYONE)
def accessibility() -> ResponseReturnValue:
    return render("public/accessibility.html")


@blueprint.get("/privacy")
@open_to(Audience.EVERYONE)
def privacy() -> ResponseReturnValue:
    return render("public/privacy.html")
