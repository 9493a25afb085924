"""Home, catalog, and webinar pages, with posters, and the routes of series and presenters."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup
from wtforms import Form

from lms.access.decision_facts import load_case, load_cases
from lms.access.policy import Admitted, Decision
from lms.catalog.feeds import Part, read_name
from lms.catalog.generated_poster import WIDTH, draw_poster
from lms.catalog.my_webinars import DONE_SHARE
from lms.catalog.presenters import find_picture_key, small_portraits
from lms.catalog.public_listing import PAGE_SIZE, Listing, Wanted, read_forgiving_listing
from lms.catalog.webinar_page import Announcement, read_announcement
from lms.core import clock
from lms.core.dates_and_time_zones import read_zone, say_date, say_datetime, say_long_date
from lms.core.errors import Invalid, NotFound
from lms.core.icalendar import calendar_links
from lms.core.markdown import to_html
from lms.core.pdf_documents import picture_of_drawing
from lms.grants.request_and_sale_form_choices import scopes
from lms.models.catalog import WebinarState
from lms.models.grants import Scope
from lms.playback.watch_page import UNPICTURED
from lms.web.access.access_panel_and_reader_times import known_zone, reading_zone, said_datetime
from lms.web.catalog.similar_webinars import similar_here, similar_to
from lms.web.catalog.webinar_cards import decide_each, entry_cards
from lms.web.catalog.webinar_page_content import (
    check_may_see,
    decision_for,
    holds,
    is_for_holders,
    panel_for,
    phase_of,
    with_seats,
)
from lms.web.core.current_user import viewer
from lms.web.core.form_fields import Names, PickerField
from lms.web.core.lazy_form_translations import _l
from lms.web.core.order_browser import has_access_here
from lms.web.core.page_frame import branding_facts, sales_words
from lms.web.core.pagination import page_number, pager_of
from lms.web.core.recording_time_texts import minutes_of
from lms.web.core.request_context import (
    carrel,
    if_changed,
    read_session,
    render,
    see_other,
)
from lms.web.core.route_guard import Audience, open_to
from lms.web.core.stored_file_responses import send_stored
from lms.web.live.registration import asked_for, choice_of, coming_of, offer_url_of, taken_of
from lms.web.playback.poster_images import picture_of
from lms.web.pricing.buy_box import announced_box, ways_to_buy
from lms.web.public.feeds import address_of
from lms.web.public.presenter_page import show_presenter
from lms.web.public.search_results import Found, Place, found_in
from lms.web.public.series_page import show_series
from lms.web.public.social_metadata import STATUS as SHARED
from lms.web.public.social_metadata import shared_of
from lms.web.seats.assign_lines import assign_lines
from media.storage.storage_protocol import content_type_of

blueprint = Blueprint("catalog", __name__)

FIRST_BEGUN: Final = 4
FIRST_NEW: Final = 4
FIRST_UPCOMING: Final = 4
FIRST_HELD: Final = 8
MOMENT_S: Final = 60
LONGEST_QUERY: Final = 200
NOT_OFFERED: Final = (WebinarState.CANCELED, WebinarState.WITHDRAWN, WebinarState.PULLED)

# for the page that says that nothing is found
blueprint.app_template_global()(similar_here)


@dataclass(frozen=True, slots=True)
class Shown:
    """A page of the catalog for one person.

    `query` is the one that `listing` answers; `places` are where its words occur in each webinar.
    """

    listing: Listing
    query: str
    decisions: Mapping[int, Decision]
    places: Mapping[int, tuple[tuple[Place, ...], str]]


class SeriesForm(Form):
    """The series to which the catalog is limited."""

    series = PickerField(_l("Series"))


@blueprint.get("/")
@open_to(Audience.EVERYONE)
def home() -> ResponseReturnValue:
    person = viewer()
    came_before_at = person.came_before_at if person else None
    shown = _listing(Wanted(welcomes=person is not None, came_before_at=came_before_at))
    listing, decisions = shown.listing, shown.decisions
    about = branding_facts().about
    begun = [
        replace(card, url=url_for("watch.watch", slug=card.slug))
        for entry, card in zip(listing.begun, entry_cards(listing.begun, decisions), strict=True)
        if isinstance(decisions.get(entry.id), Admitted) and (card.share or 0) < DONE_SHARE
    ]
    return render(
        "public/home.html",
        begun=begun[:FIRST_BEGUN],
        new=entry_cards(listing.new[:FIRST_NEW], decisions),
        came_before=None if came_before_at is None else say_date(came_before_at, reading_zone()),
        upcoming=entry_cards(listing.upcoming[:FIRST_UPCOMING], decisions),
        recent=entry_cards(listing.held[:FIRST_HELD], decisions),
        all_series=listing.all_series,
        about=Markup(to_html(about)) if about else None,  # noqa: S704  (nh3 sanitized it)
        sales=sales_words(),
        ways=ways_to_buy(sales_words().prices),
    )


@blueprint.get("/webinars")
@open_to(Audience.EVERYONE)
def webinars() -> ResponseReturnValue:
    wanted = Wanted(
        query=" ".join(request.args.get("q", "").split())[:LONGEST_QUERY],
        series=request.args.get("series", ""),
        page=page_number(),
    )
    try:
        shown = _listing(wanted)
    except NotFound:
        return see_other(
            ".webinars", series=_series_named(wanted.series), q=request.args.get("q") or None
        )
    listing, decisions = shown.listing, shown.decisions
    form = SeriesForm(request.args)
    form.series.offer(
        Names(
            ((each.slug, each.title) for each in listing.all_series),
            url_for("suggestions.names", kind="series"),
        ),
        ("", _("All series")),
    )
    address: dict[str, Any] = {"series": wanted.series or None, "q": shown.query or None}
    return render(
        "public/webinars.html",
        query=wanted.query,
        used_query=shown.query,
        listing=listing,
        series_form=form,
        upcoming=entry_cards(listing.upcoming, decisions),
        held=entry_cards(listing.held, decisions),
        found=[
            Found(card, *shown.places.get(entry.id, ((), "")))
            for entry, card in zip(
                listing.found, entry_cards(listing.found, decisions), strict=True
            )
        ],
        pager=pager_of(
            listing.page,
            PAGE_SIZE,
            listing.total,
            url=lambda page: url_for(".webinars", **{**address, "page": page}),
        ),
    )


@blueprint.get("/series/<slug>")
@open_to(Audience.EVERYONE)
def series(slug: str) -> ResponseReturnValue:
    return show_series(slug)


@blueprint.get("/series/<slug>/card.png")
@open_to(Audience.EVERYONE)
def series_card(slug: str) -> ResponseReturnValue:
    """Return a series' preview image for shared links: 1,280 by 720 pixels."""
    with read_session() as session:
        name = read_name(session, Part(series=slug))
    return _png(name, _("A series from %(seller)s", seller=branding_facts().name), slug)


