"""Staff pages for series: list, add, edit, remove, and order."""

from collections.abc import Sequence
from typing import Final

from flask import Blueprint, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from lms.catalog import series, series_order
from lms.catalog.series import SeriesWords
from lms.catalog.series_order import Order, Placed
from lms.catalog.staff_read_models import read_series_names
from lms.core.dates_and_time_zones import read_zone, say_date
from lms.core.errors import Conflict, Invalid, or_not_found
from lms.core.markdown import to_html
from lms.models.catalog import Series, WebinarState
from lms.models.grants import Scope
from lms.web.catalog.staff_forms import SeriesForm
from lms.web.catalog.staff_webinars import STATE_BADGES, STATE_WORDS
from lms.web.core.current_user import acting
from lms.web.core.form_errors import flashed, shown_in
from lms.web.core.form_fields import sent_or_stored
from lms.web.core.number_parsing_and_formatting import read_figures
from lms.web.core.pagination import paged
from lms.web.core.request_context import read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.pricing.price_form_lines import own_prices_of

blueprint = Blueprint("staff_series", __name__, url_prefix="/staff/series")

PAGE_SIZE: Final = 50
LAST_PLACE: Final = 1_000_000


@blueprint.get("")
@open_to(Audience.STAFF)
def index() -> ResponseReturnValue:
    query = request.args.get("q", "").strip()
    with read_session() as session:
        rows = read_series_names(session, query)
    shown, pager = paged(rows, PAGE_SIZE)
    return render("catalog/staff_series.html", rows=shown, query=query, pager=pager)


@blueprint.route("/new", methods=["GET", "POST"])
@open_to(Audience.STAFF)
def new() -> ResponseReturnValue:
    form = SeriesForm(request.form)
    if request.method == "POST" and form.validate():
        with shown_in(form, Invalid):
            with transaction() as session:
                series.add_series(session, _words(form), **acting())
            flash(_("The series was added. You can now add webinars to it."), "done")
            return see_other(".index")
    return _write(form, None)


@blueprint.route("/<series_id>", methods=["GET", "POST"])
@open_to(Audience.STAFF)
def edit(series_id: str) -> ResponseReturnValue:
    with read_session() as session:
        kept = series.read_series(session, series_id)
    form = sent_or_stored(SeriesForm, obj=kept)
    if request.method == "POST" and form.validate():
        with shown_in(form, Invalid):
            with transaction() as session:
                series.edit_series(session, series_id, _words(form), **acting())
            flash(_("Saved."), "done")
            return see_other(".index")
    return _write(form, kept)


@blueprint.post("/<series_id>/remove")
@open_to(Audience.STAFF)
def remove(series_id: str) -> ResponseReturnValue:
    with transaction() as session:
        series.remove_series(session, series_id, **acting())
    flash(_("The series was removed, but not its webinars."), "done")
    return see_other(".index")


@blueprint.get("/<series_id>/order")
@open_to(Audience.STAFF)
def order(series_id: str) -> ResponseReturnValue:
    """Show the webinars of a series in order, with controls to move each."""
    with read_session() as session:
        kept = series.read_series(session, series_id)
        found = series_order.read_order(session, series_id)
    former = request.args.get("was", "") if not found.is_by_hand else ""
    return render(
        "catalog/staff_series_order.html",
        kept=kept,
        is_by_hand=found.is_by_hand,
        rows=[_row(one) for one in found.webinars],
        moved=request.args.get("moved", ""),
        went=request.args.get("went", ""),
        undo_url=url_for(".put_back", series_id=series_id, was=former) if former else "",
    )


@blueprint.post("/<series_id>/order")
@open_to(Audience.STAFF)
def move(series_id: str) -> ResponseReturnValue:
    """Move a webinar to another position in its series."""
    webinar = request.form.get("webinar", "")
    place = or_not_found(read_figures(request.form.get("place", ""), LAST_PLACE))
    with transaction() as session:
        before = _ids(series_order.read_order(session, series_id))
        series_order.move_webinar(session, series_id, webinar, place, **acting())
        found = series_order.read_order(session, series_id)
    number = _ids(found).index(webinar)
    said = _(
        "“%(title)s” is now part %(number)s.",
        title=found.webinars[number].title,
        number=number + 1,
    )
    flash(said, "done")
    went = "up" if number < before.index(webinar) else "down"
    return see_other(".order", series_id=series_id, moved=webinar, went=went)


@blueprint.post("/<series_id>/order/by-date")
@open_to(Audience.STAFF)
def by_date(series_id: str) -> ResponseReturnValue:
    """Order a series by date; the next page can undo it."""
    with transaction() as session:
        before = series_order.read_order(session, series_id)
        series_order.follow_dates(session, series_id, **acting())
        dates = _ids(series_order.read_order(session, series_id))
    was = "-".join(str(dates.index(each) + 1) for each in _ids(before))
    return see_other(".order", series_id=series_id, was=was if before.is_by_hand else None)


@blueprint.post("/<series_id>/order/put-back")
@open_to(Audience.STAFF)
def put_back(series_id: str) -> ResponseReturnValue:
    """Undo `by_date`: `was` lists the former order as positions in the order by date."""
    places = request.args.get("was", "").split("-")
    with flashed(Conflict):
        with transaction() as session:
            dates = _ids(series_order.read_order(session, series_id))
            is_whole = sorted(places) == sorted(str(n) for n in range(1, len(dates) + 1))
            former = [dates[int(place) - 1] for place in places] if is_whole else []
            series_order.put_in_order(session, series_id, former, **acting())
        flash(_("Your order was restored."), "done")
    return see_other(".order", series_id=series_id)


def _ids(found: Order) -> Sequence[str]:
    return [each.public_id for each in found.webinars]


def _row(one: Placed) -> dict[str, str]:
    return {
        "id": one.public_id,
        "slug": one.slug,
        "title": one.title,
        "when": say_date(one.held_at, read_zone(one.zone)),
        "state": "" if one.state is WebinarState.ANNOUNCED else _(STATE_WORDS[one.state]),
        "badge_kind": STATE_BADGES[one.state],
    }


def _words(form: SeriesForm) -> SeriesWords:
    return SeriesWords(
        title=form.title.data or "",
        description=form.description.data or "",
        slug=form.slug.data or "",
    )


def _write(form: SeriesForm, kept: Series | None) -> ResponseReturnValue:
    html = Markup(to_html(form.description.data or ""))  # noqa: S704  (nh3 sanitized it)
    own = None
    if kept is not None:
        with read_session() as session:
            own = own_prices_of(session, Scope.SERIES, kept.public_id)
    page = render(
        "catalog/staff_series_form.html", form=form, kept=kept, own=own, description_html=html
    )
    return page, 400 if form.errors else 200
