"""Instructor pages for a link: learners' progress, scores, the grading rule, and the roster."""

from typing import Final

from flask import Response, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from lms.core.clock import now
from lms.core.errors import N_, Conflict, Invalid, NotFound
from lms.core.languages import use
from lms.lti_facade.learner_logins import outside_id
from lms.web.core.csv_downloads import csv_answer
from lms.web.core.pagination import page_number, pager_of
from lms.web.core.request_context import carrel, read_session, transaction
from lms.web.core.route_guard import Audience, open_to
from lti.courses.instructor_view import choose_learners, find_link
from lti.courses.manager_view import send_link_again
from lti.frames.sessions import Frame
from lti.grades.scores import set_rule
from lti.models.launches import FrameRole
from lti.rosters.jobs import ask_for_roster
from lti.web.core.framed_pages import frame_page, framed_blueprint, this_frame
from lti.web.courses.grading_rule_form import EnteredRule, read_rule, refused_rule
from lti.web.courses.learner_table_filters import PAGE_SIZE, TableState
from lti.web.courses.roster_texts import roster_words
from lti.web.courses.submission_review import say_name, say_sent
from lti.web.player.viewer_access import find_viewer, series_of

blueprint = framed_blueprint("framed_course", __name__)

PERCENT: Final = 100
DONE: Final = {
    "rule": N_("Rule saved. Scores already in the gradebook won't go down."),
    "sent": N_("Sending the scores again."),
    "nothing": N_("There are no scores to send yet."),
    "roster": N_("Updating the roster."),
}
REJECTED: Final = 400


@blueprint.get("/people.csv")
@open_to(Audience.FRAME)
def people_csv(secret: str) -> ResponseReturnValue:
    """Return the table as a CSV file."""
    frame = _instructors(secret)
    wanted = TableState.asked(secret).wanted
    with read_session() as session:
        link = find_link(session, frame.link_id)
    headings = (_("Name"), _("Watched %"), _("Completed"), _("Gradebook %"), _("Gradebook"))
    rows = (
        (
            say_name(each),
            0 if each.share is None else int(each.share * PERCENT),
            _("Yes") if each.is_complete else _("No"),
            int(each.given * PERCENT),
            say_sent(each),
        )
        for each in choose_learners(link.learners, wanted)
    )
    return csv_answer(headings, rows, "learners")


@blueprint.post("/rule")
@open_to(Audience.FRAME)
def rule(secret: str) -> ResponseReturnValue:
    """Change the rule of the link."""
    frame = _instructors(secret)
    try:
        chosen, threshold = read_rule(request.form)
        with transaction() as session:
            link = find_link(session, frame.link_id)
            actor = outside_id(session, frame.login_id)
            set_rule(session, link.public_id, chosen, threshold, actor=actor, now=now())
    except Invalid as refusal:
        page = course_page(frame, secret, refused_rule("", request.form, refusal))
        page.status_code = REJECTED
        return page
    return _back(secret, "rule")


@blueprint.post("/scores")
@open_to(Audience.FRAME)
def send(secret: str) -> ResponseReturnValue:
    """Resend all scores of the link."""
    frame = _instructors(secret)
    try:
        with transaction() as session:
            link = find_link(session, frame.link_id)
            actor = outside_id(session, frame.login_id)
            send_link_again(session, frame.organization_id, link.public_id, actor=actor, now=now())
    except Conflict:
        return _back(secret, "nothing")
    return _back(secret, "sent")


@blueprint.get("/roster")
@open_to(Audience.FRAME)
def roster_state(secret: str) -> ResponseReturnValue:
    """Return, for a script, whether the roster is still being read."""
    frame = _instructors(secret)
    with read_session() as session:
        link = find_link(session, frame.link_id)
        said = roster_words(session, link.roster, carrel().settings.time_zone)
    return jsonify(state=said.state, is_live=said.is_live, percent=None, note="", amount=None)


@blueprint.post("/roster")
@open_to(Audience.FRAME)
def roster(secret: str) -> ResponseReturnValue:
    """Queue a sync of the course's roster."""
    frame = _instructors(secret)
    try:
        with transaction() as session:
            link = find_link(session, frame.link_id)
            ask_for_roster(session, link.roster.course_id, now=now())
    except Conflict:  # the platform offers no roster, as the page says
        return _back(secret, "")
    return _back(secret, "roster")


def course_page(frame: Frame, secret: str, entered: EnteredRule | None = None) -> Response:
    """Return a page of a link's learners; `entered` is a rejected rule."""
    use(None)  # English, as all pages of instructors, though its address has learners' pages too
    state, number = TableState.asked(secret), page_number()
    with read_session() as session:
        link = find_link(session, frame.link_id)
        roster_said = roster_words(session, link.roster, carrel().settings.time_zone)
        is_absent = _is_absent(session, frame)
    found = choose_learners(link.learners, state.wanted)
    shown = found[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
    done = request.args.get("done", "")
    return frame_page(
        frame,
        "lti/courses/instructor.html",
        link=link,
        is_absent=is_absent,
        rows=[(each, say_name(each), say_sent(each)) for each in shown],
        total=len(found),
        state=state,
        pager=pager_of(number, PAGE_SIZE, len(found), url=lambda page: state.url(page=page)),
        secret=secret,
        roster=roster_said,
        entered=entered,
        done=_(DONE[done]) if done in DONE else "",
    )


def _is_absent(session: Session, frame: Frame) -> bool:
    """Return whether no one in the course can watch because the organization has no access."""
    target = frame.target
    if target is None:
        return False
    try:
        if target.webinar is None:
            series_of(session, frame, now=now())
        else:
            find_viewer(session, frame, None, now=now())
    except NotFound:
        return True
    return False


def _instructors(secret: str) -> Frame:
    frame = this_frame(secret)
    if frame.role is not FrameRole.INSTRUCTOR:
        raise NotFound
    return frame


def _back(secret: str, done: str) -> ResponseReturnValue:
    return redirect(url_for("framed.home", secret=secret, done=done or None), code=303)
