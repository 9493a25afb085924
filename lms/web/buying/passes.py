"""The page of all-access passes: what each includes, and its price."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from lms.core import clock
from lms.web.core.current_user import viewer
from lms.web.core.request_context import read_session, render
from lms.web.core.route_guard import Audience, open_to
from lms.web.pricing.buy_box import passes_box

blueprint = Blueprint("passes", __name__)


@blueprint.get("/passes")
@open_to(Audience.EVERYONE)
def show() -> ResponseReturnValue:
    """Show every pass on sale, with its price."""
    person = viewer()
    with read_session() as session:
        box = passes_box(session, person.login_id if person else None, now=clock.now())
    return render("buying/passes.html", box=box)
