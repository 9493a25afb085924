"""The watch page: the film first, what was watched under it, the handouts beside it."""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, make_response, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_date
from flask_babel import gettext as _
from flask_wtf.csrf import generate_csrf
from sqlalchemy.orm import Session

from lms.access import Action, Admitted, Case, Code, Decision, Turned, decide, is_hidden
from lms.cases import load_case
from lms.clock import now
from lms.errors import N_, Forbidden, NotFound
from lms.models.catalogue import WebinarState
from lms.programme import UNPICTURED, Programme, Version, read_programme
from lms.showings import grant_that_shows
from lms.slides import SlideFacts, read_slides
from lms.streams import Holder
from lms.transcripts import Track, read_tracks
from lms.viewing import Playback
from lms.watching import Place, nowhere, read_places
from lms.web.certificate_card import CertificateCard, read_card
from lms.web.guard import Audience, open_to
from lms.web.kit import carrel, read_session, render
from lms.web.notes import Shown, shown_notes
from lms.web.panels import panel_of, sentence_of
from lms.web.playback import Wish, begin, elsewhere_words, plain_captions, progressive_url
from lms.web.player_policy import player_policy
from lms.web.posters import poster_url
from lms.web.screening import Doorway, asked_moment, screening_of
from lms.web.signin import Viewer, required_viewer
from lms.web.slide_strip import tiles_of
from lms.web.tickets import client_of
from lms.web.transcripts import links_to

blueprint = Blueprint("watch", __name__)

AS_STAFF: Final = N_(
    "You are looking this recording over as staff. What you watch here is not kept."
)


@dataclass(frozen=True, slots=True)
class Seat:
    """A person before a programme: what the policy says, and where they left off.

    `place` is None until something can be played.
    """

    programme: Programme
    case: Case
    decision: Decision
    has_handouts: bool
    place: Place | None
    may_show: bool
    tracks: tuple[Track, ...]
    slides: tuple[SlideFacts, ...]
    card: CertificateCard | None
    notes: tuple[Shown, ...]


@blueprint.get("/webinars/<slug>/watch")
@open_to(Audience.SIGNED_IN)
def watch(slug: str) -> ResponseReturnValue:
    person = required_viewer()
    seat = _seat(slug, person)
    version, is_preview = seat.programme.version, _is_preview(person)
    is_admitted = isinstance(seat.decision, Admitted) or is_preview
    if version is None or seat.place is None or not is_admitted:
        return _turned_page(seat)
    return _watch_page(seat, version, seat.place, is_preview=is_preview)


@blueprint.post("/webinars/<slug>/watch")
@open_to(Audience.SIGNED_IN)
def watch_plainly(slug: str) -> ResponseReturnValue:
    """Play in the browser's own player, for a browser that runs no scripts."""
    person = required_viewer()
    seat = _seat(slug, person)
    takes_over = request.form.get("take_over") == "yes"
    answer = begin(slug, person, Wish(is_preview=_is_preview(person), takes_over=takes_over))
    if isinstance(answer, Holder):
        return _elsewhere_page(seat, answer)
    if not isinstance(answer, Playback):
        return _turned_page(seat)
    return render(
        "watch/plain.html",
        programme=seat.programme,
        held_on=held_on(seat.programme),
        film_url=progressive_url(answer, client_of(request)),
        resume_s=int(answer.place.resume_s if asked_moment() is None else asked_moment() or 0),
        captions=plain_captions(answer, client_of(request)),
        tracks=links_to(seat.tracks, "transcripts"),
        handouts=seat.has_handouts,
        notes=seat.notes,
    )


@blueprint.get("/webinars/<slug>/watch/certificate")
@open_to(Audience.SIGNED_IN)
def certificate(slug: str) -> ResponseReturnValue:
    """Answer the certificate's card alone, for the page on which it is being earned."""
    person = required_viewer()
    with read_session() as session:
        programme = read_programme(session, slug)
        case = load_case(session, login_id=person.login_id, webinar_id=programme.webinar_id)
        place = None if programme.version is None else nowhere(programme.version.seconds)
        card = _card(session, programme, person, place)
    decision = decide(case.login, case.webinar, Action.RECORDING, now())
    if is_hidden(case.webinar, decision) and not person.is_staff:
        raise NotFound
    if isinstance(decision, Turned) and not person.is_staff:
        raise Forbidden(sentence_of(decision, case.webinar), code=decision.code)
    return render("certificates/_card.html", card=card)


