"""Staff pages for webinars: list, edit, preview, announce, withdraw, and remove."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from flask import Blueprint, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup

from lms.audience.events import Event
from lms.cancellation_offers.offer_links import offer_links
from lms.catalog import webinars
from lms.catalog.replacement_webinars import read_instead
from lms.catalog.staff_read_models import (
    Order,
    Row,
    Standing,
    count_holders,
    count_watching_by_pass,
    read_presenters,
    read_rows,
    read_series_names,
    read_standing,
)
from lms.catalog.webinar_details_validation import Gap, WebinarWords, gaps, has_ended
from lms.core import clock
from lms.core.dates_and_time_zones import from_wall_clock, read_zone, say_datetime_in_table
from lms.core.errors import N_, Conflict, Invalid, NotFound
from lms.core.markdown import to_html
from lms.grants.request_and_sale_form_choices import webinars_on_sale
from lms.mailings.read_models import count_unannounced
from lms.models.catalog import Webinar, WebinarState
from lms.models.grants import Scope
from lms.recordings.staff_file_list import read_webinar_files
from lms.web.access.access_panel_and_reader_times import instead_words, reading_zone, said_datetime
from lms.web.audience.notified_people import notified_people
from lms.web.cancellation_offers.staff_offers import offer_rows
from lms.web.catalog.staff_forms import PullForm, WebinarForm, filled_form
from lms.web.certificates.credit_warnings import credit_warnings
from lms.web.core.current_user import acting
from lms.web.core.form_errors import show_faults, shown_in
from lms.web.core.form_fields import Names
from lms.web.core.pagination import page_number, pager_of, this_url
from lms.web.core.request_context import carrel, read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.pricing.price_form_lines import own_prices_of
from lms.web.recordings.staff_files import added_at
from lms.web.recordings.staff_uploads import own_sending

blueprint = Blueprint("staff_webinars", __name__, url_prefix="/staff/webinars")

ONLY_BUYERS: Final = N_("Only people who buy this webinar separately can watch it.")
PAGE_SIZE: Final = 40
STATE_WORDS: Final = {
    WebinarState.DRAFT: N_("Draft"),
    WebinarState.ANNOUNCED: N_("Announced"),
    WebinarState.CANCELED: N_("Canceled"),
    WebinarState.WITHDRAWN: N_("Withdrawn"),
    WebinarState.PULLED: N_("Removed"),
}
STATE_BADGES: Final = {
    WebinarState.DRAFT: "none",
    WebinarState.ANNOUNCED: "open",
    WebinarState.CANCELED: "none",
    WebinarState.WITHDRAWN: "none",
    WebinarState.PULLED: "danger",
}
GAP_WORDS: Final = {
    Gap.SUMMARY: N_("a summary for cards"),
    Gap.OVERVIEW: N_("an overview"),
    Gap.AGENDA: N_("a learning agenda"),
    Gap.PRESENTER: N_("a presenter"),
    Gap.LIVE_LINK: N_("a link to the live session, so people can join"),
}
Verb = Callable[..., Webinar]
ACTS: Final[dict[str, tuple[Verb, str]]] = {
    "publish": (webinars.publish_webinar, N_("%(title)s was announced.")),
    "withdraw": (
        webinars.withdraw_webinar,
        N_("%(title)s was withdrawn. People with access can still watch it."),
    ),
    "restore": (webinars.restore_webinar, N_("%(title)s is back in the catalog.")),
}


@blueprint.get("")
@open_to(Audience.STAFF)
def index() -> ResponseReturnValue:
    number = page_number()
    query = request.args.get("q", "").strip()
    state = _chosen_state()
    order = _chosen_order()
    with read_session() as session:
        rows = read_rows(
            session,
            query=query,
            state=state,
            order=order,
            offset=(number - 1) * PAGE_SIZE,
            limit=PAGE_SIZE,
        )
    return render(
        "catalog/staff_webinars.html",
        rows=[shown(row) for row in rows.items],
        query=query,
        state=state,
        order=order,
        states=[(each.value, _(words)) for each, words in STATE_WORDS.items()],
        filters=_filters(query, state),
        sort_url=lambda wanted: this_url(order=wanted, page=None),
        pager=pager_of(number, PAGE_SIZE, rows.total),
    )


@blueprint.route("/new", methods=["GET", "POST"])
@open_to(Audience.STAFF)
def new() -> ResponseReturnValue:
    form = prepared(WebinarForm(request.form, zone=carrel().settings.time_zone))
    if request.method == "GET" or request.form.get("act") == "preview":
        return _write(form, None)
    words = words_in(form)
    if words is None:
        return _write(form, None), 400
    with shown_in(form, Invalid):
        with transaction() as session:
            kept = webinars.add_webinar(session, words, **acting())
        flash(_("Draft saved. Only staff see it until you announce it."), "done")
        return see_other(".show", slug=kept.slug)
    return _write(form, None), 400


@blueprint.get("/<slug>")
@open_to(Audience.STAFF)
def show(slug: str) -> ResponseReturnValue:
    now = clock.now()
    with read_session() as session:
        standing = read_standing(session, slug)
        instead = read_instead(session, standing.id)
        files = read_webinar_files(session, slug)
        sending = own_sending(session, slug)
        holders = count_holders(session, standing.id, now=now)
        where = offer_links(carrel().settings)
        offers = offer_rows(session, standing.id, where=where, zone=reading_zone(), now=now)
        credit = credit_warnings(session, standing.id)
        own = own_prices_of(session, Scope.WEBINAR, standing.public_id)
        subscribers = count_unannounced(session, standing.id, now=now)
        presenters = {each.slug: each.name for each in read_presenters(session)}
        series = {each.slug: each.name for each in read_series_names(session)}
    words = standing.words
    return render(
        "catalog/staff_webinar.html",
        standing=standing,
        instead=instead_words(instead),
        files=files,
        slug=slug,
        sending=sending,
        added=added_at(files),
        speech=bool(carrel().settings.speech_command),
        undo=request.args.get("removed", ""),
        holders=holders,
        own=own,
        credit=credit,
        subscribers=subscribers,
        offers=offers,
        state=_(STATE_WORDS[standing.state]),
        badge_kind=STATE_BADGES[standing.state],
        missing=[_(GAP_WORDS[gap]) for gap in gaps(words, now)],
        when=said_datetime(words.held_at, words.zone),
        presenters=[presenters[each] for each in words.presenters],
        series=[series[each] for each in words.series],
        is_over=has_ended(words.held_at, words.minutes, now),
    )


@blueprint.route("/<slug>/edit", methods=["GET", "POST"])
@open_to(Audience.STAFF)
def edit(slug: str) -> ResponseReturnValue:
    with read_session() as session:
        standing = read_standing(session, slug)
    if request.method == "GET":
        return _write(prepared(filled_form(standing)), standing)
    form = prepared(WebinarForm(request.form))
    if request.form.get("act") == "preview":
        return _write(form, standing)
    words = words_in(form)
    if words is None:
        return _write(form, standing), 400
    try:
        kept = _save(slug, words, _seen(form.seen.data))
    except Invalid as error:
        show_faults(form, error)
        return _write(form, standing), 400
    except Conflict as error:
        form.form_errors.append(_(error.message))
        form.seen.data = standing.updated_at.isoformat()
        return _write(form, standing), 409
    flash(_("Saved."), "done")
    return see_other(".show", slug=kept.slug)


@blueprint.post("/preview")
@open_to(Audience.STAFF)
def preview() -> ResponseReturnValue:
    return to_html(request.form.get("text", ""))


@blueprint.post("/<slug>/<act>")
@open_to(Audience.STAFF)
def move(slug: str, act: str) -> ResponseReturnValue:
    if act not in ACTS:
        raise NotFound
    verb, sentence = ACTS[act]
    with transaction() as session:
        kept = verb(session, slug, **acting())
    flash(_(sentence, title=kept.title), "done")
    return see_other(".show", slug=kept.slug)


@blueprint.route("/<slug>/pull", methods=["GET", "POST"])
@open_to(Audience.STAFF)
def pull(slug: str) -> ResponseReturnValue:
    form = PullForm(request.form)
    with read_session() as session:
        standing = read_standing(session, slug)
        holders = count_holders(session, standing.id, now=clock.now())
        others = [(each.slug, each.name) for each in webinars_on_sale(session) if each.slug != slug]
        form.offer_choices(Names(others, url_for("suggestions.titles")))
    if request.method == "POST" and form.validate():
        with shown_in(form, Invalid):
            title = _pull(slug, form)
            flash(_("%(title)s was removed for everyone.", title=title), "done")
            return see_other(".show", slug=slug)
    page = render(
        "catalog/staff_webinar_remove.html",
        form=form,
        standing=standing,
        holders=holders,
        told=notified_people(standing.id, Event.PULLED),
    )
    return page, 400 if form.errors else 200


def _pull(slug: str, form: PullForm) -> str:
    with transaction() as session:
        return webinars.pull_webinar(
            session, slug, reason=form.reason.data or "", instead=form.instead, **acting()
        ).title


def shown(row: Row) -> dict[str, object]:
    """Return a row in the form that tables show."""
    return {
        "slug": row.slug,
        "title": row.title,
        "state": _(STATE_WORDS[row.state]),
        "badge_kind": STATE_BADGES[row.state],
        "free": row.free,
        "when": say_datetime_in_table(row.held_at, read_zone(row.zone)),
        "recording": row.recording,
    }


def _save(slug: str, words: WebinarWords, seen: datetime | None) -> Webinar:
    with transaction() as session:
        return webinars.edit_webinar(session, slug, words, seen=seen, **acting())


def _write(form: WebinarForm, standing: Standing | None) -> str:
    if standing is not None and standing.words.is_in_passes:
        form.not_in_passes.description = _warning(standing)
    return render(
        "catalog/staff_webinar_form.html",
        form=form,
        standing=standing,
        overview_html=Markup(to_html(form.overview.data or "")),  # noqa: S704  (nh3 sanitized it)
    )


def _warning(standing: Standing) -> str:
    """Return how many people lose access if a webinar is excluded from passes."""
    with read_session() as session:
        people = count_watching_by_pass(session, standing.id, now=clock.now())
    sentence = _(ONLY_BUYERS)
    if not people:
        return sentence
    lost = ngettext(
        "%(num)d person who has watched it with a pass or contract would lose access.",
        "%(num)d people who have watched it with a pass or contract would lose access.",
        people,
    )
    return f"{sentence} {lost}"


def prepared(form: WebinarForm) -> WebinarForm:
    """Return the form with its choices: presenters, series and time zones."""
    with read_session() as session:
        presenters, series = read_presenters(session), read_series_names(session)
    named = list(form.presenters.data or ())
    # Named presenters come first, in their order: the form submits them in the order shown.
    presenters = tuple(sorted(presenters, key=lambda each: _place(each.slug, named)))
    for field, kind, found in (
        (form.presenters, "presenters", presenters),
        (form.series, "series", series),
    ):
        field.offer(
            Names(
                ((each.slug, each.name) for each in found),
                url_for("suggestions.names", kind=kind),
            )
        )
    form.offer_zone(form.zone.data)
    return form


def _place(slug: str, named: list[str]) -> int:
    return named.index(slug) if slug in named else len(named)


def words_in(form: WebinarForm) -> WebinarWords | None:
    """Return the form's values, or None if it has errors, which it then shows."""
    if not form.validate() or form.held_at.data is None:
        return None
    try:
        held_at = from_wall_clock(form.held_at.data, read_zone(form.zone.data))
    except Invalid as error:
        show_faults(form, error)
        return None
    return WebinarWords(
        title=form.title.data or "",
        held_at=held_at,
        zone=form.zone.data,
        minutes=form.minutes.data or 0,
        slug=form.slug.data or "",
        subtitle=form.subtitle.data or "",
        hosted_by=form.hosted_by.data or "",
        summary=form.summary.data or "",
        overview=form.overview.data or "",
        agenda=form.agenda.data or "",
        live_link=form.live_link.data or "",
        survey_link=form.survey_link.data or "",
        free=form.free.data,
        is_in_passes=not form.not_in_passes.data,
        presenters=tuple(form.presenters.data or ()),
        new_presenters=form.new_names,
        series=tuple(form.series.data or ()),
    )


def _seen(raw: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(raw or "").astimezone(UTC)
    except ValueError:
        return None


def _chosen_state() -> WebinarState | None:
    raw = request.args.get("state", "")
    return next((state for state in WebinarState if state == raw), None)


def _chosen_order() -> Order:
    raw = request.args.get("order", "")
    return next((order for order in Order if order == raw), Order.NEWEST)


def _filters(query: str, state: WebinarState | None) -> list[tuple[str, str]]:
    """Return the active filters, each with the URL of the table without it."""
    chips = []
    if query:
        chips.append((f"“{query}”", this_url(q=None, page=None)))
    if state is not None:
        chips.append((_(STATE_WORDS[state]), this_url(state=None, page=None)))
    return chips
