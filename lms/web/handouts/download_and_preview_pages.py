"""Handout download and preview pages: access is checked on each request, and files keep their names."""

from typing import Final

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue

from lms.access.decision_facts import load_case
from lms.access.policy import Action, Turned, decide, is_hidden
from lms.core.clock import now
from lms.core.errors import Forbidden, NotFound
from lms.handouts.pages import large_key, read_leaves, small_key
from lms.handouts.stamp_text import stamped_for
from lms.playback.watch_page import HandoutFile, find_handout, read_playable
from lms.web.access.access_panel_and_reader_times import sentence_of
from lms.web.core.current_user import Viewer
from lms.web.core.order_browser import required_watcher
from lms.web.core.request_context import read_session, render
from lms.web.core.route_guard import Audience, open_to
from lms.web.core.stored_file_responses import send_stored
from lms.web.handouts.file_response import send_handout
from lms.web.handouts.page_preview_content import Ways, preview_of

blueprint = Blueprint("handouts", __name__)

JPEG: Final = "image/jpeg"
PAGE: Final = "/handouts/<public_id>/pages/<int:number>"
WAYS: Final = Ways("handouts.page", "handouts.page_picture", "handouts.download")


@blueprint.get("/handouts/<public_id>")
@open_to(Audience.SIGNED_IN, Audience.BUYERS)
def download(public_id: str) -> ResponseReturnValue:
    handout, person = _admitted(public_id)
    with read_session() as session:
        name = stamped_for(session, login_id=person.login_id, organization_id=None)
    # Staff get the original file.
    return send_handout(handout, name="" if person.is_staff else name)


@blueprint.get("/handouts/<public_id>/first-page.jpg")
@open_to(Audience.SIGNED_IN, Audience.BUYERS)
def first_page(public_id: str) -> ResponseReturnValue:
    return send_stored(_admitted(public_id)[0].preview_key, JPEG)


@blueprint.get(PAGE)
@open_to(Audience.SIGNED_IN, Audience.BUYERS)
def page(public_id: str, number: int) -> ResponseReturnValue:
    """Show one page of a handout."""
    _handout, person = _admitted(public_id)
    with read_session() as session:
        leaves = read_leaves(session, public_id)
        title = read_playable(session, leaves.slug).title
    back = url_for("watch.watch", slug=leaves.slug, preview=1 if person.is_staff else None)
    preview = preview_of(leaves, number, WAYS, back_url=back)
    return render("handouts/page_preview.html", preview=preview, webinar_title=title)


@blueprint.get(f"{PAGE}/large.jpg", defaults={"size": "large"})
@blueprint.get(f"{PAGE}/small.jpg", defaults={"size": "small"})
@open_to(Audience.SIGNED_IN, Audience.BUYERS)
def page_picture(public_id: str, number: int, size: str) -> ResponseReturnValue:
    """Send the picture of a page."""
    _admitted(public_id)
    key = large_key(public_id, number) if size == "large" else small_key(public_id, number)
    return send_stored(key, JPEG)


def _admitted(public_id: str) -> tuple[HandoutFile, Viewer]:
    """Return the handout and this person if they can have it now; raises NotFound, Forbidden."""
    with read_session() as session:
        handout = find_handout(session, public_id)
        person = required_watcher(session, handout.webinar_id)
        case = load_case(session, login_id=person.login_id, webinar_id=handout.webinar_id)
    decision = decide(case.login, case.webinar, Action.HANDOUT, now())
    if is_hidden(case.webinar, decision) and not person.is_staff:
        raise NotFound
    if isinstance(decision, Turned) and not person.is_staff:
        raise Forbidden(sentence_of(decision, case.webinar), code=decision.code)
    return handout, person
