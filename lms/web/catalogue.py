"""The public face: the first page, the catalogue, a webinar's announcement, who presents."""

from dataclasses import replace
from typing import Any, Final

from flask import Blueprint, Response, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from lms.access import Action, Admitted, Case, Decision, decide
from lms.announcement import Announcement, read_announcement, read_live_room
from lms.cases import load_case, load_cases
from lms.catalogue import PAGE_SIZE, Entry, Listing, Wanted, read_listing
from lms.clock import now
from lms.errors import N_, NotFound
from lms.markdown import to_html
from lms.models.catalogue import WebinarState
from lms.models.holdings import OfferKind
from lms.offers import Price
from lms.poster import draw_poster
from lms.presenters import find_picture_key
from lms.web.cards import Card, badge_kind, badge_words
from lms.web.guard import Audience, open_to
from lms.web.kit import read_session, render
from lms.web.pager import page_number, pager_of
from lms.web.panels import Panel, panel_of, said_moment, sentence_of
from lms.web.posters import picture_of
from lms.web.shell import house_facts
from lms.web.signin import required_viewer, viewer
from lms.web.stored import send_stored
from lms.web.watch import minutes_of
from lms.zones import read_zone, say_date
from media.storage import content_type_of

blueprint = Blueprint("catalogue", __name__)

FIRST_PAGE: Final = 6
MOMENT_S: Final = 60
LONGEST_QUERY: Final = 200


@blueprint.get("/")
@open_to(Audience.EVERYONE)
def home() -> ResponseReturnValue:
    listing, cases = _listing(Wanted())
    about = house_facts().about
    return render(
        "catalogue/home.html",
        upcoming=_cards(listing.upcoming[:FIRST_PAGE], cases),
        recent=_cards(listing.held[:FIRST_PAGE], cases),
        all_series=listing.all_series,
        about=Markup(to_html(about)) if about else None,  # noqa: S704  (nh3 cleaned it)
    )


@blueprint.get("/webinars")
@open_to(Audience.EVERYONE)
def webinars() -> ResponseReturnValue:
    wanted = Wanted(
        query=" ".join(request.args.get("q", "").split())[:LONGEST_QUERY],
        series=request.args.get("series", ""),
        page=page_number(),
    )
    return _list(wanted, "catalogue/webinars.html", ".webinars", {"series": wanted.series or None})


@blueprint.get("/series/<slug>")
@open_to(Audience.EVERYONE)
def series(slug: str) -> ResponseReturnValue:
    wanted = Wanted(series=slug, page=page_number())
    return _list(wanted, "catalogue/series.html", ".series", {"slug": slug})


@blueprint.get("/presenters/<slug>")
@open_to(Audience.EVERYONE)
def presenter(slug: str) -> ResponseReturnValue:
    wanted = Wanted(presenter=slug, page=page_number())
    return _list(wanted, "catalogue/presenter.html", ".presenter", {"slug": slug})


@blueprint.get("/presenters/<slug>/picture")
@open_to(Audience.EVERYONE)
def presenter_picture(slug: str) -> ResponseReturnValue:
    with read_session() as session:
        key = find_picture_key(session, slug)
    return send_stored(key, content_type_of(key))


@blueprint.get("/webinars/<slug>")
@open_to(Audience.EVERYONE)
def webinar(slug: str) -> ResponseReturnValue:
    person, moment = viewer(), now()
    with read_session() as session:
        found = read_announcement(session, slug)
        if found.state is WebinarState.DRAFT and (person is None or not person.is_staff):
            raise NotFound
        case = None
        if person is not None:
            case = load_case(session, login_id=person.login_id, webinar_id=found.id)
    is_over = moment >= found.ends_at
    return render(
        "catalogue/webinar.html",
        webinar=found,
        is_over=is_over,
        opens_live=not is_over and found.state is WebinarState.ANNOUNCED,
        when=said_moment(found.held_at, found.zone),
        overview=Markup(to_html(found.overview)),  # noqa: S704  (nh3 cleaned it)
        people=[
            (each, Markup(to_html(each.biography)))  # noqa: S704  (nh3 cleaned it)
            for each in found.presenters
        ],
        poster=picture_of(found.slug, found.recording),
        recording_minutes=minutes_of(found.recording.seconds) if found.recording else None,
        prices=[_price(price) for price in found.prices],
        panel=_panel(found, case, action=Action.RECORDING if is_over else Action.LIVE),
    )


@blueprint.get("/webinars/<slug>/live")
@open_to(Audience.SIGNED_IN)
def join(slug: str) -> ResponseReturnValue:
    with read_session() as session:
        room = read_live_room(session, slug)
        case = load_case(session, login_id=required_viewer().login_id, webinar_id=room.webinar_id)
    decision = decide(case.login, case.webinar, Action.LIVE, now())
    if isinstance(decision, Admitted) and room.link:
        return redirect(room.link, code=303)
    sentence = (
        _("The link to the live session is not here yet. Reload this page in a minute.")
        if isinstance(decision, Admitted)
        else sentence_of(decision, case.webinar)
    )
    page = render("catalogue/live.html", slug=slug, sentence=sentence)
    return page, 200 if isinstance(decision, Admitted) else 403


