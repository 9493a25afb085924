"""Staff page for a recording's slides: name, join, and remove them, and mark chapters."""

from collections.abc import Mapping
from typing import Final

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.core import clock
from lms.core.errors import N_, NotFound
from lms.models.recordings import SlideFate
from lms.recordings import recordings
from lms.recordings.slides import (
    LONGEST_TITLE,
    Revision,
    decide_fate,
    read_removed,
    read_slides,
    revise,
)
from lms.recordings.staff_file_list import read_place
from lms.web.core.current_user import required_viewer
from lms.web.core.recording_time_texts import clock_of
from lms.web.core.request_context import read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.core.stored_file_responses import send_stored

blueprint = Blueprint(
    "staff_slides", __name__, url_prefix="/staff/recordings/<recording_id>/slides"
)

SAVED: Final = N_("Slides saved.")
SAID: Final[Mapping[str, str]] = {
    SlideFate.JOINED: N_("Slide joined with the previous one. You can restore it below."),
    SlideFate.REMOVED: N_("Slide removed. You can restore it below."),
    SlideFate.SHOWN: N_("Slide restored."),
}


@blueprint.get("")
@open_to(Audience.STAFF)
def slides(recording_id: str) -> ResponseReturnValue:
    with read_session() as session:
        place = read_place(session, recording_id)
        shown = read_slides(session, recording_id)
        removed = read_removed(session, recording_id)
    return render(
        "recordings/staff_slides.html",
        place=place,
        slides=shown,
        removed=removed,
        clock_of=clock_of,
        longest=LONGEST_TITLE,
    )


@blueprint.post("")
@open_to(Audience.STAFF)
def save(recording_id: str) -> ResponseReturnValue:
    """Save the form, and apply the button of a slide, in one transaction."""
    act, _colon, slide_id = request.form.get("act", "").partition(":")
    with transaction() as session:
        actor, now = required_viewer().public_id, clock.now()
        revise(session, recording_id, _revisions(), actor=actor, now=now)
        if act in set(SlideFate):
            fate = SlideFate(act)
            decide_fate(session, recording_id, slide_id, fate, actor=actor, now=now)
    flash(_(SAID.get(act, SAVED)), "done")
    return see_other(".slides", recording_id=recording_id)


@blueprint.get("/<name>.jpg")
@open_to(Audience.STAFF)
def picture(recording_id: str, name: str) -> ResponseReturnValue:
    with read_session() as session:
        run = recordings.find(session, recording_id).run
    if run is None or not name.startswith("slide-"):
        raise NotFound
    return send_stored(f"renditions/{recording_id}/{run}/{name}.jpg", "image/jpeg")


def _revisions() -> dict[str, Revision]:
    prefix = "title-"
    return {
        name.removeprefix(prefix): Revision(
            title=value,
            is_chapter=f"chapter-{name.removeprefix(prefix)}" in request.form,
        )
        for name, value in request.form.items()
        if name.startswith(prefix)
    }
