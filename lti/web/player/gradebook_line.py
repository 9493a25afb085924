"""The gradebook line under a recording: whether the learner's score has arrived."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from lms.core.errors import N_, or_not_found
from lms.lti_facade.dates import say_time_of
from lms.web.core.request_context import carrel, read_session
from lms.web.core.route_guard import Audience, open_to
from lti.frames.sessions import Frame
from lti.grades.score_outbox import GradebookStatus, gradebook_status
from lti.models.courses import ScoreState
from lti.models.launches import FrameRole, Purpose
from lti.web.core.framed_pages import framed_blueprint, this_frame

blueprint = framed_blueprint("framed_gradebook", __name__)
YOUR_LMS: Final = N_("your LMS")
PERCENTAGE: Final = N_("Your score is the percentage that you watch.")


@dataclass(frozen=True, slots=True)
class GradebookLine:
    """The gradebook status shown to a learner; `sent_when` is `sent_at` in our own zone, for browsers without scripts.

    `url` returns the line alone, updated.
    """

    state: ScoreState
    sentence: str
    sent_at: datetime | None
    sent_when: str
    url: str


@blueprint.get("/gradebook")
@open_to(Audience.FRAME)
def show(secret: str) -> ResponseReturnValue:
    """Show the line alone."""
    frame = this_frame(secret)
    with read_session() as session:
        line = read_line(session, frame, secret)
    return render_template("lti/player/gradebook.html", gradebook=or_not_found(line))


def read_line(session: Session, frame: Frame, secret: str) -> GradebookLine | None:
    """Return the line for a frame's learner; None if nothing of theirs is reported."""
    is_learner = frame.role is FrameRole.LEARNER and not frame.is_test_user
    if frame.purpose is not Purpose.WATCH or not is_learner:
        return None
    status = gradebook_status(session, frame.link_id, frame.identity_id)
    if status is None:
        return None
    sent_at = status.sent_at if status.state is ScoreState.DELIVERED else None
    return GradebookLine(
        state=status.state,
        sentence=_sentence(status),
        sent_at=sent_at,
        sent_when=say_time_of(sent_at, carrel().settings.time_zone) if sent_at else "",
        url=url_for("framed_gradebook.show", secret=secret),
    )


def _sentence(status: GradebookStatus) -> str:
    system = status.product or _(YOUR_LMS)
    if status.state is ScoreState.DELIVERED:
        return _("Sent to the gradebook")
    if status.state is ScoreState.QUEUED:
        return _("Your score is ready. Waiting for %(system)s.", system=system)
    if status.state is ScoreState.REFUSED:
        return _(
            "Your score couldn't be added to the gradebook in %(system)s. Tell your instructor, who "
            "can see why.",
            system=system,
        )
    if status.threshold is None:
        return _(PERCENTAGE)
    return _(
        "Watch %(threshold)s%% to get your score in the gradebook.", threshold=status.threshold
    )
