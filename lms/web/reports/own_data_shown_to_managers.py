"""A person's page with the data that their managers can see (PRODUCT.md, Privacy)."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from lms.reports.progress_by_person import shown_of
from lms.web.core.current_user import required_viewer
from lms.web.core.private_page_headers_and_mail_links import keep_nothing
from lms.web.core.request_context import read_session, render
from lms.web.core.route_guard import Audience, open_to
from lms.web.reports.charts_and_tables import percent

blueprint = Blueprint("own_reports", __name__, url_prefix="/account/seen")
blueprint.after_request(keep_nothing)


@blueprint.get("")
@open_to(Audience.SIGNED_IN)
def shown() -> ResponseReturnValue:
    """Show each organization with exactly what its managers see."""
    with read_session() as session:
        found = shown_of(session, required_viewer().login_id)
    return render("reports/shown_to_managers.html", shown=found, percent=percent)
