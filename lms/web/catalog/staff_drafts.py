"""Staff pages that delete a draft, or make an announced webinar a draft again."""

from flask import Blueprint, flash
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.catalog import drafts
from lms.catalog.staff_read_models import Standing, read_standing
from lms.core.errors import Conflict
from lms.models.catalog import WebinarState
from lms.web.core.current_user import acting
from lms.web.core.request_context import read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to

blueprint = Blueprint("staff_drafts", __name__, url_prefix="/staff/webinars/<slug>")


@blueprint.get("/draft")
@open_to(Audience.STAFF)
def confirm_draft(slug: str) -> ResponseReturnValue:
    """Show how many people were notified of an announced webinar before it becomes a draft."""
    with read_session() as session:
        standing = read_standing(session, slug)
        informed = drafts.count_informed(session, standing.id)
    if standing.state is not WebinarState.ANNOUNCED:
        return see_other("staff_webinars.show", slug=slug)
    return render("catalog/staff_draft_again.html", standing=standing, informed=informed, fault="")


@blueprint.post("/draft")
@open_to(Audience.STAFF)
def make_draft(slug: str) -> ResponseReturnValue:
    """Make an announced webinar that no one was notified of a draft again."""
    with read_session() as session:
        standing = read_standing(session, slug)
        informed = drafts.count_informed(session, standing.id)
    try:
        with transaction() as session:
            kept = drafts.make_draft_again(session, slug, **acting())
    except Conflict as refusal:
        page = render(
            "catalog/staff_draft_again.html",
            standing=standing,
            informed=informed,
            fault=_(refusal.message),
        )
        return page, 409
    flash(_("%(title)s is a draft again.", title=kept.title), "done")
    return see_other("staff_webinars.show", slug=kept.slug)


@blueprint.get("/delete")
@open_to(Audience.STAFF)
def confirm_delete(slug: str) -> ResponseReturnValue:
    """Show what is deleted with a draft."""
    with read_session() as session:
        standing = read_standing(session, slug)
    if standing.state is not WebinarState.DRAFT:
        return see_other("staff_webinars.show", slug=slug)
    return _delete_page(standing, "")


@blueprint.post("/delete")
@open_to(Audience.STAFF)
def delete(slug: str) -> ResponseReturnValue:
    """Permanently delete a draft."""
    with read_session() as session:
        standing = read_standing(session, slug)
    try:
        with transaction() as session:
            title = drafts.delete_draft(session, slug, **acting())
    except Conflict as refusal:
        return _delete_page(standing, _(refusal.message)), 409
    flash(_("The draft “%(title)s” was deleted.", title=title), "done")
    return see_other("staff_webinars.index")


def _delete_page(standing: Standing, fault: str) -> str:
    return render("catalog/staff_draft_delete.html", standing=standing, fault=fault)
