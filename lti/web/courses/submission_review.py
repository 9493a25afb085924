"""Submission Review: one learner's progress in a course, to which a gradebook links from their score."""

from typing import Final

from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.core.errors import N_, NotFound
from lms.core.languages import use
from lms.web.core.request_context import read_session
from lms.web.core.route_guard import Audience, open_to
from lti.courses.instructor_view import Learner, find_learner, find_link, goes_by
from lti.models.courses import ScoreState
from lti.models.launches import FrameRole, Purpose
from lti.web.core.framed_pages import frame_page, framed_blueprint, this_frame

blueprint = framed_blueprint("framed_review", __name__)

SENT: Final = {
    ScoreState.QUEUED: N_("Pending"),
    ScoreState.DELIVERED: N_("Sent"),
    ScoreState.REFUSED: N_("Refused by your LMS"),
}
NOT_SENT: Final = N_("No score yet")


@blueprint.get("/review")
@open_to(Audience.FRAME)
def review(secret: str) -> ResponseReturnValue:
    """Show one learner's progress: any learner's to instructors, in English, and their own to learners."""
    frame = this_frame(secret)
    is_instructor = frame.role is FrameRole.INSTRUCTOR
    wanted = frame.services.get("for_user")
    if frame.purpose is not Purpose.REVIEW or not isinstance(wanted, str):
        raise NotFound
    with read_session() as session:
        link = find_link(session, frame.link_id)
        if not is_instructor and not goes_by(session, frame.identity_id, wanted):
            raise NotFound
        learner = find_learner(session, frame.link_id, wanted)
    if is_instructor:
        use(None)
    return frame_page(
        frame,
        "lti/courses/submission_review.html",
        link=link,
        learner=learner,
        name=say_name(learner),
        sent=say_sent(learner),
        is_instructor=is_instructor,
    )


def say_name(learner: Learner) -> str:
    """Return a learner's name, or what stands in its place."""
    return learner.name or _("Unnamed learner")


def say_sent(learner: Learner) -> str:
    """Return where a learner's score is."""
    return _(SENT.get(learner.state, NOT_SENT)) if learner.state else _(NOT_SENT)
