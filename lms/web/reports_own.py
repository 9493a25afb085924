"""What the managers of a person's organisations see of them (PRODUCT.md, Privacy)."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from lms.reports_people import shown_of
from lms.web.doors import keep_nothing
from lms.web.guard import Audience, open_to
from lms.web.kit import read_session, render
from lms.web.reports import percent
from lms.web.signin import required_viewer

blueprint = Blueprint("own_reports", __name__, url_prefix="/account/seen")
blueprint.after_request(keep_nothing)


@blueprint.get("")
@open_to(Audience.SIGNED_IN)
def shown() -> ResponseReturnValue:
    """Show each organisation with exactly what its managers see."""
    with read_session() as session:
        found = shown_of(session, required_viewer().login_id)
    return render("account/seen.html", shown=found, percent=percent)
