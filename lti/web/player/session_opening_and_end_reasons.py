"""Opening playback in a frame without a cookie, and why a session ended."""

from dataclasses import replace
from http import HTTPStatus
from typing import Final

import structlog
from flask import jsonify, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.core import clock
from lms.core.dates_and_time_zones import default_zone
from lms.core.errors import N_, Gone, NotFound
from lms.lti_facade import frame_playback_sessions
from lms.lti_facade.frame_playback_sessions import (
    Holder,
    Playback,
    Wish,
    find_holder,
    read_session_facts,
)
from lms.lti_facade.refusal_texts import Told, tell
from lms.lti_facade.viewer_access_facts import Standing
from lms.web.access.access_panel_and_reader_times import said
from lms.web.core.browser_names import describe
from lms.web.core.request_context import read_session, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.playback.media_tokens import read_ticket
from lms.web.playback.session_opening_and_end_reasons import (
    ENDINGS,
    addresses,
    played_elsewhere,
    sent_wishes,
    taken_over,
)
from lti.frames.sessions import Frame, name_visitor
from lti.launches.launch_log import note_played, note_refused
from lti.models.launches import Purpose
from lti.web.core.framed_pages import framed_blueprint, this_frame
from lti.web.core.refusal_texts import as_told
from lti.web.player.viewer_access import FrameViewer, find_viewer

blueprint = framed_blueprint("framed_playback", __name__)
log = structlog.get_logger()

GO_ON: Final = {
    False: N_("Open the recording from your course again to continue."),
    True: N_("Reload the page to continue."),
}


@blueprint.post("/playback", defaults={"slug": None})
@blueprint.post("/watch/<slug>/playback")
@open_to(Audience.FRAME)
def open_session(secret: str, slug: str | None) -> ResponseReturnValue:
    """Open a playback session for the recording of the link, or for one webinar of its series."""
    frame, wishes, now = this_frame(secret), sent_wishes(), clock.now()
    with read_session() as session:
        viewer = find_viewer(session, frame, slug, now=now)
    answer = begin_playing(frame, viewer, takes_over="take_over" in wishes)
    if isinstance(answer, Playback):
        part = f"?part={viewer.part}" if viewer.part else ""
        why_url = f"/lti/s/{secret}/playback/{{token}}/why{part}"
        is_native = "native" in wishes
        told = addresses(answer, is_native=is_native, now=now, why_url=why_url)
        return jsonify(told)
    if isinstance(answer, Holder):
        return jsonify(played_elsewhere(answer)), HTTPStatus.CONFLICT
    with read_session() as session:
        refusal = tell(session, answer, zone=default_zone(), now=now)
    reference = turned(frame, refusal)
    told_why = as_told(refusal, viewer.playable.slug, frame, reference=reference)
    return jsonify(told_why), HTTPStatus.FORBIDDEN


@blueprint.post("/playback/<token>/why")
@open_to(Audience.FRAME)
def why(secret: str, token: str) -> ResponseReturnValue:
    """Return why this person's session ended, and whether it can continue."""
    now = clock.now()
    try:
        frame = this_frame(secret)
    except Gone as over:
        return jsonify(code=over.code, sentence=_(over.message), may_reopen=False)
    with read_session() as session:
        facts = read_session_facts(session, read_ticket(token).session)
        viewer = find_viewer(session, frame, _slug_of(frame, request.args.get("part")), now=now)
        is_theirs = facts.login_id == viewer.standing.login_id
        if not is_theirs or facts.webinar_id != viewer.playable.webinar_id:
            raise NotFound
        refusal = tell(session, viewer.standing, zone=default_zone(), now=now)
        told = as_told(refusal, viewer.playable.slug, frame)
        if viewer.standing.may_play(now):
            is_taken = facts.ended_as is frame_playback_sessions.TAKEN_OVER
            if is_taken:
                return jsonify(told | taken_over(find_holder(session, facts.login_id)))
            told |= {"may_reopen": True, "is_live": facts.ended_as is None}
    if facts.ended_as is not None and (told["may_reopen"] or viewer.standing.takes_a_seat(now)):
        told["sentence"] = _(ENDINGS[facts.ended_as])
        told["more"] = _(GO_ON[frame.purpose is Purpose.EMBED])
    return jsonify(told)


def begin_playing(
    frame: Frame, viewer: FrameViewer, *, takes_over: bool
) -> Playback | Holder | Standing:
    """Open a session for the frame's viewer, or return where they already play, or why they can't."""
    now = clock.now()
    until = frame.expires_at if frame.purpose is Purpose.EMBED else None
    wish = Wish(describe(request.user_agent.string), takes_over, until)
    with transaction() as session:
        visitor = replace(viewer.visitor, login_id=name_visitor(session, frame, now=now))
        begun = frame_playback_sessions.begin(
            session, visitor, viewer.playable.webinar_id, wish, now=now
        )
        if isinstance(begun, Playback):
            note_played(session, frame.public_id)
        return begun


def turned(frame: Frame, refusal: Told) -> str | None:
    """Write a viewer's refusal to the launch log; return the reference to show.

    None if the frame was opened by an embed link.
    """
    return note_turned(frame, refusal.code.lower(), said(refusal.sentence))


def note_turned(frame: Frame, code: str, sentence: str) -> str | None:
    """Write to the launch log why nothing is shown, in the page's words; returns as `turned` does."""
    log.info("frame_turned", code=code, organization=frame.organization_id)
    if frame.purpose is Purpose.EMBED:
        return None
    with transaction() as session:
        return note_refused(session, frame.public_id, code=code, reason=sentence)


def _slug_of(frame: Frame, part: str | None) -> str | None:
    is_series = frame.target is not None and frame.target.webinar is None
    return part if is_series else None
