"""The LTI data privacy launch: download or erase a person's data inside the platform."""

from datetime import datetime
from http import HTTPStatus

from flask import Response, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from lms.cli.output import as_text
from lms.component import hooks_for
from lms.core import clock
from lms.core.errors import N_, Invalid, NotFound
from lms.lti_facade.dates import say_day_of
from lms.lti_facade.learner_erasure_and_export import (
    PersonalData,
    erase_learner,
    is_linked,
    note_export,
    read_personal_data,
)
from lms.web.core.private_page_headers_and_mail_links import links
from lms.web.core.request_context import carrel, components, read_session, transaction
from lms.web.core.route_guard import Audience, open_to
from lti.frames.sessions import Frame
from lti.models.launches import Purpose
from lti.web.core.framed_pages import frame_page, framed_blueprint, this_frame

blueprint = framed_blueprint("framed_privacy", __name__)

SAY_YES = N_("To delete your data, select the checkbox.")


@blueprint.get("/privacy")
@open_to(Audience.FRAME)
def privacy(secret: str) -> ResponseReturnValue:
    """Show the data stored about the person, and what they can do about it."""
    frame, login_id = _asking(secret)
    return _page(frame, login_id, secret=secret)


@blueprint.get("/privacy/export.json")
@open_to(Audience.FRAME)
def export(secret: str) -> ResponseReturnValue:
    """Return all stored data as a file."""
    _, login_id = _asking(secret)
    now = clock.now()
    with transaction() as session:
        kept = _kept(session, login_id, now)
        note_export(session, login_id, now=now)
    return Response(
        as_text(kept),
        mimetype="application/json",
        headers={
            "Content-Disposition": 'attachment; filename="my-data.json"',
            "Cache-Control": "no-store",
        },
    )


@blueprint.post("/privacy/erase")
@open_to(Audience.FRAME)
def erase(secret: str) -> ResponseReturnValue:
    """Erase the person's data once they have confirmed; this also ends the session."""
    frame, login_id = _asking(secret)
    if request.form.get("confirm") != "yes":
        page = _page(frame, login_id, secret=secret, fault=SAY_YES)
        page.status_code = HTTPStatus.BAD_REQUEST
        return page
    with transaction() as session:
        erase_learner(
            session,
            login_id,
            hooks=hooks_for(components(), "on_erase"),
            links=links(),
            now=clock.now(),
        )
    return frame_page(frame, "lti/people/privacy_erased.html")


def _asking(secret: str) -> tuple[Frame, int]:
    """Return the session and its login; raises NotFound, and Invalid for anonymous users."""
    frame = this_frame(secret)
    if frame.purpose is not Purpose.PRIVACY:
        raise NotFound
    if frame.login_id is None:
        raise Invalid(N_("Your LMS didn't tell us who you are, so we have no data about you."))
    return frame, frame.login_id


def _kept(session: Session, login_id: int, at: datetime) -> PersonalData:
    """Return the data stored about the LMS person.

    It includes nothing about an account they linked: an LMS administrator can act as anyone in the LMS.
    The account's own export covers both.
    """
    return read_personal_data(session, login_id, hooks=hooks_for(components(), "on_export"), now=at)


def _page(frame: Frame, login_id: int, *, secret: str, fault: str | None = None) -> Response:
    now = clock.now()
    with read_session() as session:
        kept = _kept(session, login_id, now)
        linked = is_linked(session, login_id)
    return frame_page(
        frame,
        "lti/people/privacy_launch.html",
        secret=secret,
        kept=kept,
        since=say_day_of(kept.since, carrel().settings.time_zone),
        is_linked=linked,
        fault=fault,
    )
