"""The watch page in a frame: the player, its materials, and the parts of a series."""

from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final

from flask import Response, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from lms.core import clock
from lms.core.dates_and_time_zones import default_zone
from lms.core.errors import N_, NotFound
from lms.lti_facade.frame_playback_sessions import Holder, Playback
from lms.lti_facade.link_content import Part, Place, Span, read_place
from lms.lti_facade.refusal_texts import Code, Told, tell
from lms.lti_facade.viewer_access_facts import NAMED
from lms.web.access.access_panel_and_reader_times import said
from lms.web.certificates.watch_page_card import CertificateCard, read_card
from lms.web.core.error_pages import answer
from lms.web.core.recording_time_texts import minutes_of
from lms.web.core.request_context import carrel, read_session
from lms.web.core.route_guard import Audience, open_to
from lms.web.playback.player import PlayerAccess, Screening, asked_position, screening_of
from lms.web.playback.player_csp import player_policy
from lms.web.playback.poster_images import picture_of, poster_url
from lms.web.playback.session_opening_and_end_reasons import (
    elsewhere_words,
    plain_addresses,
)
from lms.web.playback.watch_page import held_on
from lti.frames.sessions import Frame
from lti.models.launches import FrameRole, Purpose
from lti.protocol.content_target import Target
from lti.web.core.framed_pages import frame_page, framed_blueprint, this_frame
from lti.web.core.refusal_texts import next_step, write_url
from lti.web.player.gradebook_line import GradebookLine, read_line
from lti.web.player.session_opening_and_end_reasons import (
    begin_playing,
    note_turned,
    turned,
)
from lti.web.player.transcripts import tracks_of
from lti.web.player.viewer_access import (
    FrameViewer,
    NotInLibrary,
    find_viewer,
    may_ask,
    series_of,
)

blueprint = framed_blueprint("framed_watch", __name__)

NOTES: Final = {
    "instructor": N_(
        "You're previewing this recording as an instructor. This doesn't use a seat, and "
        "your progress isn't saved."
    ),
    "test": N_(
        "You're signed in as a test user. This doesn't use a seat, and your progress isn't saved."
    ),
    "unknown": N_("Your LMS didn't tell us who you are, so your progress isn't saved."),
    "passing": N_("This page doesn't ask who you are, so your progress isn't saved."),
    "manager": N_(
        "This is a preview of your page. It doesn't use a seat, and your progress isn't saved."
    ),
}


@blueprint.get("/watch", defaults={"slug": None})
@blueprint.get("/watch/<slug>")
@open_to(Audience.FRAME)
def watch(secret: str, slug: str | None) -> ResponseReturnValue:
    """Show the recording or the series of the link, or one webinar of the series."""
    return watch_page(this_frame(secret), secret, slug)


@blueprint.post("/watch", defaults={"slug": None})
@blueprint.post("/watch/<slug>")
@open_to(Audience.FRAME)
def watch_plainly(secret: str, slug: str | None) -> ResponseReturnValue:
    """Play in the browser's own player, for browsers without scripts."""
    return _plain_page(this_frame(secret), secret, slug)


def watch_page(frame: Frame, secret: str, slug: str | None) -> ResponseReturnValue:
    """Return the page of the link's content: a recording with its player, or a series with its parts."""
    try:
        return _watch_page(frame, secret, slug)
    except NotInLibrary as absent:
        return _absent_page(frame, secret, absent)
    except NotFound as refusal:
        reference = note_turned(frame, refusal.code, _(refusal.message))
        return answer(HTTPStatus.NOT_FOUND, refusal.code, refusal.message, reference=reference)


