"""Staff pages for a webinar's files: recordings, captions, and handouts."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

from flask import Blueprint, flash, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from lms.core.clock import now
from lms.core.errors import N_, Invalid, NotFound
from lms.handouts import handouts
from lms.models.uploads import UploadPurpose
from lms.recordings import captions, recordings, versions
from lms.recordings.staff_file_list import WebinarFiles, read_version, read_webinar_files
from lms.uploads import chunks
from lms.uploads.uploads import Wanted
from lms.web.access.access_panel_and_reader_times import said_datetime
from lms.web.core.current_user import acting, required_viewer
from lms.web.core.form_uploads import received
from lms.web.core.job_progress_texts import say_progress
from lms.web.core.next_url import asked_onward
from lms.web.core.recording_time_texts import clock_of
from lms.web.core.request_context import (
    carrel,
    read_session,
    render,
    see_other,
    transaction,
    wants_json,
)
from lms.web.core.route_guard import Audience, open_to
from lms.web.core.stored_file_responses import send_resumably
from media.captions.caption_file_parser import LARGEST_BYTES, Fault
from media.storage.storage_protocol import content_type_of

blueprint = Blueprint("webinar_files", __name__, url_prefix="/staff")

WEBINAR_PAGE = "staff_webinars.show"
PAST_THE_END: Final = N_(
    "The last caption starts at %(last)s, but the recording ends at %(end)s. Check that they "
    "belong to this recording."
)


class Verb(Protocol):
    """An action on one recording, handout or caption track, by its public id."""

    def __call__(
        self, session: Session, public_id: str, /, *, actor: str, now: datetime
    ) -> object: ...


@blueprint.get("/webinars/<slug>/files")
@open_to(Audience.STAFF)
def show(slug: str) -> ResponseReturnValue:
    """Show only the list of files, which the script of the webinar's page reloads."""
    with read_session() as session:
        files = read_webinar_files(session, slug)
    speech = bool(carrel().settings.speech_command)
    return render(
        "recordings/staff_files.html", files=files, added=added_at(files), speech=speech, undo=""
    )


@blueprint.post("/webinars/<slug>/recordings")
@open_to(Audience.STAFF)
def add_recording(slug: str) -> ResponseReturnValue:
    person = required_viewer()
    _require_webinar(slug)
    with received() as (path, name):
        original = recordings.keep_original(carrel().storage, path, name)
    with transaction() as session:
        recordings.attach(session, slug=slug, original=original, actor=person.public_id, now=now())
    return _done(slug, _("Recording uploaded. We're processing it. You can leave this page."))


@blueprint.post("/webinars/<slug>/handouts")
@open_to(Audience.STAFF)
def add_handout(slug: str) -> ResponseReturnValue:
    person = required_viewer()
    _require_webinar(slug)
    with received() as (path, name):
        wanted = Wanted(slug, UploadPurpose.HANDOUT, name, path.stat().st_size, fingerprint="")
        chunks.take_in(carrel(), wanted, path, login_id=person.login_id)
    sentence = _("File uploaded. We're checking it. The handout will appear in a moment.")
    return _done(slug, sentence, place="uploads")


@blueprint.post("/webinars/<slug>/recordings/<recording_id>/captions")
@open_to(Audience.STAFF)
def add_captions(slug: str, recording_id: str) -> ResponseReturnValue:
    person = required_viewer()
    with read_session() as session:
        seconds = recordings.find(session, recording_id).seconds
    with received() as (path, _name):
        kept = _checked_captions(path, recording_id)
    with transaction() as session:
        captions.attach(session, kept, actor=person.public_id, now=now())
        if request.form.get("default") == "yes":
            captions.make_default(session, kept.caption_id, actor=person.public_id, now=now())
    told = ngettext("%(num)s caption was added.", "%(num)s captions were added.", kept.cues)
    if seconds is not None and kept.last_s > seconds + captions.PAST_THE_END_S:
        told = f"{told} {_(PAST_THE_END, last=clock_of(kept.last_s), end=clock_of(seconds))}"
    return _done(slug, told)


@blueprint.post("/webinars/<slug>/recordings/<recording_id>/cancel")
@open_to(Audience.STAFF)
def cancel(slug: str, recording_id: str) -> ResponseReturnValue:
    _let(recordings.cancel, recording_id)
    return _done(slug, _("We're canceling the processing of this recording."))


@blueprint.post("/webinars/<slug>/recordings/<recording_id>/retry")
@open_to(Audience.STAFF)
def retry(slug: str, recording_id: str) -> ResponseReturnValue:
    """Process a recording again; redirect to the page named in the form, or to the webinar's."""
    _let(recordings.retry, recording_id)
    done, onward = _done(slug, _("Processing the recording again.")), asked_onward()
    return redirect(onward, code=303) if onward else done


@blueprint.post("/webinars/<slug>/recordings/<recording_id>/prepare-again")
@open_to(Audience.STAFF)
def reencode(slug: str, recording_id: str) -> ResponseReturnValue:
    _let(recordings.reencode, recording_id)
    return _done(
        slug,
        _("Processing the recording again. The current version keeps playing until it's ready."),
    )


@blueprint.post("/webinars/<slug>/recordings/<recording_id>/current")
@open_to(Audience.STAFF)
def make_current(slug: str, recording_id: str) -> ResponseReturnValue:
    _let(versions.make_current, recording_id)
    return _done(
        slug,
        _(
            "This is now the current version. People who are watching right now can finish the "
            "other one."
        ),
    )


