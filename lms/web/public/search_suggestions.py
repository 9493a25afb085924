"""Search suggestions as a person types, for the page's script."""

from typing import Final

from flask import Blueprint, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.core.errors import N_, NotFound
from lms.grants.request_and_sale_form_choices import SUGGESTED, scopes, webinars_on_sale
from lms.models.grants import Scope
from lms.search.suggestions import Kind, Suggestion, suggest
from lms.web.core.current_user import viewer
from lms.web.core.form_fields import Names
from lms.web.core.request_context import read_session
from lms.web.core.route_guard import Audience, open_to

blueprint = Blueprint("suggestions", __name__)

LONGEST: Final = 200
KEPT_S: Final = 60
PAGES: Final = {
    Kind.WEBINAR: "catalog.webinar",
    Kind.PRESENTER: "catalog.presenter",
    Kind.SERIES: "catalog.series",
}
CALLED: Final = {
    Kind.WEBINAR: N_("Webinar"),
    Kind.PRESENTER: N_("Presenter"),
    Kind.SERIES: N_("Series"),
}

NAMED: Final = {
    "series": (Scope.SERIES,),
    "presenters": (Scope.PRESENTER,),
    "passes": (Scope.SERIES, Scope.PRESENTER),
}


@blueprint.get("/search/suggestions")
@open_to(Audience.EVERYONE)
def show() -> ResponseReturnValue:
    """Return suggestions for `q`; they are the same for everyone, so they can be cached for a minute."""
    with read_session() as session:
        found = suggest(session, request.args.get("q", "")[:LONGEST])
    answer = jsonify(found=[_told(each) for each in found])
    answer.headers["Cache-Control"] = f"public, max-age={KEPT_S}"
    answer.vary.add("Cookie")  # of the language
    return answer


@blueprint.get("/search/titles")
@open_to(Audience.EVERYONE)
def titles() -> ResponseReturnValue:
    """Return the titles of webinars on sale that match some words, for a field's script."""
    with read_session() as session:
        found = webinars_on_sale(session, request.args.get("q", "")[:LONGEST], limit=SUGGESTED)
    answer = jsonify(items=[{"name": each.name} for each in found])
    answer.headers["Cache-Control"] = f"public, max-age={KEPT_S}"
    return answer


@blueprint.get("/search/names/<kind>")
@open_to(Audience.EVERYONE)
def names(kind: str) -> ResponseReturnValue:
    """Return the names of series, presenters, or both that match some words, for a field's script.

    Only staff get those without an announced webinar.
    """
    if kind not in NAMED:
        raise NotFound
    person = viewer()
    is_staff = person is not None and person.is_staff
    with read_session() as session:
        found = Names(scopes(session, *NAMED[kind], only_announced=not is_staff), url="")
    answer = jsonify(items=[{"name": each} for each in found.suggest(request.args.get("q", ""))])
    answer.headers["Cache-Control"] = (
        "private, no-store" if is_staff else f"public, max-age={KEPT_S}"
    )
    answer.vary.add("Cookie")
    return answer


def _told(each: Suggestion) -> dict[str, str]:
    url = url_for(PAGES[each.kind], slug=each.slug)
    return {"title": each.title, "kind": _(CALLED[each.kind]), "url": url}