def _watch_page(frame: Frame, secret: str, slug: str | None) -> ResponseReturnValue:
    if slug is None and frame.target is not None and frame.target.webinar is None:
        return _series_page(frame, secret)
    now = clock.now()
    with read_session() as session:
        viewer = find_viewer(session, frame, slug, now=now)
        version = viewer.playable.version
        if version is None or not viewer.standing.may_begin(now):
            told = tell(session, viewer.standing, zone=default_zone(), now=now)
            return _turned_page(frame, secret, viewer, told)
        place = read_place(session, _kept_for(viewer), version)
        note = _note(frame)
        card = None if note else _card(session, secret, viewer, place)
        gradebook = read_line(session, frame, secret)
    screening = screening_of(
        place,
        PlayerAccess(
            open_url=url_for("framed_playback.open_session", secret=secret, slug=viewer.part),
            is_preview=note is not None,
            waits_for_press=viewer.standing.takes_a_seat(now),
            is_framed=True,
            plain_url=url_for("framed_watch.watch", secret=secret, slug=viewer.part),
        ),
        poster_url=poster_url(version.public_id, version.run),
        note=note,
        clip=_clip(viewer.target),
        at_s=asked_position(),
    )
    around = _surrounding(frame, secret, viewer)
    return _player_page(frame, screening, card, gradebook, around)


def _card(
    session: Session, secret: str, viewer: FrameViewer, place: Place
) -> CertificateCard | None:
    """Return the certificate card; people without an email address reach it only on this page."""
    login_id = _kept_for(viewer)
    if login_id is None:
        return None
    url = url_for("framed_watch.watch", secret=secret, slug=viewer.part)
    card = read_card(session, login_id, viewer.playable.webinar_id, place=place, url=url)
    return None if card is None else replace(card, is_framed=True)


def _player_page(
    frame: Frame,
    screening: Screening,
    card: CertificateCard | None,
    gradebook: GradebookLine | None,
    around: dict[str, Any],
) -> ResponseReturnValue:
    return frame_page(
        frame,
        "lti/player/watch_page.html",
        policy=player_policy(carrel()),
        screening=screening,
        card=card,
        gradebook=gradebook,
        **around,
    )


def _plain_page(frame: Frame, secret: str, slug: str | None) -> ResponseReturnValue:
    now = clock.now()
    with read_session() as session:
        viewer = find_viewer(session, frame, slug, now=now)
    takes_over = request.form.get("take_over") == "yes"
    begun = begin_playing(frame, viewer, takes_over=takes_over)
    around = _surrounding(frame, secret, viewer)
    if isinstance(begun, Holder):
        page = frame_page(
            frame, "lti/player/playing_elsewhere.html", sentence=elsewhere_words(begun), **around
        )
        page.status_code = HTTPStatus.CONFLICT
        return page
    if not isinstance(begun, Playback):
        with read_session() as session:
            told = tell(session, begun, zone=default_zone(), now=now)
        return _turned_page(frame, secret, viewer, told)
    clip = _clip(viewer.target)
    asked_s = asked_position()
    starts_s = (
        asked_s if asked_s is not None else begun.place.resume_s or (clip.starts_s if clip else 0.0)
    )
    ends = f",{clip.ends_s:g}" if clip and clip.ends_s < begun.seconds else ""
    return frame_page(
        frame,
        "lti/player/watch_without_script.html",
        **plain_addresses(begun, is_framed=True, now=now),
        at=f"#t={starts_s:g}{ends}" if starts_s or ends else "",
        **around,
    )


def _turned_page(frame: Frame, secret: str, viewer: FrameViewer, told: Told) -> ResponseReturnValue:
    page = _refusal(frame, secret, viewer, told, said(told.sentence), turned(frame, told))
    page.status_code = HTTPStatus.OK if told.waits else HTTPStatus.FORBIDDEN
    return page


def _absent_page(frame: Frame, secret: str, absent: NotInLibrary) -> ResponseReturnValue:
    """Say that the organization doesn't have the link's content, and how to get it."""
    viewer, sentence, now = absent.viewer, _(absent.message), clock.now()
    with read_session() as session:
        told = tell(session, viewer.standing, zone=default_zone(), now=now)
    if viewer.standing.is_in_the_library(now):  # a series that has no recording now
        return _turned_page(frame, secret, viewer, told)
    reference = note_turned(frame, absent.code, sentence)
    page = _refusal(frame, secret, viewer, told, sentence, reference)
    page.status_code = HTTPStatus.NOT_FOUND
    return page


