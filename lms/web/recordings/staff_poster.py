"""Staff page for a webinar's poster: another frame, or an uploaded picture."""

from hashlib import sha256
from typing import Final

from flask import Blueprint, Response, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.core.errors import N_, Invalid, NotFound
from lms.core.model_base import new_public_id
from lms.models.recordings import Recording
from lms.recordings import recordings
from lms.recordings.staff_file_list import read_place
from lms.web.core.current_user import acting
from lms.web.core.form_uploads import sent_picture
from lms.web.core.recording_time_texts import clock_of
from lms.web.core.request_context import carrel, read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.core.stored_file_responses import send_stored
from media.images.uploaded_pictures import as_photograph
from media.video.frame_extraction import NoFrame, frame_at

blueprint = Blueprint(
    "staff_poster", __name__, url_prefix="/staff/recordings/<recording_id>/picture"
)

LARGEST_PX: Final = 1280
NOT_TAKEN: Final = N_("We couldn't take a poster at that time. Choose another time.")


@blueprint.get("")
@open_to(Audience.STAFF)
def show(recording_id: str) -> ResponseReturnValue:
    recording = _playable(recording_id)
    with read_session() as session:
        place = read_place(session, recording_id)
        poster = recordings.poster_seen(session, recording_id)
    at = _asked_time(recording)
    return render(
        "recordings/staff_poster.html",
        place=place,
        has_video=recording.has_video,
        is_chosen=poster.is_chosen,
        shown=sha256(poster.key.encode()).hexdigest()[:12],
        at=at,
        clock=clock_of(at),
        last=int(recording.seconds or 0),
    )


@blueprint.get("/current.jpg")
@open_to(Audience.STAFF)
def current(recording_id: str) -> ResponseReturnValue:
    with read_session() as session:
        key = recordings.poster_seen(session, recording_id).key
    return send_stored(key, "image/jpeg")


@blueprint.get("/frame.jpg")
@open_to(Audience.STAFF)
def frame(recording_id: str) -> ResponseReturnValue:
    recording = _playable(recording_id)
    answer = Response(_frame(recording, _asked_time(recording)), mimetype="image/jpeg")
    answer.headers["Cache-Control"] = "private, max-age=600"
    return answer


@blueprint.post("/frame")
@open_to(Audience.STAFF)
def choose(recording_id: str) -> ResponseReturnValue:
    recording = _playable(recording_id)
    _keep(recording, _frame(recording, _asked_time(recording)))
    flash(
        _("Poster saved. It can take a few minutes for everyone to see it."),
        "done",
    )
    return see_other(".show", recording_id=recording_id)


@blueprint.post("/own")
@open_to(Audience.STAFF)
def bring(recording_id: str) -> ResponseReturnValue:
    recording = _playable(recording_id)
    _keep(recording, as_photograph(sent_picture("picture", LARGEST_PX)))
    flash(
        _("Poster uploaded. It can take a few minutes for everyone to see it."),
        "done",
    )
    return see_other(".show", recording_id=recording_id)


@blueprint.post("/first")
@open_to(Audience.STAFF)
def take_back(recording_id: str) -> ResponseReturnValue:
    _name(recording_id, None)
    flash(_("The webinar uses the automatic poster again."), "done")
    return see_other(".show", recording_id=recording_id)


def _playable(recording_id: str) -> Recording:
    with read_session() as session:
        recording = recordings.find(session, recording_id)
    if recording.run is None:
        raise NotFound
    return recording


def _asked_time(recording: Recording) -> float:
    """Return the requested time, limited to the recording's length; 0 if it isn't a number."""
    try:
        at = float(request.values.get("at", "0"))
    except ValueError:
        return 0.0
    return min(at, recording.seconds or 0.0) if at > 0 else 0.0


def _frame(recording: Recording, at: float) -> bytes:
    if not recording.has_video:
        raise NotFound
    prefix = f"renditions/{recording.public_id}/{recording.run}"
    try:
        return frame_at(carrel().storage, prefix, at, carrel().settings.scratch)
    except NoFrame:
        raise Invalid(NOT_TAKEN) from None


def _keep(recording: Recording, picture: bytes) -> None:
    key = f"posters/{new_public_id()}.jpg"
    carrel().storage.put_bytes(key, picture, "image/jpeg")
    _name(recording.public_id, key)


def _name(recording_id: str, key: str | None) -> None:
    with transaction() as session:
        former = recordings.choose_poster(session, recording_id, key, **acting())
    if former is not None:
        carrel().storage.delete(former)