@blueprint.post("/webinars/<slug>/recordings/<recording_id>/remove")
@open_to(Audience.STAFF)
def remove_recording(slug: str, recording_id: str) -> ResponseReturnValue:
    _let(versions.remove, recording_id)
    return see_other(WEBINAR_PAGE, slug=slug, removed=recording_id, _anchor="recording-title")


@blueprint.post("/webinars/<slug>/recordings/<recording_id>/put-back")
@open_to(Audience.STAFF)
def put_back_recording(slug: str, recording_id: str) -> ResponseReturnValue:
    _let(versions.put_back, recording_id)
    return _done(slug, _("Version restored."), place="recording-title")


@blueprint.post("/webinars/<slug>/handouts/<handout_id>/remove")
@open_to(Audience.STAFF)
def remove_handout(slug: str, handout_id: str) -> ResponseReturnValue:
    _let(handouts.remove, handout_id)
    return see_other(WEBINAR_PAGE, slug=slug, removed=handout_id, _anchor="handouts-title")


@blueprint.post("/webinars/<slug>/handouts/<handout_id>/stamp")
@open_to(Audience.STAFF)
def stamp_handout(slug: str, handout_id: str) -> ResponseReturnValue:
    is_wanted = request.form.get("stamp") == handouts.Stamp.NAME
    wanted = handouts.Stamp.NAME if is_wanted else handouts.Stamp.NOTHING
    with transaction() as session:
        handouts.let_stamp(session, handout_id, wanted, **acting())
    if is_wanted:
        said = _(
            "Each download is now stamped with the reader's name. The original file doesn't change."
        )
    else:
        said = _("Downloads are no longer stamped.")
    return _done(slug, said, place="handouts-title")


@blueprint.post("/webinars/<slug>/handouts/<handout_id>/put-back")
@open_to(Audience.STAFF)
def put_back_handout(slug: str, handout_id: str) -> ResponseReturnValue:
    _let(handouts.put_back, handout_id)
    return _done(slug, _("Handout restored."), place="handouts-title")


@blueprint.post("/webinars/<slug>/captions/<caption_id>/default")
@open_to(Audience.STAFF)
def default_captions(slug: str, caption_id: str) -> ResponseReturnValue:
    _let(captions.make_default, caption_id)
    return _done(slug, _("These are now the default captions."))


@blueprint.post("/webinars/<slug>/captions/<caption_id>/remove")
@open_to(Audience.STAFF)
def remove_captions(slug: str, caption_id: str) -> ResponseReturnValue:
    _let(captions.remove, caption_id)
    return see_other(WEBINAR_PAGE, slug=slug, removed=caption_id, _anchor="recording-title")


@blueprint.post("/webinars/<slug>/captions/<caption_id>/put-back")
@open_to(Audience.STAFF)
def put_back_captions(slug: str, caption_id: str) -> ResponseReturnValue:
    _let(captions.put_back, caption_id)
    return _done(slug, _("Captions restored."), place="recording-title")


@blueprint.get("/recordings/<recording_id>/progress")
@open_to(Audience.STAFF)
def progress(recording_id: str) -> ResponseReturnValue:
    with read_session() as session:
        version = read_version(session, recording_id)
    return jsonify(
        state=version.state,
        share=round(version.share, 4),
        note=_(version.note) if version.note else "",
        amount=say_progress(
            version.share, started_at=version.started_at, seconds=version.seconds, now=now()
        ),
        playable=version.is_playable,
    )


@blueprint.get("/recordings/<recording_id>/original")
@open_to(Audience.STAFF)
def original(recording_id: str) -> ResponseReturnValue:
    with read_session() as session:
        recording = recordings.find(session, recording_id)
    key = recording.original_key
    if carrel().storage.stat(key) is None:
        raise NotFound(N_("The original file of this recording is missing from storage."))
    return send_resumably(key, content_type_of(key), recording.original_name)


def _checked_captions(path: Path, recording_id: str) -> captions.KeptCaptions:
    """Return the captions of a received file, stored; raises Invalid with each invalid line."""
    with path.open("rb") as file:
        data = file.read(LARGEST_BYTES + 1)  # one byte more, to detect a file that is too large
    try:
        return captions.keep_captions(
            carrel().storage,
            recording_id=recording_id,
            language=request.form.get("language", "en"),
            label=request.form.get("label", ""),
            data=data,
        )
    except captions.BadCaptionFile as error:
        raise Invalid("\n".join(map(_said_fault, error.faults))) from error


def _said_fault(fault: Fault) -> str:
    sentence = _(fault.sentence)
    return (
        _("Line %(line)s: %(fault)s", line=fault.line, fault=sentence) if fault.line else sentence
    )


def added_at(files: WebinarFiles) -> Mapping[str, str]:
    """Return when each version was added and each track removed, in words, by public id."""
    zone = carrel().settings.time_zone
    versions_ = (*files.versions, *files.removed_versions)
    added = {each.id: said_datetime(each.created_at, zone) for each in versions_}
    former = (each for version in versions_ for each in version.former_captions)
    return added | {each.id: said_datetime(each.removed_at, zone) for each in former}


def _let(verb: Verb, public_id: str) -> None:
    """Apply an action to a file, as the signed-in staff member."""
    with transaction() as session:
        verb(session, public_id, **acting())


def _require_webinar(slug: str) -> None:
    """Answer 404 before a file is received, not afterward."""
    with read_session() as session:
        read_webinar_files(session, slug)


def _done(slug: str, sentence: str, *, place: str = "files") -> ResponseReturnValue:
    if wants_json():
        return jsonify(message=sentence, fragment=url_for(".show", slug=slug))
    flash(sentence, "done")
    return see_other(WEBINAR_PAGE, slug=slug, _anchor=place)