@blueprint.get("/presenters/<slug>")
@open_to(Audience.EVERYONE)
def presenter(slug: str) -> ResponseReturnValue:
    return show_presenter(slug)


@blueprint.get("/presenters/<slug>/card.png")
@open_to(Audience.EVERYONE)
def presenter_card(slug: str) -> ResponseReturnValue:
    """Return a presenter's preview image for shared links: 1,280 by 720 pixels."""
    with read_session() as session:
        name = read_name(session, Part(presenter=slug))
    return _png(name, _("Webinars from %(seller)s", seller=branding_facts().name), slug)


@blueprint.get("/presenters/<slug>/picture")
@open_to(Audience.EVERYONE)
def presenter_picture(slug: str) -> ResponseReturnValue:
    with read_session() as session:
        key = find_picture_key(session, slug)
    return send_stored(key, content_type_of(key))


@blueprint.get("/webinars/<slug>")
@open_to(Audience.EVERYONE)
def webinar(slug: str) -> ResponseReturnValue:
    person, now = viewer(), clock.now()
    asked = coming = choice = taken = None
    offer_url = ""
    with read_session() as session:
        found = read_announcement(session, slug)
        case, seats = None, []
        if person is not None:
            seats = [
                line for line in assign_lines(session, person, now=now) if line.slug == found.slug
            ]
            case = load_case(session, login_id=person.login_id, webinar_id=found.id)
            coming = coming_of(session, found, person, case, now)
            asked = asked_for(session, found, person, case, now)
            choice = choice_of(session, found, person, now)
            offer_url = offer_url_of(session, found, person, now)
            taken = taken_of(session, found, person)
        is_bought_here = person is None and has_access_here(session, found.id)
        decision = decision_for(found, case, now) if case is not None else None
        has_it = holds(case, now)
        box = announced_box(session, found, now=now, has_it=has_it, decision=decision)
    if person is None and is_for_holders(found):
        return render("public/withdrawn_webinar.html", similar=similar_to(found)), 410
    check_may_see(found, person, case, now)
    is_over = now >= found.ends_at
    when = said_datetime(found.held_at, found.zone)
    return render(
        "public/webinar_page.html",
        webinar=found,
        is_staff=person is not None and person.is_staff,
        knows_zone=known_zone() is not None,
        calendar=calendar_links(
            title=found.title,
            address=address_of(found.slug),
            starts_at=found.held_at,
            zone=found.zone,
            minutes=found.minutes,
        ),
        opens_live=not is_over and found.state is WebinarState.ANNOUNCED,
        when=when,
        held=_held(found, when) if is_over or found.state is WebinarState.CANCELED else "",
        phase=phase_of(found, now),
        overview=Markup(to_html(found.overview)),  # noqa: S704  (nh3 sanitized it)
        people=[
            (each, Markup(to_html(each.biography)))  # noqa: S704  (nh3 sanitized it)
            for each in found.presenters
        ],
        poster=picture_of(found.slug, found.recording),
        shared=shared_of(found, when, now),
        recording_minutes=minutes_of(found.recording.seconds) if found.recording else None,
        box=box,
        sales=sales_words() if box and not has_it else None,
        panel=with_seats(panel_for(found, case, now), seats),
        is_bought_here=is_bought_here,
        has_seats=bool(seats),
        holds=has_it,
        coming=coming,
        asked=asked,
        due=say_datetime(asked.accommodation.due_at, reading_zone())
        if asked and asked.accommodation
        else "",
        choice=choice,
        offer_url=offer_url,
        taken=taken,
        moved_from=said_datetime(found.moved_from, found.zone) if found.moved_from else "",
        said_datetime=said_datetime,
        sender=carrel().settings.mail_from,
        similar=similar_to(found) if found.state in NOT_OFFERED else [],
    )


