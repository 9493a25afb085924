"""Staff: what waits for them."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from lms.clock import now
from lms.desk_list import count_waiting
from lms.sale_list import Standing, count_standing
from lms.staff_catalogue import read_desk
from lms.web.admin.webinars import shown
from lms.web.guard import Audience, open_to
from lms.web.kit import read_session, render

blueprint = Blueprint("staff_desk", __name__, url_prefix="/staff")


@blueprint.get("")
@open_to(Audience.STAFF)
def desk() -> ResponseReturnValue:
    with read_session() as session:
        found = read_desk(session, now=now())
        waiting = count_waiting(session, now=now())
        overdue = count_standing(session, Standing.OVERDUE, now=now())
        disputed = count_standing(session, Standing.DISPUTED, now=now())
    return render(
        "admin/desk.html",
        upcoming=[shown(row) for row in found.upcoming],
        drafts=[shown(row) for row in found.drafts],
        awaiting=[shown(row) for row in found.awaiting_recording],
        failed=[shown(row) for row in found.failed_recordings],
        failed_mails=found.failed_mails,
        waiting=waiting,
        overdue=overdue,
        disputed=disputed,
    )
