"""The watch page: the player, the person's progress, and the handouts."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from http import HTTPStatus
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, make_response, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.csrf import generate_csrf
from sqlalchemy.orm import Session

from lms.access.decision_facts import load_case
from lms.access.policy import Action, Admitted, Case, Code, Decision, Turned, decide, is_hidden
from lms.core import clock
from lms.core.dates_and_time_zones import say_long_date
from lms.core.errors import N_, Forbidden, NotFound
from lms.group_showings.entitlement import admitting_showings
from lms.models.catalog import WebinarState
from lms.playback.sessions import Playback
from lms.playback.stream_limit import Holder
from lms.playback.watch_page import UNPICTURED, PlayableWebinar, Version, read_playable
from lms.playback.watch_records import Place, nowhere, read_places_in
from lms.web.access.access_panel_and_reader_times import panel_of, sentence_of
from lms.web.certificates.watch_page_card import CertificateCard, read_card
from lms.web.core.current_user import Viewer, required_viewer, viewer
from lms.web.core.order_browser import required_watcher
from lms.web.core.request_context import carrel, read_session, render
from lms.web.core.route_guard import Audience, open_to
from lms.web.playback.notes import Shown, shown_notes
from lms.web.playback.player import PlayerAccess, asked_position, screening_of
from lms.web.playback.player_csp import player_policy
from lms.web.playback.poster_images import poster_url
from lms.web.playback.session_opening_and_end_reasons import (
    Wish,
    begin,
    elsewhere_words,
    plain_addresses,
)
from lms.web.playback.slide_strip_and_chapters import chapters_of, tiles_of
from lms.web.playback.transcripts import links_to
from lms.web.pricing.buy_box import refused_box

blueprint = Blueprint("watch", __name__)

AS_STAFF: Final = N_("Staff preview: we don't save what you watch.")


@dataclass(frozen=True, slots=True)
class Seat:
    """A person and a recording: the policy's decision, and where they left off.

    `place` is None until something is playable.
    """

    playable: PlayableWebinar
    case: Case
    decision: Decision
    has_handouts: bool
    place: Place | None
    may_show: bool
    card: CertificateCard | None
    notes: tuple[Shown, ...]


@blueprint.get("/webinars/<slug>/watch")
@open_to(Audience.SIGNED_IN, Audience.BUYERS)
def watch(slug: str) -> ResponseReturnValue:
    person, seat = _seat(slug)
    version, is_preview = seat.playable.version, _is_preview(person)
    is_admitted = isinstance(seat.decision, Admitted) or is_preview
    if version is None or seat.place is None or not is_admitted:
        return _turned_page(seat)
    return _watch_page(seat, version, seat.place, is_preview=is_preview)


@blueprint.post("/webinars/<slug>/watch")
@open_to(Audience.SIGNED_IN, Audience.BUYERS)
def watch_plainly(slug: str) -> ResponseReturnValue:
    """Play in the browser's own player, for browsers without scripts."""
    person, seat = _seat(slug)
    takes_over, now = request.form.get("take_over") == "yes", clock.now()
    answer = begin(
        slug, person, Wish(is_preview=_is_preview(person), takes_over=takes_over), now=now
    )
    if isinstance(answer, Holder):
        return _elsewhere_page(seat, answer)
    if not isinstance(answer, Playback):
        return _turned_page(seat)
    return render(
        "playback/watch_without_script.html",
        playable=seat.playable,
        held_on=held_on(seat.playable),
        resume_s=int(answer.place.resume_s if asked_position() is None else asked_position() or 0),
        **plain_addresses(answer, is_framed=False, now=now),
        tracks=links_to(seat.playable.captions, "transcripts"),
        handouts=seat.has_handouts,
        notes=seat.notes,
    )


@blueprint.get("/webinars/<slug>/watch/certificate")
@open_to(Audience.SIGNED_IN)
def certificate(slug: str) -> ResponseReturnValue:
    """Return only the certificate card, for the page on which it is being earned."""
    person = required_viewer()
    with read_session() as session:
        playable = read_playable(session, slug)
        case = load_case(session, login_id=person.login_id, webinar_id=playable.webinar_id)
        place = None if playable.version is None else nowhere(playable.version.seconds)
        card = _card(session, playable, person, place)
    decision = decide(case.login, case.webinar, Action.RECORDING, clock.now())
    if is_hidden(case.webinar, decision) and not person.is_staff:
        raise NotFound
    if isinstance(decision, Turned) and not person.is_staff:
        raise Forbidden(sentence_of(decision, case.webinar), code=decision.code)
    return render("certificates/_card.html", card=card)