def _held(found: Announcement, when: str) -> str:
    """Return the day of a webinar that is over, of which the time no longer matters, or that was canceled."""
    if found.state is WebinarState.CANCELED:
        return _("Was scheduled for %(day)s", day=when)
    return _("Held %(day)s", day=say_long_date(found.held_at, read_zone(found.zone)))


@blueprint.get("/webinars/<slug>/poster.svg")
@open_to(Audience.EVERYONE)
def poster(slug: str) -> ResponseReturnValue:
    person = viewer()
    with read_session() as session:
        found = read_announcement(session, slug)
    if found.state in UNPICTURED and not (person is not None and person.is_staff):
        raise NotFound
    return _drawn(_poster_of(found), "image/svg+xml", for_everyone=found.state not in UNPICTURED)


@blueprint.get("/webinars/<slug>/card.png")
@open_to(Audience.EVERYONE)
def card(slug: str) -> ResponseReturnValue:
    """Return a webinar's preview image for shared links: 1,280 by 720 pixels."""
    with read_session() as session:
        found = read_announcement(session, slug)
    if found.state not in SHARED:
        raise NotFound
    return _drawn(picture_of_drawing(_poster_of(found), WIDTH * 2), "image/png")


def _poster_of(found: Announcement) -> str:
    return draw_poster(
        title=found.title,
        byline=", ".join(each.name for each in found.presenters),
        accent=branding_facts().accent,
        seed=found.slug,
        portraits=small_portraits(
            carrel().storage, [each.picture_key for each in found.presenters[:2]]
        ),
    )


def _png(title: str, byline: str, seed: str) -> Response:
    drawing = draw_poster(title=title, byline=byline, accent=branding_facts().accent, seed=seed)
    return _drawn(picture_of_drawing(drawing, WIDTH * 2), "image/png")


def _drawn(drawing: str | bytes, kind: str, *, for_everyone: bool = True) -> Response:
    answer = Response(drawing, mimetype=kind)
    keep = f"public, max-age={MOMENT_S}" if for_everyone else "private, no-cache"
    answer.headers["Cache-Control"] = keep
    return if_changed(answer)


def _series_named(typed: str) -> str:
    """Return the slug of the series whose title was typed; raises NotFound."""
    with read_session() as session:
        names = Names(scopes(session, Scope.SERIES, only_announced=True), "")
    try:
        slug = names.find(typed)[0].partition(":")[2] if typed else ""
    except Invalid as refusal:
        raise NotFound from refusal
    if slug == typed:  # something else wasn't found
        raise NotFound
    return slug


def _listing(wanted: Wanted) -> Shown:
    """Return a page of the catalog with the decisions for the signed-in person."""
    person, now = viewer(), clock.now()
    login_id = person.login_id if person is not None else None
    with read_session() as session:
        listing, query = read_forgiving_listing(session, wanted, login_id=login_id, now=now)
        ids = [entry.id for entry in listing.entries]
        cases = load_cases(session, login_id=login_id, webinar_ids=ids)
        places = found_in(session, query, listing.found, cases)
    return Shown(listing, query, decide_each(listing.entries, cases, now), places)
