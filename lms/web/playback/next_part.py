"""What the player offers when a recording ends: the next webinar of its series."""

from typing import Final

from flask import Blueprint, jsonify, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from lms.access.decision_facts import load_case
from lms.access.policy import Action, Admitted, decide
from lms.catalog.series_order import read_next_part
from lms.core import clock
from lms.core.errors import N_, NotFound
from lms.playback.watch_page import webinar_id_of
from lms.web.core.current_user import Viewer, viewer
from lms.web.core.order_browser import required_watcher
from lms.web.core.request_context import read_session
from lms.web.core.route_guard import Audience, open_to

blueprint = Blueprint("next_part", __name__)

ABOUT: Final = N_("About this webinar")


@blueprint.get("/webinars/<slug>/watch/next")
@open_to(Audience.SIGNED_IN, Audience.BUYERS)
def show(slug: str) -> ResponseReturnValue:
    """Return the next webinar and where it leads, for the player's script; nothing after the last one."""
    with read_session() as session:
        webinar_id = webinar_id_of(session, slug, with_drafts=False)
        person = required_watcher(session, webinar_id)
        if not _may_watch(session, person, webinar_id):
            raise NotFound
        part = read_next_part(session, webinar_id)
        if part is None:
            return jsonify({})
        # an order's browser shows nothing but what that order bought (S15)
        is_open = viewer() is not None and _may_watch(session, person, part.webinar_id)
    return jsonify(
        text=_("Next in %(series)s: %(title)s", series=part.series, title=part.title),
        label=_("Watch next") if is_open else _(ABOUT),
        url=url_for("watch.watch" if is_open else "catalog.webinar", slug=part.slug),
    )


def _may_watch(session: Session, person: Viewer, webinar_id: int) -> bool:
    case = load_case(session, login_id=person.login_id, webinar_id=webinar_id)
    return isinstance(decide(case.login, case.webinar, Action.RECORDING, clock.now()), Admitted)
