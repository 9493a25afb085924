"""Handout pages in a frame without a cookie; access is checked each time."""

from dataclasses import replace
from typing import Final

from flask import url_for
from flask.typing import ResponseReturnValue

from lms.core import clock
from lms.core.dates_and_time_zones import default_zone
from lms.core.errors import Forbidden
from lms.lti_facade.link_content import (
    HandoutFile,
    Leaves,
    find_handout,
    large_key,
    read_leaves,
    small_key,
    stamped_for,
)
from lms.lti_facade.refusal_texts import tell_handout
from lms.web.access.access_panel_and_reader_times import said
from lms.web.core.request_context import read_session
from lms.web.core.route_guard import Audience, open_to
from lms.web.core.stored_file_responses import send_stored
from lms.web.handouts.file_response import send_handout
from lms.web.handouts.page_preview_content import Ways, preview_of
from lti.frames.sessions import Frame
from lti.web.core.framed_pages import frame_page, framed_blueprint, this_frame
from lti.web.player.viewer_access import find_viewer_of

blueprint = framed_blueprint("framed_handouts", __name__)

JPEG: Final = "image/jpeg"
PAGE: Final = "/handouts/<public_id>/pages/<int:number>"


@blueprint.get("/handouts/<public_id>")
@open_to(Audience.FRAME)
def download(secret: str, public_id: str) -> ResponseReturnValue:
    """Send a handout as a download."""
    handout, frame = _admitted(secret, public_id), this_frame(secret)
    with read_session() as session:
        name = stamped_for(session, login_id=frame.login_id, organization_id=frame.organization_id)
    return send_handout(handout, name=name)


@blueprint.get("/handouts/<public_id>/first-page.jpg")
@open_to(Audience.FRAME)
def first_page(secret: str, public_id: str) -> ResponseReturnValue:
    """Send the image of a handout's first page."""
    return send_stored(_admitted(secret, public_id).preview_key, JPEG)


@blueprint.get(PAGE)
@open_to(Audience.FRAME)
def page(secret: str, public_id: str, number: int) -> ResponseReturnValue:
    """Show a handout at a page."""
    _admitted(secret, public_id)
    frame = this_frame(secret)
    with read_session() as session:
        leaves = read_leaves(session, public_id)
    ways = Ways(
        "framed_handouts.page",
        "framed_handouts.page_picture",
        "framed_handouts.download",
        {"secret": secret},
    )
    is_series = frame.target is not None and frame.target.webinar is None
    part = leaves.slug if is_series else None
    back = url_for("framed_watch.watch", secret=secret, slug=part)
    preview = preview_of(_within(leaves, frame), number, ways, back_url=back)
    return frame_page(frame, "lti/player/handout.html", preview=preview)


@blueprint.get(f"{PAGE}/large.jpg", defaults={"size": "large"})
@blueprint.get(f"{PAGE}/small.jpg", defaults={"size": "small"})
@open_to(Audience.FRAME)
def page_picture(secret: str, public_id: str, number: int, size: str) -> ResponseReturnValue:
    """Send the image of a page."""
    _admitted(secret, public_id)
    key = large_key(public_id, number) if size == "large" else small_key(public_id, number)
    return send_stored(key, JPEG)


def _admitted(secret: str, public_id: str) -> HandoutFile:
    """Return a handout of the link's content, if this person has access to it now."""
    frame, now = this_frame(secret), clock.now()
    with read_session() as session:
        handout = find_handout(session, public_id)
        viewer = find_viewer_of(session, frame, handout.webinar_id, now=now)
        if not viewer.standing.may_have_handouts(now):
            told = tell_handout(session, viewer.standing, zone=default_zone(), now=now)
            raise Forbidden(said(told.sentence), code=told.code)
    return handout


def _within(leaves: Leaves, frame: Frame) -> Leaves:
    """Remove times outside of the link's clip."""
    target = frame.target
    if target is None or (target.starts_s is None and target.ends_s is None):
        return leaves
    first = target.starts_s or 0
    last = float("inf") if target.ends_s is None else target.ends_s
    pages = tuple(
        page
        if page.starts_s is not None and first <= page.starts_s < last
        else replace(page, starts_s=None)
        for page in leaves.pages
    )
    return replace(leaves, pages=pages)
