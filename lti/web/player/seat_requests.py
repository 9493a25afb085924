"""Seat requests from a frame: one click joins the waitlist, or asks the organization's managers as well."""

from datetime import datetime
from typing import Final

from flask import redirect, url_for
from flask.typing import ResponseReturnValue
from limits import RateLimitItemPerDay
from sqlalchemy.orm import Session

from lms.core import clock
from lms.core.dates_and_time_zones import default_zone
from lms.core.errors import NotFound, TooMany
from lms.lti_facade.refusal_texts import Code, Told, tell
from lms.lti_facade.seats import join_waitlist, request_seat
from lms.web.core import rate_limits
from lms.web.core.private_page_headers_and_mail_links import links
from lms.web.core.request_context import read_session, transaction
from lms.web.core.route_guard import Audience, open_to
from lti.frames.sessions import Frame
from lti.web.core.framed_pages import framed_blueprint, this_frame
from lti.web.player.viewer_access import FrameViewer, NotInLibrary, find_viewer, may_ask

blueprint = framed_blueprint("framed_requests", __name__)

# One email per person and webinar, and a limit for whole classes.
BY_PERSON: Final = rate_limits.Limit(
    "frame_seat_requests", (RateLimitItemPerDay(1),), is_shared=True
)
BY_ORGANIZATION: Final = rate_limits.Limit(
    "organization_seat_requests", (RateLimitItemPerDay(20),), is_shared=True
)
SENT, KNOWN, TOO_MANY = "sent", "known", "too_many"


@blueprint.post("/ask", defaults={"slug": None})
@blueprint.post("/watch/<slug>/ask")
@open_to(Audience.FRAME)
def ask(secret: str, slug: str | None) -> ResponseReturnValue:
    """Request a seat for the webinar of the link, or for one of its series."""
    frame, now = this_frame(secret), clock.now()
    viewer, told = _turned_away(frame, slug, now)
    if not may_ask(viewer, told):
        raise NotFound
    outcome = _spend(f"{frame.login_id}:{viewer.playable.slug}", f"{frame.organization_id}")
    with transaction() as session:
        if told.may_wait:  # the waitlist shows managers who asked, until they have a seat
            join_waitlist(session, viewer.standing, now=now)
        if outcome == SENT:
            request_seat(
                session,
                viewer.standing,
                (viewer.series_to_get or viewer.playable).title,
                page=viewer.catalog_page,
                links=links(),
                now=now,
            )
    return _back(secret, slug, outcome)


@blueprint.post("/wait", defaults={"slug": None})
@blueprint.post("/watch/<slug>/wait")
@open_to(Audience.FRAME)
def wait(secret: str, slug: str | None) -> ResponseReturnValue:
    """Join the waitlist of the full seats for the webinar of the link, or for one of its series."""
    frame, now = this_frame(secret), clock.now()
    viewer, told = _turned_away(frame, slug, now)
    if told.may_wait:
        with transaction() as session:
            join_waitlist(session, viewer.standing, now=now)
    elif told.code is not Code.POOL_FULL_WAITLISTED:  # on a second click, they are already on it
        raise NotFound
    return _back(secret, slug, None)


def _turned_away(frame: Frame, slug: str | None, now: datetime) -> tuple[FrameViewer, Told]:
    """Return the frame's viewer, and why they have no access; raises NotFound if they have."""
    with read_session() as session:
        viewer = _find(session, frame, slug, now=now)
        if viewer.standing.may_begin(now):
            raise NotFound
        return viewer, tell(session, viewer.standing, zone=default_zone(), now=now)


def _back(secret: str, slug: str | None, outcome: str | None) -> ResponseReturnValue:
    onward = url_for("framed_watch.watch", secret=secret, slug=slug, asked=outcome)
    return redirect(onward, code=303)


def _find(session: Session, frame: Frame, slug: str | None, *, now: datetime) -> FrameViewer:
    try:
        return find_viewer(session, frame, slug, now=now)
    except NotInLibrary as absent:
        return absent.viewer


def _spend(person: str, organization: str) -> str:
    """Count a request; over the organization's limit, the person can try again tomorrow."""
    try:
        rate_limits.spend(BY_PERSON, person)
    except TooMany:
        return KNOWN
    try:
        rate_limits.spend(BY_ORGANIZATION, organization)
    except TooMany:
        rate_limits.forgive(BY_PERSON, person)
        return TOO_MANY
    return SENT
