"""Staff: the series that webinars belong to."""

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from lms import series
from lms.clock import now
from lms.errors import Invalid
from lms.markdown import to_html
from lms.series import KeptSeries, SeriesWords
from lms.staff_catalogue import read_series_names
from lms.web.forms.catalogue import SeriesForm
from lms.web.forms.faults import show_faults
from lms.web.guard import Audience, open_to
from lms.web.kit import read_session, render, see_other, transaction
from lms.web.signin import required_viewer

blueprint = Blueprint("staff_series", __name__, url_prefix="/staff/series")


@blueprint.get("")
@open_to(Audience.STAFF)
def index() -> ResponseReturnValue:
    with read_session() as session:
        rows = read_series_names(session)
    return render("admin/series.html", rows=rows)


@blueprint.route("/new", methods=["GET", "POST"])
@open_to(Audience.STAFF)
def new() -> ResponseReturnValue:
    form = SeriesForm(request.form)
    if request.method == "GET":
        return _write(form, None)
    if not form.validate():
        return _write(form, None), 400
    try:
        with transaction() as session:
            actor = required_viewer().public_id
            series.add_series(session, _words(form), actor=actor, now=now())
    except Invalid as error:
        show_faults(form, error)
        return _write(form, None), 400
    flash(_("The series is here. Webinars can be put into it now."), "done")
    return see_other(".index")


@blueprint.route("/<series_id>", methods=["GET", "POST"])
@open_to(Audience.STAFF)
def edit(series_id: str) -> ResponseReturnValue:
    with read_session() as session:
        kept = series.read_series(session, series_id)
    if request.method == "GET":
        return _write(
            SeriesForm(title=kept.title, description=kept.description, slug=kept.slug), kept
        )
    form = SeriesForm(request.form)
    if not form.validate():
        return _write(form, kept), 400
    try:
        with transaction() as session:
            actor = required_viewer().public_id
            series.edit_series(session, series_id, _words(form), actor=actor, now=now())
    except Invalid as error:
        show_faults(form, error)
        return _write(form, kept), 400
    flash(_("Saved."), "done")
    return see_other(".index")


@blueprint.post("/<series_id>/remove")
@open_to(Audience.STAFF)
def remove(series_id: str) -> ResponseReturnValue:
    with transaction() as session:
        actor = required_viewer().public_id
        series.remove_series(session, series_id, actor=actor, now=now())
    flash(_("The series is gone. Its webinars stay."), "done")
    return see_other(".index")


def _words(form: SeriesForm) -> SeriesWords:
    return SeriesWords(
        title=form.title.data or "",
        description=form.description.data or "",
        slug=form.slug.data or "",
    )


def _write(form: SeriesForm, kept: KeptSeries | None) -> str:
    html = Markup(to_html(form.description.data or ""))  # noqa: S704  (nh3 cleaned it)
    return render("admin/series_form.html", form=form, kept=kept, description_html=html)
