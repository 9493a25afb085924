"""What the house says of itself: accessibility and privacy."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from lms.web.guard import Audience, open_to
from lms.web.kit import render

blueprint = Blueprint("about", __name__)


@blueprint.get("/accessibility")
@open_to(Audience.EVERYONE)
def accessibility() -> ResponseReturnValue:
    return render("about/accessibility.html")


@blueprint.get("/privacy")
@open_to(Audience.EVERYONE)
def privacy() -> ResponseReturnValue:
    return render("about/privacy.html")
