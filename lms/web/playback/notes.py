"""Pages for a person's notes on a webinar: beside the player, alone, and as a text file.

Notes stay with their author: after access has ended, they can still be read, edited and downloaded.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from flask import Blueprint, Response, flash, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from lms.access.decision_facts import load_case
from lms.access.policy import Action, Admitted, Turned, decide, is_hidden
from lms.core.clock import now
from lms.core.errors import N_, Forbidden, Invalid, NotFound
from lms.playback import notes as playback_notes
from lms.playback.notes import NoteFacts
from lms.playback.watch_page import PlayableWebinar, read_playable
from lms.web.access.access_panel_and_reader_times import sentence_of
from lms.web.core.current_user import required_viewer
from lms.web.core.private_page_headers_and_mail_links import keep_nothing
from lms.web.core.recording_time_texts import clock_of, seconds_of
from lms.web.core.request_context import read_session, render, see_other, transaction, wants_json
from lms.web.core.route_guard import Audience, open_to
from lms.web.playback.player import asked_position
from media.storage.object_keys import safe_name

OVER: Final = N_("You can add notes only while you have access. You keep the notes you have.")

blueprint = Blueprint("notes", __name__)
blueprint.after_request(keep_nothing)


@dataclass(frozen=True, slots=True)
class Shown:
    """A note as shown; `url` plays the recording from its position."""

    id: str
    clock: str
    seconds: float
    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry that could not be saved: `of` is the note's id, "" for a new one."""

    of: str
    at: str
    text: str
    faults: dict[str, str]


@dataclass(frozen=True, slots=True)
class Desk:
    """A person's notes on a webinar, and whether they can add more."""

    playable: PlayableWebinar
    notes: tuple[NoteFacts, ...]
    may_write: bool


@blueprint.get("/webinars/<slug>/notes")
@open_to(Audience.SIGNED_IN)
def show(slug: str) -> ResponseReturnValue:
    """Show the notes as a page with edit forms; `?t=` is the position of a new note in seconds."""
    return _page(_desk(slug))


@blueprint.post("/webinars/<slug>/notes")
@open_to(Audience.SIGNED_IN)
def write(slug: str) -> ResponseReturnValue:
    """Save a new note."""
    desk = _desk(slug)
    if not desk.may_write:
        raise Forbidden(OVER)
    try:
        with transaction() as session:
            note_id = playback_notes.write(
                session,
                login_id=required_viewer().login_id,
                webinar_id=desk.playable.webinar_id,
                at_s=_moment(),
                text=request.form.get("text", ""),
                now=now(),
            )
    except Invalid as refusal:
        return _again(slug, "", refusal)
    return _kept(slug, note_id)


@blueprint.get("/webinars/<slug>/notes.txt")
@open_to(Audience.SIGNED_IN)
def save(slug: str) -> ResponseReturnValue:
    """Return the notes as a text file."""
    desk = _desk(slug)
    lines = [desk.playable.title, ""]
    for each in desk.notes:
        lines += [clock_of(each.at_s), each.text, ""]
    answer = Response("\n".join(lines), mimetype="text/plain")
    name = safe_name(f"{slug}.{_('notes')}.txt")
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer


@blueprint.post("/notes/<note_id>")
@open_to(Audience.SIGNED_IN)
def change(note_id: str) -> ResponseReturnValue:
    """Change the text or position of a note."""
    person = required_viewer()
    with read_session() as session:
        slug = playback_notes.webinar_of(session, note_id, login_id=person.login_id)
    try:
        with transaction() as session:
            playback_notes.change(
                session,
                note_id,
                login_id=person.login_id,
                at_s=_moment(),
                text=request.form.get("text", ""),
            )
    except Invalid as refusal:
        return _again(slug, note_id, refusal)
    return _kept(slug, note_id)


@blueprint.post("/notes/<note_id>/delete")
@open_to(Audience.SIGNED_IN)
def delete(note_id: str) -> ResponseReturnValue:
    """Delete a note; it can be restored for a while."""
    person = required_viewer()
    with transaction() as session:
        slug = playback_notes.webinar_of(session, note_id, login_id=person.login_id)
        playback_notes.take_away(session, note_id, login_id=person.login_id, now=now())
    if wants_json():
        return _list_answer(slug, note_id)
    return see_other(".show", slug=slug, deleted=note_id)


@blueprint.post("/notes/<note_id>/put-back")
@open_to(Audience.SIGNED_IN)
def put_back(note_id: str) -> ResponseReturnValue:
    """Restore a deleted note."""
    person = required_viewer()
    with transaction() as session:
        slug = playback_notes.webinar_of(session, note_id, login_id=person.login_id)
        playback_notes.put_back(session, note_id, login_id=person.login_id)
    return _kept(slug, note_id)


def shown_notes(session: Session, login_id: int, playable: PlayableWebinar) -> tuple[Shown, ...]:
    """Return a person's notes as the watch page shows them."""
    found = playback_notes.read_notes(session, login_id=login_id, webinar_id=playable.webinar_id)
    return _shown(found, playable.slug)


def _desk(slug: str) -> Desk:
    """Return the person's notes; raises NotFound or Forbidden if they have none and no access."""
    person = required_viewer()
    with read_session() as session:
        playable = read_playable(session, slug)
        case = load_case(session, login_id=person.login_id, webinar_id=playable.webinar_id)
        own = playback_notes.read_notes(
            session, login_id=person.login_id, webinar_id=playable.webinar_id
        )
    decision = decide(case.login, case.webinar, Action.RECORDING, now())
    may_write = isinstance(decision, Admitted) or person.is_staff
    if not own and not may_write:
        if is_hidden(case.webinar, decision):
            raise NotFound
        if isinstance(decision, Turned):
            raise Forbidden(sentence_of(decision, case.webinar), code=decision.code)
    return Desk(playable, own, may_write)


def _moment() -> float:
    seconds = seconds_of(request.form.get("at", ""))
    if seconds is None:
        raise Invalid(playback_notes.NO_MOMENT, field="at")
    return seconds


def _kept(slug: str, note_id: str) -> ResponseReturnValue:
    if wants_json():
        return _list_answer(slug, note_id)
    flash(_("Note saved."), "done")
    return see_other(".show", slug=slug, _anchor=f"note-{note_id}")


def _again(slug: str, note_id: str, refusal: Invalid) -> ResponseReturnValue:
    if wants_json():
        raise refusal
    faults = {name: _(said) for name, said in refusal.fields.items()}
    given = request.form
    draft = Draft(note_id, given.get("at", ""), given.get("text", ""), faults)
    return _page(_desk(slug), draft), HTTPStatus.BAD_REQUEST


def _list_answer(slug: str, note_id: str) -> Response:
    """Return the current list to a page's script."""
    person = required_viewer()
    with read_session() as session:
        shown = shown_notes(session, person.login_id, read_playable(session, slug))
    return jsonify(note=note_id, html=render("playback/_note_list.html", notes=shown))


def _page(desk: Desk, draft: Draft | None = None) -> str:
    at_s = asked_position()
    return render(
        "playback/notes.html",
        playable=desk.playable,
        notes=_shown(desk.notes, desk.playable.slug),
        may_write=desk.may_write,
        at="" if at_s is None else clock_of(at_s),
        draft=draft,
        deleted=request.args.get("deleted", ""),
    )


def _shown(found: Sequence[NoteFacts], slug: str) -> tuple[Shown, ...]:
    watch = url_for("watch.watch", slug=slug)
    return tuple(
        Shown(each.public_id, clock_of(each.at_s), each.at_s, each.text, f"{watch}?t={each.at_s:g}")
        for each in found
    )
