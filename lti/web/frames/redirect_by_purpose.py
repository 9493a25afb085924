"""The first page of a framed session: redirects by its purpose and the person's role."""

from typing import Final

from flask import redirect
from flask.typing import ResponseReturnValue

from lms.web.core.route_guard import Audience, open_to
from lti.models.launches import FrameRole, Purpose
from lti.web.core.framed_pages import frame_page, framed_blueprint, this_frame
from lti.web.courses.instructor import course_page
from lti.web.player.watch_page import watch_page

blueprint = framed_blueprint("framed", __name__)

# Paths after the secret: the picker, one learner's review, and the privacy page.
ROOMS: Final = {Purpose.PICK: "pick", Purpose.REVIEW: "review", Purpose.PRIVACY: "privacy"}


@blueprint.get("/")
@open_to(Audience.FRAME)
def home(secret: str) -> ResponseReturnValue:
    """Show the page for the session's purpose and role."""
    frame = this_frame(secret)
    if frame.asks_who:
        return redirect(f"/lti/s/{secret}/who", code=303)
    if frame.purpose in ROOMS:
        return redirect(f"/lti/s/{secret}/{ROOMS[frame.purpose]}", code=303)
    if frame.target is None:
        is_instructor = frame.role is FrameRole.INSTRUCTOR
        return frame_page(frame, "lti/frames/nothing_chosen.html", is_instructor=is_instructor)
    if frame.role is FrameRole.INSTRUCTOR and frame.link_id is not None:
        return course_page(frame, secret)
    return watch_page(frame, secret, None)
