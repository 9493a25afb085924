"""The staff dashboard: what needs attention."""

from collections.abc import Sequence
from typing import Final

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from lms.catalog.staff_read_models import read_desk
from lms.core.clock import now
from lms.core.dates_and_time_zones import say_datetime_short
from lms.core.errors import N_
from lms.jobs.stalled_lanes import MAIL, Stalled, read_stalled
from lms.models.jobs import Lane
from lms.requests.read_models import count_waiting
from lms.sales.read_models import Standing, count_standing
from lms.web.access.access_panel_and_reader_times import reading_zone
from lms.web.catalog.staff_webinars import shown
from lms.web.core.current_user import required_viewer
from lms.web.core.number_parsing_and_formatting import counted
from lms.web.core.request_context import read_session, render
from lms.web.core.route_guard import Audience, open_to
from lms.web.sales.staff_sales import STANDING_WORDS

WAITED: Final = {
    Lane.MEDIA.value: (
        N_("%(num)s media job has waited since %(since)s."),
        N_("%(num)s media jobs have waited since %(since)s."),
    ),
    Lane.PROMPT.value: (
        N_("%(num)s short job has waited since %(since)s."),
        N_("%(num)s short jobs have waited since %(since)s."),
    ),
    Lane.FILES.value: (
        N_("%(num)s uploaded file has waited since %(since)s."),
        N_("%(num)s uploaded files have waited since %(since)s."),
    ),
    MAIL: (
        N_("%(num)s email has waited since %(since)s."),
        N_("%(num)s emails have waited since %(since)s."),
    ),
}

blueprint = Blueprint("staff_desk", __name__, url_prefix="/staff")


@blueprint.get("")
@open_to(Audience.STAFF, Audience.BOOKKEEPERS)
def desk() -> ResponseReturnValue:
    if not required_viewer().is_staff:
        return _money()
    with read_session() as session:
        found = read_desk(session, now=now())
        waiting = count_waiting(session, now=now())
        overdue = count_standing(session, Standing.OVERDUE, now=now())
        disputed = count_standing(session, Standing.DISPUTED, now=now())
        stalled = read_stalled(session, now=now())
    return render(
        "site/staff_dashboard.html",
        upcoming=[shown(row) for row in found.upcoming],
        drafts=[shown(row) for row in found.drafts],
        awaiting=[shown(row) for row in found.awaiting_recording],
        failed=[shown(row) for row in found.failed_recordings],
        failed_mails=found.failed_mails,
        waiting=waiting,
        overdue=overdue,
        disputed=disputed,
        stalled_jobs=_said([one for one in stalled if one.lane != MAIL]),
        stalled_mail=_said([one for one in stalled if one.lane == MAIL]),
    )


def _money() -> str:
    """Show a bookkeeper how many sales are in which state, each with the list of them."""
    with read_session() as session:
        counts = [(one, count_standing(session, one, now=now())) for one in STANDING_WORDS]
    return render(
        "site/bookkeeper_dashboard.html",
        counts=[
            (_(STANDING_WORDS[one]), counted(count), url_for("staff_sales.index", standing=one))
            for one, count in counts
        ],
    )


def _said(stalled: Sequence[Stalled]) -> list[str]:
    """Say what waits in each lane, and since when."""
    zone = reading_zone()
    return [
        ngettext(
            *WAITED[one.lane],
            one.waiting,
            since=say_datetime_short(one.since, zone),
        )
        for one in stalled
    ]