def _refusal(
    frame: Frame,
    secret: str,
    viewer: FrameViewer,
    told: Told,
    sentence: str,
    reference: str | None,
) -> Response:
    return frame_page(
        frame,
        "lti/player/no_access.html",
        sentence=sentence,
        code=told.code,
        next_step=next_step(told, frame),
        reference=reference,
        ask_url=url_for("framed_requests.ask", secret=secret, slug=viewer.part)
        if may_ask(viewer, told)
        else None,
        asked=request.args.get("asked"),
        wait_url=url_for("framed_requests.wait", secret=secret, slug=viewer.part)
        if told.may_wait
        else None,
        is_waiting=told.code is Code.POOL_FULL_WAITLISTED,
        manager=told.manager,
        write_url=write_url(told, viewer.playable.slug),
        buy_url=f"{viewer.catalog_page}#buy" if told.may_buy else None,
        **_surrounding(frame, secret, viewer),
    )


def _series_page(frame: Frame, secret: str) -> ResponseReturnValue:
    is_kept = _note(frame) is None
    with read_session() as session:
        series = series_of(session, frame, now=clock.now())
    cards = [
        {
            "title": part.title,
            "url": url_for("framed_watch.watch", secret=secret, slug=part.slug),
            "poster_url": _picture(part),
            "minutes": minutes_of(part.seconds),
            "when": held_on(part),
            "share": part.share if is_kept and part.share else None,
            "progress_text": _("Watched %(share)s%%", share=int(100 * part.share)),
        }
        for part in series.parts
    ]
    return frame_page(
        frame,
        "lti/player/series.html",
        title=series.title,
        cards=cards,
        is_kept=is_kept,
        leave_url=url_for("framed_who.leave", secret=secret) if _may_leave(frame) else None,
    )


def _picture(part: Part) -> str:
    if part.has_video:
        return url_for("posters.poster", recording_id=part.recording_id, run=part.run)
    return picture_of(part.slug, None)


def _surrounding(frame: Frame, secret: str, viewer: FrameViewer) -> dict[str, Any]:
    """Return the values for what surrounds the video on each of its pages."""
    parts = viewer.series.parts if viewer.series else ()
    here = next(
        (number for number, part in enumerate(parts) if part.slug == viewer.playable.slug), None
    )
    following = parts[here + 1 : here + 2] if here is not None else ()
    return {
        "playable": viewer.playable,
        "held_on": held_on(viewer.playable),
        "handouts": viewer.standing.may_have_handouts(clock.now()),
        "handout_pages": {
            "download": "framed_handouts.download",
            "picture": "framed_handouts.first_page",
            "page": "framed_handouts.page",
            "values": {"secret": secret},
        },
        "tracks": tracks_of(secret, viewer),
        "may_read": viewer.standing.may_play(clock.now()),
        "series": viewer.series,
        "series_url": url_for("framed_watch.watch", secret=secret),
        "following": following[0] if following else None,
        "following_url": url_for("framed_watch.watch", secret=secret, slug=following[0].slug)
        if following
        else None,
        "course_url": url_for("framed.home", secret=secret)
        if frame.role is FrameRole.INSTRUCTOR and frame.purpose is not Purpose.EMBED
        else None,
        "leave_url": url_for("framed_who.leave", secret=secret) if _may_leave(frame) else None,
    }


def _may_leave(frame: Frame) -> bool:
    """Return whether the viewer can be forgotten here: they identified themselves on this page."""
    return frame.purpose is Purpose.EMBED and frame.role is FrameRole.LEARNER


def _kept_for(viewer: FrameViewer) -> int | None:
    is_kept = viewer.visitor.presence in NAMED
    return viewer.visitor.login_id if is_kept else None


def _note(frame: Frame) -> str | None:
    """Return why no progress is saved; None for a learner."""
    is_embed = frame.purpose is Purpose.EMBED
    if frame.role is FrameRole.ANONYMOUS:
        kind = "passing" if is_embed else "unknown"
    elif frame.role is FrameRole.INSTRUCTOR:
        kind = "manager" if is_embed else "instructor"
    else:
        kind = "test" if frame.is_test_user else ""
    return _(NOTES[kind]) if kind else None


def _clip(target: Target) -> Span | None:
    if target.starts_s is None and target.ends_s is None:
        return None
    ends_s = float("inf") if target.ends_s is None else float(target.ends_s)
    return Span(float(target.starts_s or 0), ends_s)