def _is_preview(person: Viewer) -> bool:
    return person.is_staff and request.args.get("preview") == "1"


def _seat(slug: str, person: Viewer) -> Seat:
    moment = now()
    with read_session() as session:
        programme = read_programme(session, slug)
        case = load_case(session, login_id=person.login_id, webinar_id=programme.webinar_id)
        place = None
        if programme.version is not None:
            version = programme.version
            places = read_places(session, login_id=person.login_id, recording_ids=(version.id,))
            place = places.get(version.id) or nowhere(version.seconds)
        tracks = read_tracks(session, programme.webinar_id)
        may_show = grant_that_shows(session, case, now=moment)
        slides = read_slides(session, programme.version.public_id) if programme.version else ()
        card = _card(session, programme, person, place)
        notes = shown_notes(session, person.login_id, programme)
    decision = decide(case.login, case.webinar, Action.RECORDING, moment)
    if is_hidden(case.webinar, decision) and not person.is_staff:
        raise NotFound
    handouts = decide(case.login, case.webinar, Action.HANDOUT, moment)
    has_handouts = isinstance(handouts, Admitted) or person.is_staff
    return Seat(
        programme,
        case,
        decision,
        has_handouts,
        place,
        may_show is not None,
        tracks,
        slides,
        card,
        notes,
    )


def _card(
    session: Session, programme: Programme, person: Viewer, place: Place | None
) -> CertificateCard | None:
    if place is None or _is_preview(person):
        return None
    return read_card(
        session,
        person.login_id,
        programme.webinar_id,
        place=place,
        url=url_for("watch.certificate", slug=programme.slug),
    )


def _watch_page(seat: Seat, version: Version, place: Place, *, is_preview: bool) -> Response:
    programme = seat.programme
    is_pictured = programme.state not in UNPICTURED
    page = make_response(
        render(
            "watch/watch.html",
            programme=programme,
            held_on=held_on(programme),
            screening=screening_of(
                place,
                Doorway(
                    open_url=url_for("playback.open_session", slug=programme.slug),
                    form_token=generate_csrf(),
                    is_preview=is_preview,
                ),
                poster_url=poster_url(version.public_id, version.run) if is_pictured else None,
                note=_(AS_STAFF) if is_preview else None,
                at_s=asked_moment(),
            ),
            handouts=seat.has_handouts,
            tracks=links_to(seat.tracks, "transcripts"),
            may_show=seat.may_show,
            slides=tiles_of(seat.slides),
            card=seat.card,
            notes=None if is_preview else seat.notes,
        )
    )
    page.headers["Content-Security-Policy"] = player_policy(carrel())
    return page


def _turned_page(seat: Seat) -> ResponseReturnValue:
    page = render(
        "watch/turned.html",
        programme=seat.programme,
        held_on=held_on(seat.programme),
        panel=panel_of(seat.decision, seat.case.webinar, slug=seat.programme.slug),
        handouts=seat.has_handouts,
        notes=seat.notes,
    )
    is_soon = seat.decision.code is Code.RECORDING_NOT_READY
    return page, HTTPStatus.OK if is_soon else HTTPStatus.FORBIDDEN


def _elsewhere_page(seat: Seat, holder: Holder) -> ResponseReturnValue:
    page = render(
        "watch/elsewhere.html",
        programme=seat.programme,
        held_on=held_on(seat.programme),
        sentence=elsewhere_words(holder),
    )
    return page, HTTPStatus.CONFLICT


class Dated(Protocol):
    """What took place at a moment, in a zone of its own."""

    @property
    def held_at(self) -> datetime: ...

    @property
    def zone(self) -> str: ...


def held_on(programme: Dated) -> str:
    """Say on which day a webinar was held, will be or was to be, by its own clock."""
    day = format_date(programme.held_at.astimezone(ZoneInfo(programme.zone)).date(), "d MMMM y")
    if isinstance(programme, Programme) and programme.state is WebinarState.CANCELLED:
        return _("Was to be on %(day)s", day=day)
    if now() < programme.held_at:
        return _("Live on %(day)s", day=day)
    return _("Held %(day)s", day=day)
