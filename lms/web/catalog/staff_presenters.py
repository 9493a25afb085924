"""Staff pages for presenters: list, add, edit, and remove."""

from typing import Final

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from lms.catalog import presenters
from lms.catalog.presenters import PresenterWords
from lms.catalog.staff_read_models import read_presenters
from lms.core.errors import Invalid
from lms.core.markdown import to_html
from lms.core.model_base import new_public_id
from lms.models.catalog import Presenter
from lms.models.grants import Scope
from lms.web.catalog.staff_forms import PresenterForm
from lms.web.core.current_user import acting
from lms.web.core.form_errors import shown_in
from lms.web.core.form_fields import sent_or_stored
from lms.web.core.form_uploads import sent_picture
from lms.web.core.pagination import paged
from lms.web.core.request_context import carrel, read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to
from lms.web.pricing.price_form_lines import own_prices_of
from media.images.uploaded_pictures import picture_type

blueprint = Blueprint("staff_presenters", __name__, url_prefix="/staff/presenters")

PAGE_SIZE: Final = 50
PICTURE_PX: Final = 640


@blueprint.get("")
@open_to(Audience.STAFF)
def index() -> ResponseReturnValue:
    query = request.args.get("q", "").strip()
    with read_session() as session:
        rows = read_presenters(session, query)
    shown, pager = paged(rows, PAGE_SIZE)
    return render("catalog/staff_presenters.html", rows=shown, query=query, pager=pager)


@blueprint.route("/new", methods=["GET", "POST"])
@open_to(Audience.STAFF)
def new() -> ResponseReturnValue:
    form = PresenterForm(request.form)
    if request.method == "POST" and form.validate():
        with shown_in(form, Invalid):
            with transaction() as session:
                kept = presenters.add_presenter(session, _words(form), **acting())
            flash(_("%(name)s was added. Add a picture, too.", name=kept.name), "done")
            return see_other(".edit", presenter_id=kept.public_id)
    return _write(form, None)


@blueprint.route("/<presenter_id>", methods=["GET", "POST"])
@open_to(Audience.STAFF)
def edit(presenter_id: str) -> ResponseReturnValue:
    with read_session() as session:
        kept = presenters.read_presenter(session, presenter_id)
    form = sent_or_stored(PresenterForm, obj=kept)
    if request.method == "POST" and form.validate():
        with shown_in(form, Invalid):
            with transaction() as session:
                presenters.edit_presenter(session, presenter_id, _words(form), **acting())
            flash(_("Saved."), "done")
            return see_other(".index")
    return _write(form, kept)


@blueprint.post("/<presenter_id>/picture")
@open_to(Audience.STAFF)
def change_picture(presenter_id: str) -> ResponseReturnValue:
    with read_session() as session:
        former = presenters.read_presenter(session, presenter_id).picture_key
    picture = sent_picture("picture", PICTURE_PX)
    kind = picture_type(picture)
    ending = "png" if kind == "image/png" else "jpg"
    key = f"presenters/{presenter_id}/{new_public_id()}.{ending}"
    carrel().storage.put_bytes(key, picture, kind)
    with transaction() as session:
        presenters.change_picture(session, presenter_id, key, **acting())
    # Delete the old file only after the commit: a rollback still needs it.
    if former is not None:
        carrel().storage.delete(former)
    flash(_("Picture saved."), "done")
    return see_other(".edit", presenter_id=presenter_id)


@blueprint.post("/<presenter_id>/remove")
@open_to(Audience.STAFF)
def remove(presenter_id: str) -> ResponseReturnValue:
    with transaction() as session:
        presenters.remove_presenter(session, presenter_id, **acting())
    flash(_("The presenter was removed."), "done")
    return see_other(".index")


def _words(form: PresenterForm) -> PresenterWords:
    return PresenterWords(
        name=form.name.data or "",
        biography=form.biography.data or "",
        slug=form.slug.data or "",
    )


def _write(form: PresenterForm, kept: Presenter | None) -> ResponseReturnValue:
    html = Markup(to_html(form.biography.data or ""))  # noqa: S704  (nh3 sanitized it)
    own = None
    if kept is not None:
        with read_session() as session:
            own = own_prices_of(session, Scope.PRESENTER, kept.public_id)
    page = render(
        "catalog/staff_presenter_form.html", form=form, kept=kept, own=own, biography_html=html
    )
    return page, 400 if form.errors else 200
