"""Transcript pages: beside the player, on a page of its own, and as a file."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, Response, jsonify, request, url_for
from flask.typing import ResponseReturnValue

from lms.access.decision_facts import load_case
from lms.access.policy import Action, Turned, decide, is_hidden
from lms.core.clock import now
from lms.core.errors import Forbidden, NotFound
from lms.playback import watch_page
from lms.playback.watch_page import UNPICTURED, CaptionFacts, PlayableWebinar
from lms.recordings.transcripts import Line, Track, cues_of, find_track, lines_of
from lms.web.access.access_panel_and_reader_times import sentence_of
from lms.web.core.order_browser import required_watcher
from lms.web.core.pagination import page_number, pager_of
from lms.web.core.recording_time_texts import clock_of
from lms.web.core.request_context import carrel, if_changed, read_session, render
from lms.web.core.route_guard import Audience, open_to
from media.captions.cues_and_writers import write_text
from media.storage.object_keys import safe_name

blueprint = Blueprint("transcripts", __name__)

PAGE_LINES: Final = 500


@dataclass(frozen=True, slots=True)
class TrackLinks:
    """The URLs where a track is read, fetched by the page's script, and downloaded."""

    label: str
    language: str
    page_url: str
    lines_url: str
    text_url: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A line of the transcript, with the URL that plays from it."""

    clock: str
    seconds: float
    said: str
    url: str


@blueprint.get("/transcripts/<caption_id>")
@open_to(Audience.SIGNED_IN, Audience.BUYERS)
def read(caption_id: str) -> ResponseReturnValue:
    """Show the transcript as a page that needs no scripts and prints well."""
    track, film = _admitted(caption_id)
    watch = url_for("watch.watch", slug=film.slug)
    return render(
        "playback/transcript.html",
        playable=film,
        watch_url=watch,
        tracks=links_to(film.captions, "transcripts"),
        **page_of(track, watch),
    )


@blueprint.get("/transcripts/<caption_id>/lines.json")
@open_to(Audience.SIGNED_IN, Audience.BUYERS)
def lines(caption_id: str) -> ResponseReturnValue:
    """Return the lines with their seconds, for the transcript beside the player."""
    return lines_answer(_admitted(caption_id)[0])


@blueprint.get("/transcripts/<caption_id>/transcript.txt")
@open_to(Audience.SIGNED_IN, Audience.BUYERS)
def save(caption_id: str) -> ResponseReturnValue:
    """Return the transcript as a text file."""
    track, film = _admitted(caption_id)
    return text_answer(track, film)


def links_to(tracks: Sequence[CaptionFacts], pages: str, **values: Any) -> tuple[TrackLinks, ...]:  # noqa: ANN401  (the type in url_for)
    """Return the URLs of tracks; `pages` is the blueprint with the three views."""
    return tuple(
        TrackLinks(
            each.label,
            each.language,
            url_for(f"{pages}.read", caption_id=each.public_id, **values),
            url_for(f"{pages}.lines", caption_id=each.public_id, **values),
            url_for(f"{pages}.save", caption_id=each.public_id, **values),
        )
        for each in tracks
    )


def page_of(track: Track, watch_url: str) -> dict[str, Any]:
    """Return one page of the transcript: up to PAGE_LINES lines, each with a link to its position."""
    said = lines_of(cues_of(carrel().storage, track))
    number = page_number()
    pager = pager_of(number, PAGE_LINES, len(said), url=_page_url)
    part = said[(number - 1) * PAGE_LINES : number * PAGE_LINES]
    return {"track": track, "lines": [_shown(each, watch_url) for each in part], "pager": pager}


def lines_answer(track: Track) -> Response:
    """Answer with the lines of a track: [[starts, ends, text], ...]."""
    said = lines_of(cues_of(carrel().storage, track))
    answer = jsonify(
        language=track.language,
        lines=[[round(each.starts, 3), round(each.ends, 3), each.said] for each in said],
    )
    answer.headers["Cache-Control"] = "private, no-cache"
    return if_changed(answer)


def text_answer(track: Track, film: PlayableWebinar) -> Response:
    """Return a track as a text file named after its webinar."""
    answer = Response(write_text(cues_of(carrel().storage, track)), mimetype="text/plain")
    name = safe_name(f"{film.slug}.{track.language}.txt")
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer


def _page_url(number: int) -> str:
    return url_for(request.endpoint or "", **{**(request.view_args or {}), "page": number})


def _shown(line: Line, watch_url: str) -> Shown:
    return Shown(clock_of(line.starts), line.starts, line.said, f"{watch_url}?t={line.starts:g}")


def _admitted(caption_id: str) -> tuple[Track, PlayableWebinar]:
    """Return a track if this person can watch its recording now; raises NotFound, Forbidden."""
    with read_session() as session:
        track = find_track(session, caption_id)
        person = required_watcher(session, track.webinar_id)
        film = watch_page.read_playable(session, watch_page.slug_of(session, track.webinar_id))
        case = load_case(session, login_id=person.login_id, webinar_id=track.webinar_id)
    decision = decide(case.login, case.webinar, Action.RECORDING, now())
    if is_hidden(case.webinar, decision) and not person.is_staff:
        raise NotFound
    if isinstance(decision, Turned) and not person.is_staff:
        if film.state in UNPICTURED:
            raise NotFound
        raise Forbidden(sentence_of(decision, case.webinar), code=decision.code)
    return track, film