def _is_preview(person: Viewer) -> bool:
    return person.is_staff and request.args.get("preview") == "1"


def _seat(slug: str) -> tuple[Viewer, Seat]:
    """Return the signed-in person, or the buyer of an order in this browser, and what they see.

    Raises Forbidden or NotFound.
    """
    now = clock.now()
    with read_session() as session:
        playable = read_playable(session, slug)
        person = required_watcher(session, playable.webinar_id)
        case = load_case(session, login_id=person.login_id, webinar_id=playable.webinar_id)
        place, places = None, read_places_in(session, person.login_id, playable.webinar_id)
        if playable.version is not None:
            place = places.get(playable.version.id) or nowhere(playable.version.seconds)
        card = _card(session, playable, person, place, places)
        # an order's browser gives access to the purchase, but not to personal notes (S15)
        notes = shown_notes(session, person.login_id, playable) if viewer() else ()
    decision = decide(case.login, case.webinar, Action.RECORDING, now)
    if is_hidden(case.webinar, decision) and not person.is_staff:
        raise NotFound
    handouts = decide(case.login, case.webinar, Action.HANDOUT, now)
    has_handouts = isinstance(handouts, Admitted) or person.is_staff
    return person, Seat(
        playable,
        case,
        decision,
        has_handouts,
        place,
        bool(admitting_showings(handouts)),
        card,
        notes,
    )


def _card(
    session: Session,
    playable: PlayableWebinar,
    person: Viewer,
    place: Place | None,
    places: Mapping[int, Place] | None = None,
) -> CertificateCard | None:
    if place is None or _is_preview(person) or viewer() is None:
        return None
    return read_card(
        session,
        person.login_id,
        playable.webinar_id,
        place=place,
        places=places,
        url=url_for("watch.certificate", slug=playable.slug),
    )


def _watch_page(seat: Seat, version: Version, place: Place, *, is_preview: bool) -> Response:
    playable = seat.playable
    is_pictured = playable.state not in UNPICTURED
    slides = tiles_of(playable.slides)
    page = make_response(
        render(
            "playback/watch_page.html",
            playable=playable,
            held_on=held_on(playable),
            screening=screening_of(
                place,
                PlayerAccess(
                    open_url=url_for("playback.open_session", slug=playable.slug),
                    form_token=generate_csrf(),
                    is_preview=is_preview,
                ),
                poster_url=poster_url(version.public_id, version.run) if is_pictured else None,
                note=_(AS_STAFF) if is_preview else None,
                at_s=asked_position(),
            ),
            handouts=seat.has_handouts,
            tracks=links_to(seat.playable.captions, "transcripts"),
            may_show=seat.may_show,
            slides=slides,
            chapters=chapters_of(slides, playable.slides),
            card=seat.card,
            notes=None if is_preview or viewer() is None else seat.notes,
        )
    )
    page.headers["Content-Security-Policy"] = player_policy(carrel())
    return page


def _turned_page(seat: Seat) -> ResponseReturnValue:
    with read_session() as session:
        box = refused_box(
            session, seat.playable.slug, seat.case.webinar, seat.decision, now=clock.now()
        )
    panel = panel_of(seat.decision, seat.case.webinar, slug=seat.playable.slug)
    page = render(
        "playback/no_access.html",
        playable=seat.playable,
        held_on=held_on(seat.playable),
        panel=replace(panel, action_label=None) if box else panel,
        handouts=seat.has_handouts,
        notes=seat.notes,
        box=box,
    )
    is_soon = seat.decision.code is Code.RECORDING_NOT_READY
    return page, HTTPStatus.OK if is_soon else HTTPStatus.FORBIDDEN


def _elsewhere_page(seat: Seat, holder: Holder) -> ResponseReturnValue:
    page = render(
        "playback/playing_elsewhere.html",
        playable=seat.playable,
        held_on=held_on(seat.playable),
        sentence=elsewhere_words(holder),
    )
    return page, HTTPStatus.CONFLICT


class Dated(Protocol):
    """An event at a time, in its own time zone."""

    @property
    def held_at(self) -> datetime: ...

    @property
    def zone(self) -> str: ...


def held_on(playable: Dated) -> str:
    """Return when a webinar was, will be or was to be held, in its own time zone."""
    day = say_long_date(playable.held_at, ZoneInfo(playable.zone))
    if isinstance(playable, PlayableWebinar) and playable.state is WebinarState.CANCELED:
        return _("Was scheduled for %(day)s", day=day)
    if clock.now() < playable.held_at:
        return _("Live on %(day)s", day=day)
    return _("Held %(day)s", day=day)
