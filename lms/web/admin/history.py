"""Staff: what was sold before this library ran, from one list; looked at first, then brought in."""

from typing import Final
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from lms.clock import now
from lms.desk import Office
from lms.errors import Invalid
from lms.history import Outcome, Past, bring_in, read_history
from lms.letters import Doors
from lms.web.guard import Audience, open_to
from lms.web.kit import carrel, render, see_other, transaction
from lms.web.signin import required_viewer
from lms.web.uploads import received

blueprint = Blueprint("staff_history", __name__, url_prefix="/staff/history")

SHOWN: Final = 200


@blueprint.get("")
@open_to(Audience.STAFF)
def index() -> ResponseReturnValue:
    """Ask for the list."""
    return render("admin/history.html", past=None, rows=(), fault="")


@blueprint.post("")
@open_to(Audience.STAFF)
def bring() -> ResponseReturnValue:
    """Show what would become of every row, or bring them all in."""
    is_look = request.form.get("act") != "apply"
    try:
        past = _past(is_look=is_look)
    except Invalid as error:
        return render("admin/history.html", past=None, rows=(), fault=error.message), 400
    if not past.is_kept:
        wrong = [row for row in past.rows if row.outcome is Outcome.INVALID]
        rows = (wrong or list(past.rows))[:SHOWN]
        return render("admin/history.html", past=past, rows=rows, fault="")
    brought = past.count(Outcome.OK)
    flash(
        ngettext("One sale was brought in.", "%(num)d sales were brought in.", brought)
        + " "
        + _("Nobody was sent a letter."),
        "done",
    )
    return see_other(".index")


def _past(*, is_look: bool) -> Past:
    settings = carrel().settings
    office = Office(Doors(settings.base_url), ZoneInfo(settings.time_zone))
    with received() as (path, _name), path.open("rb") as file:
        head, rows = read_history(file)
    with transaction() as session:
        return bring_in(
            session,
            head,
            rows,
            office=office,
            actor=required_viewer().public_id,
            now=now(),
            dry_run=is_look,
        )
