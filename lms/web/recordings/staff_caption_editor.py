"""The staff caption editor: one track beside the player, saved as staff type."""

from typing import Any, Final

from flask import Blueprint, Response, flash, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_time
from flask_babel import gettext as _
from flask_wtf.csrf import generate_csrf

from lms.core import clock
from lms.core.errors import N_, Invalid, NotFound
from lms.playback.watch_page import read_playable, slug_of
from lms.playback.watch_records import nowhere
from lms.recordings import auto_captions_job, caption_drafts, recordings
from lms.recordings.caption_drafts import SavedElsewhere, Work, cues_from, read_work
from lms.recordings.transcripts import Track, cues_of
from lms.web.core.current_user import acting, required_viewer
from lms.web.core.request_context import (
    carrel,
    read_session,
    render,
    see_other,
    sent_json,
    transaction,
)
from lms.web.core.route_guard import Audience, open_to
from lms.web.playback.player import PlayerAccess, screening_of
from lms.web.playback.player_csp import player_policy
from media.captions.cues_and_writers import Cue, write_srt, write_vtt
from media.storage.object_keys import safe_name

blueprint = Blueprint("caption_editor", __name__, url_prefix="/staff/captions")

NOT_CUES: Final = N_("We can't read these captions.")
LARGEST_BODY: Final = 32 << 20
LAST_VERSION: Final = 2**31 - 1  # the range of an integer column
WRITERS: Final = {"vtt": (write_vtt, "text/vtt"), "srt": (write_srt, "application/x-subrip")}


@blueprint.get("/<caption_id>")
@open_to(Audience.STAFF)
def edit(caption_id: str) -> ResponseReturnValue:
    with read_session() as session:
        work = read_work(session, caption_id)
        film = read_playable(session, work.slug)
    screening = None
    if film.version is not None and film.version.public_id == work.recording_id:
        door = PlayerAccess(
            url_for("playback.open_session", slug=work.slug), generate_csrf(), is_preview=True
        )
        screening = screening_of(nowhere(film.version.seconds), door, poster_url=None)
    page = Response(
        render("recordings/caption_editor.html", work=work, playable=film, screening=screening)
    )
    page.headers["Content-Security-Policy"] = player_policy(carrel())
    page.headers["Cache-Control"] = "no-store"
    return page


@blueprint.get("/<caption_id>/cues.json")
@open_to(Audience.STAFF)
def cues(caption_id: str) -> ResponseReturnValue:
    work, found = _work(caption_id)
    rows = [[cue.starts, cue.ends, cue.settings, "\n".join(cue.lines)] for cue in found]
    answer = jsonify(version=work.version, cues=rows)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.post("/<caption_id>/save")
@open_to(Audience.STAFF)
def save(caption_id: str) -> ResponseReturnValue:
    """Save the draft; answers 409 with the other person's name if it was saved elsewhere since."""
    version, sent = _sent()
    now = clock.now()
    try:
        with transaction() as session:
            kept = caption_drafts.save(
                session,
                caption_id,
                sent,
                version=version,
                actor=required_viewer().public_id,
                now=now,
            )
    except SavedElsewhere:
        with read_session() as session:
            work = read_work(session, caption_id)
        return jsonify(code="saved_elsewhere", message=_elsewhere(work), version=work.version), 409
    return jsonify(version=kept, message=_("Saved at %(time)s", time=format_time(now, "short")))


@blueprint.post("/<caption_id>/publish")
@open_to(Audience.STAFF)
def publish(caption_id: str) -> ResponseReturnValue:
    work, found = _work(caption_id)
    key, text = caption_drafts.store_shown(carrel().storage, work, found)
    with transaction() as session:
        former = caption_drafts.publish(
            session, caption_id, key, text, version=work.version, **acting()
        )
    return _shown(caption_id, former, _("These captions are published."))


@blueprint.post("/<caption_id>/unpublish")
@open_to(Audience.STAFF)
def unpublish(caption_id: str) -> ResponseReturnValue:
    _work_now, found = _work(caption_id)
    with transaction() as session:
        former = caption_drafts.unpublish(session, caption_id, found, **acting())
    return _shown(
        caption_id, former, _("These captions are a draft again. Viewers don't see them.")
    )


@blueprint.post("/of/<recording_id>/hear")
@open_to(Audience.STAFF)
def hear(recording_id: str) -> ResponseReturnValue:
    """Generate captions for a recording with the speech program that the operator configured."""
    if not carrel().settings.speech_command:
        raise NotFound
    with transaction() as session:
        webinar_id = recordings.find(session, recording_id).webinar_id
        slug = slug_of(session, webinar_id)
        auto_captions_job.ask_for(
            session, recording_id, request.form.get("language", "en"), **acting()
        )
    flash(_("Generating captions. They will appear here as a draft."), "done")
    return see_other("staff_webinars.show", slug=slug, _anchor="files")


@blueprint.get("/<caption_id>/captions.<form>")
@open_to(Audience.STAFF)
def download(caption_id: str, form: str) -> ResponseReturnValue:
    """Download the current draft of the captions, as WebVTT or SubRip."""
    work, found = _work(caption_id)
    if form not in WRITERS:
        raise NotFound
    write, kind = WRITERS[form]
    answer = Response(write(cue for cue in found if cue.lines), mimetype=kind)
    name = safe_name(f"{work.slug}.{work.language}.{form}")
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer


def _work(caption_id: str) -> tuple[Work, tuple[Cue, ...]]:
    with read_session() as session:
        work = read_work(session, caption_id)
    track = Track(work.webinar_id, work.language, work.key or "", work.text)
    return work, cues_of(carrel().storage, track)


def _sent() -> tuple[int, tuple[Cue, ...]]:
    """Return the version and the captions that an editor submitted; raises Invalid."""
    told: Any = None
    if (request.content_length or 0) <= LARGEST_BODY:
        told = sent_json()
    try:
        rows = [
            (float(starts), float(ends), _storable(settings), _storable(text))
            for starts, ends, settings, text in told["cues"]
        ]
        version = int(told["version"])
    except (TypeError, ValueError, KeyError, OverflowError) as error:
        raise Invalid(NOT_CUES) from error
    if not 0 <= version <= LAST_VERSION:
        raise Invalid(NOT_CUES)
    return version, cues_from(rows)


def _storable(told: object) -> str:
    """Return a text without what can't be stored: NUL characters and unpaired surrogates."""
    return str(told).replace("\0", "").encode(errors="replace").decode()


def _elsewhere(work: Work) -> str:
    time = format_time(work.edited_at, "short") if work.edited_at else ""
    return _(
        "%(name)s saved these captions at %(time)s, after you opened them. Your changes are still "
        "here but not saved.",
        name=work.editor or _("Someone else"),
        time=time,
    )


def _shown(caption_id: str, former: str | None, sentence: str) -> ResponseReturnValue:
    if former is not None:
        carrel().storage.delete(former)
    flash(sentence, "done")
    return see_other(".edit", caption_id=caption_id)
