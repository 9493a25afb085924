"""Transcript pages in a frame without a cookie; access is checked each time."""

from flask import url_for
from flask.typing import ResponseReturnValue

from lms.core import clock
from lms.core.dates_and_time_zones import default_zone
from lms.core.errors import Forbidden
from lms.lti_facade.link_content import Track, find_track
from lms.lti_facade.refusal_texts import tell
from lms.web.access.access_panel_and_reader_times import said
from lms.web.core.request_context import read_session
from lms.web.core.route_guard import Audience, open_to
from lms.web.playback.transcripts import TrackLinks, lines_answer, links_to, page_of, text_answer
from lti.web.core.framed_pages import frame_page, framed_blueprint, this_frame
from lti.web.player.viewer_access import FrameViewer, find_viewer_of

blueprint = framed_blueprint("framed_transcripts", __name__)


@blueprint.get("/transcripts/<caption_id>")
@open_to(Audience.FRAME)
def read(secret: str, caption_id: str) -> ResponseReturnValue:
    """Show the transcript as a page, without scripts."""
    track, viewer = _admitted(secret, caption_id)
    watch = url_for("framed_watch.watch", secret=secret, slug=viewer.part)
    return frame_page(
        this_frame(secret),
        "lti/player/transcript.html",
        playable=viewer.playable,
        watch_url=watch,
        tracks=tracks_of(secret, viewer),
        **page_of(track, watch),
    )


@blueprint.get("/transcripts/<caption_id>/lines.json")
@open_to(Audience.FRAME)
def lines(secret: str, caption_id: str) -> ResponseReturnValue:
    """Return the lines with their times in seconds, for the transcript beside the player."""
    return lines_answer(_admitted(secret, caption_id)[0])


@blueprint.get("/transcripts/<caption_id>/transcript.txt")
@open_to(Audience.FRAME)
def save(secret: str, caption_id: str) -> ResponseReturnValue:
    """Return the transcript as a text file."""
    track, viewer = _admitted(secret, caption_id)
    return text_answer(track, viewer.playable)


def tracks_of(secret: str, viewer: FrameViewer) -> tuple[TrackLinks, ...]:
    """Return the links to the transcripts of what is shown."""
    return links_to(viewer.playable.captions, "framed_transcripts", secret=secret)


def _admitted(secret: str, caption_id: str) -> tuple[Track, FrameViewer]:
    """Return a caption track of the link's content, if this person can watch it now."""
    frame, now = this_frame(secret), clock.now()
    with read_session() as session:
        track = find_track(session, caption_id)
        viewer = find_viewer_of(session, frame, track.webinar_id, now=now)
        if not viewer.standing.may_play(now):
            told = tell(session, viewer.standing, zone=default_zone(), now=now)
            raise Forbidden(said(told.sentence), code=told.code)
    return track, viewer
