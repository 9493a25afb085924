"""Transcript pages in a frame without a cookie; access is checked each time."""

from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue

from lms.core.clock import now
from lms.core.errors import Forbidden
from lms.lti_facade.link_content import Track, find_track, read_tracks
from lms.lti_facade.refusal_texts import tell
from lms.web.access.decision_panel import said
from lms.web.core.request_context import read_session
from lms.web.core.route_guard import Audience, open_to
from lms.web.playback.transcripts import TrackLinks, lines_answer, links_to, page_of, text_answer
from lti.web.core.framed_pages import frame_page, framed_blueprint, this_frame
from lti.web.core.refusal_texts import house_zone
from lti.web.player.viewer import Sitting, sit_before

blueprint = framed_blueprint("framed_transcripts", __name__)


@blueprint.get("/transcripts/<caption_id>")
@open_to(Audience.FRAME)
def read(secret: str, caption_id: str) -> ResponseReturnValue:
    """Show the transcript as a page, which needs no scripts."""
    track, sitting = _admitted(secret, caption_id)
    film = sitting.playable
    values: dict[str, Any] = {} if sitting.series is None else {"slug": film.slug}
    watch = url_for(f"framed_watch.watch{'_part' if values else ''}", secret=secret, **values)
    return frame_page(
        this_frame(secret),
        "lti/player/transcript.html",
        playable=film,
        watch_url=watch,
        tracks=tracks_of(secret, sitting),
        **page_of(track, watch),
    )


@blueprint.get("/transcripts/<caption_id>/lines.json")
@open_to(Audience.FRAME)
def lines(secret: str, caption_id: str) -> ResponseReturnValue:
    """Return the lines with their seconds, for the transcript beside the film."""
    return lines_answer(_admitted(secret, caption_id)[0])


@blueprint.get("/transcripts/<caption_id>/transcript.txt")
@open_to(Audience.FRAME)
def save(secret: str, caption_id: str) -> ResponseReturnValue:
    """Return the transcript as a text file."""
    track, sitting = _admitted(secret, caption_id)
    return text_answer(track, sitting.playable)


def tracks_of(secret: str, sitting: Sitting) -> tuple[TrackLinks, ...]:
    """Return where the tracks of what is shown are read."""
    with read_session() as session:
        tracks = read_tracks(session, sitting.playable.webinar_id)
    return links_to(tracks, "framed_transcripts", secret=secret)


def _admitted(secret: str, caption_id: str) -> tuple[Track, Sitting]:
    """Return a track of what the link shows, if this person may watch it now.

    Raises NotFound, and Forbidden with the reason.
    """
    frame, moment = this_frame(secret), now()
    with read_session() as session:
        track = find_track(session, caption_id)
        sitting = sit_before(session, frame, track.webinar_id, now=moment)
        if not sitting.standing.may_play(moment):
            told = tell(session, sitting.standing, zone=house_zone(), now=moment)
            raise Forbidden(said(told.sentence), code=told.code)
    return track, sitting