@blueprint.get("/webinars/<slug>/poster.svg")
@open_to(Audience.EVERYONE)
def poster(slug: str) -> ResponseReturnValue:
    with read_session() as session:
        found = read_announcement(session, slug)
    if found.state is WebinarState.DRAFT and viewer() is None:
        raise NotFound
    drawn = draw_poster(
        title=found.title,
        byline=", ".join(each.name for each in found.presenters),
        accent=house_facts().accent,
        seed=found.slug,
    )
    answer: Response = make_response(drawn)
    answer.mimetype = "image/svg+xml"
    answer.headers["Cache-Control"] = f"public, max-age={MOMENT_S}"
    return answer


def _listing(wanted: Wanted) -> tuple[Listing, dict[int, Decision]]:
    """Return a page of the catalogue and, for who has signed in, the decision on each webinar."""
    person, moment = viewer(), now()
    login_id = person.login_id if person is not None else None
    with read_session() as session:
        listing = read_listing(session, wanted, login_id=login_id, now=moment)
        if login_id is None:
            return listing, {}
        ids = [entry.id for entry in listing.entries]
        cases = load_cases(session, login_id=login_id, webinar_ids=ids)
    over = {entry.id: entry.is_over for entry in listing.entries}
    decisions = {
        webinar_id: decide(
            case.login,
            case.webinar,
            Action.RECORDING if over[webinar_id] else Action.LIVE,
            moment,
        )
        for webinar_id, case in cases.items()
    }
    return listing, decisions


def _list(wanted: Wanted, template: str, endpoint: str, kept: dict[str, Any]) -> str:
    listing, decisions = _listing(wanted)
    about = listing.presenter.biography if listing.presenter else ""
    about = listing.series.description if listing.series else about
    address = {**kept, "q": wanted.query or None}
    return render(
        template,
        query=wanted.query,
        listing=listing,
        upcoming=_cards(listing.upcoming, decisions),
        held=_cards(listing.held or listing.found, decisions),
        about=Markup(to_html(about)),  # noqa: S704  (nh3 cleaned it)
        pager=pager_of(
            listing.page,
            PAGE_SIZE,
            listing.total,
            url=lambda page: url_for(endpoint, **{**address, "page": page}),
        ),
    )


def _cards(entries: tuple[Entry, ...], decisions: dict[int, Decision]) -> list[Card]:
    return [_card(entry, decisions.get(entry.id)) for entry in entries]


def _card(entry: Entry, decision: Decision | None) -> Card:
    recording = entry.recording
    share = None
    if recording is not None and entry.watched_s:
        share = min(1.0, entry.watched_s / recording.seconds)
    when = say_date(entry.held_at, read_zone(entry.zone))
    if not entry.is_over:
        when = _("Live %(when)s", when=said_moment(entry.held_at, entry.zone))
    if decision is not None:
        words, kind = badge_words(decision), badge_kind(decision)
    else:
        words, kind = (_("Free"), "free") if entry.free else ("", "none")
    return Card(
        slug=entry.slug,
        title=entry.title,
        url=url_for("catalogue.webinar", slug=entry.slug),
        poster_url=picture_of(entry.slug, recording),
        minutes=minutes_of(recording.seconds) if recording else entry.minutes,
        presenters=", ".join(entry.presenters),
        when=when,
        badge=words,
        badge_kind=kind,
        share=share,
        progress_text=_("%(share)s %% watched", share=round(share * 100)) if share else None,
    )


def _panel(found: Announcement, case: Case | None, *, action: Action) -> Panel:
    if case is None:
        return _stranger(found)
    decision = decide(case.login, case.webinar, action, now())
    panel = panel_of(decision, case.webinar, slug=found.slug)
    if action is Action.LIVE and isinstance(decision, Admitted):
        return replace(
            panel,
            action_label=_("Join live"),
            action_url=url_for("catalogue.join", slug=found.slug),
        )
    return panel


def _stranger(found: Announcement) -> Panel:
    if found.state is WebinarState.PULLED:
        sentence = _("This webinar had to be taken down.")
    elif found.free:
        sentence = _("This webinar is free. Sign in to watch it.")
    else:
        sentence = _("Sign in to see whether you may watch this webinar.")
    return Panel(
        sentence=sentence,
        since=None,
        until=None,
        action_label=_("Sign in"),
        action_url=url_for("sign_in.sign_in", next=url_for(".webinar", slug=found.slug)),
        action_kind="primary",
        disabled=False,
        weighed=(),
        note=None,
    )


def _price(price: Price) -> tuple[str, str]:
    """Return what a price is for, in words, and the amount."""
    words = {
        OfferKind.SINGLE: N_("One person: live, recording, slides and certificate, yours for good"),
        OfferKind.GROUP_SEATS: N_("From %(count)s people of one organisation, each"),
        OfferKind.GROUP_SHOWING: N_(
            "Showing it to a group in one room or one call, any number of times"
        ),
        OfferKind.INSTITUTIONAL: N_(
            "Everyone in one institution, each with their own log-in, here or in your LMS"
        ),
        OfferKind.PASS: N_(
            "All-access pass for a year: every recording, and live entry to what is new"
        ),
    }[price.kind]
    return _(words, count=price.minimum) if "%(" in words else _(words), price.said
