"""Staff page for handout page times: when each page appears in the recording."""

from collections.abc import Mapping
from typing import Final

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.core.errors import N_, Invalid, NotFound
from lms.handouts.pages import Leaves, read_leaves
from lms.recordings.handout_page_times import set_moments
from lms.web.core.current_user import acting
from lms.web.core.recording_time_texts import clock_of, seconds_of
from lms.web.core.request_context import read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to

blueprint = Blueprint(
    "staff_handout_page_times", __name__, url_prefix="/staff/handouts/<handout_id>/times"
)

NO_TIME: Final = N_(
    "Enter minutes and seconds, such as 12:34. Leave it blank if the page isn't shown."
)


@blueprint.get("")
@open_to(Audience.STAFF)
def show(handout_id: str) -> ResponseReturnValue:
    """Show each page with its time."""
    with read_session() as session:
        leaves = read_leaves(session, handout_id)
    return _page(leaves, _clocks(leaves), {})


@blueprint.post("")
@open_to(Audience.STAFF)
def save(handout_id: str) -> ResponseReturnValue:
    """Save the times that were changed."""
    with read_session() as session:
        leaves = read_leaves(session, handout_id)
    given = {
        page.number: request.form.get(f"at-{page.number}", "").strip() for page in leaves.pages
    }
    shown = _clocks(leaves)
    changed = {number: text for number, text in given.items() if text != shown[number]}
    faults = {number: NO_TIME for number, text in changed.items() if not _is_time(text)}
    if faults:
        return _page(leaves, given, faults), 400
    try:
        with transaction() as session:
            moments = {number: seconds_of(text) for number, text in changed.items()}
            if moments:
                set_moments(session, handout_id, moments, **acting())
    except Invalid as refusal:
        faults = {int(name.removeprefix("at-")): said for name, said in refusal.fields.items()}
        return _page(leaves, given, faults), 400
    flash(_("Page times saved."), "done")
    return see_other(".show", handout_id=handout_id)


def _page(leaves: Leaves, given: Mapping[int, str], faults: Mapping[int, str]) -> str:
    if not leaves.plays:
        raise NotFound(N_("There's no recording yet to match these pages with."))
    return render(
        "recordings/staff_handout_page_times.html", leaves=leaves, given=given, faults=faults
    )


def _clocks(leaves: Leaves) -> Mapping[int, str]:
    return {
        page.number: "" if page.starts_s is None else clock_of(page.starts_s)
        for page in leaves.pages
    }


def _is_time(text: str) -> bool:
    return not text or seconds_of(text) is not None
