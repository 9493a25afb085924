"""Poster images of recordings, which the catalog shows to everyone."""

from typing import Final, Protocol

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue

from lms.core.errors import NotFound
from lms.playback.watch_page import poster_on_show
from lms.web.core.request_context import read_session
from lms.web.core.route_guard import Audience, open_to
from lms.web.core.stored_file_responses import send_stored

blueprint = Blueprint("posters", __name__)

LOOK_AGAIN_S: Final = 300


class Pictured(Protocol):
    """The properties of a recording that its poster needs."""

    @property
    def public_id(self) -> str: ...

    @property
    def run(self) -> str: ...

    @property
    def has_video(self) -> bool: ...


@blueprint.get("/posters/<recording_id>/<run>.jpg")
@open_to(Audience.EVERYONE)
def poster(recording_id: str, run: str) -> ResponseReturnValue:
    with read_session() as session:
        key = poster_on_show(session, recording_id, run=run)
    if key is None:
        raise NotFound
    answer = send_stored(key, "image/jpeg", is_open=True)
    # staff can choose another one at any time, so browsers check again after this
    answer.headers["Cache-Control"] = f"public, max-age={LOOK_AGAIN_S}"
    return answer


def poster_url(recording_id: str | None, run: str | None) -> str | None:
    """Return the URL of a recording's poster; None if nothing is playable yet."""
    if recording_id is None or run is None:
        return None
    return url_for("posters.poster", recording_id=recording_id, run=run)


def picture_of(slug: str, recording: Pictured | None) -> str:
    """Return the URL of a webinar's picture: the recording's poster, else one drawn from the title."""
    if recording is not None and recording.has_video:
        return url_for("posters.poster", recording_id=recording.public_id, run=recording.run)
    return url_for("catalog.poster", slug=slug)
