"""Manager pages for an organization's courses: links, scores, rosters, and seats to release."""

from typing import Final

from flask import Blueprint, flash, jsonify, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from lms.core.clock import now
from lms.core.errors import N_, Conflict, Invalid, NotFound
from lms.lti_facade.dates import say_time_of
from lms.web.core.current_user import acting, required_viewer
from lms.web.core.form_errors import flashed
from lms.web.core.manager_area import reader_zone_of, render_in
from lms.web.core.private_page_headers_and_mail_links import links
from lms.web.core.request_context import read_session, see_other, transaction, wants_json
from lms.web.core.route_guard import Audience, managed_organization, open_to
from lti.courses.manager_view import (
    find_own_course,
    find_own_link,
    list_own_courses,
    send_link_again,
    set_own_rule,
)
from lti.rosters.jobs import ask_for_roster
from lti.rosters.roster_sync_and_seat_release import (
    confirm_releases,
    dismiss_releases,
    who_would_go,
)
from lti.web.courses.grading_rule_form import EnteredRule, read_rule, refused_rule
from lti.web.courses.roster_texts import roster_words

blueprint = Blueprint(
    "organization_courses", __name__, url_prefix="/organization/<organization_id>/lti"
)

REJECTED: Final = 400
LEFT: Final = N_("They were removed from the roster.")
SWITCHED_OFF: Final = N_("This LMS is turned off, so its rosters aren't updated.")


@blueprint.get("/courses")
@open_to(Audience.MANAGERS)
def courses(organization_id: str) -> ResponseReturnValue:
    """List the organization's courses and the status of their rosters."""
    managed = managed_organization(organization_id)
    zone = reader_zone_of(managed).key
    with read_session() as session:
        found = list_own_courses(session, managed.facts.id)
    return render_in(
        managed,
        "lti/courses/manager.html",
        courses=[
            (
                one,
                say_time_of(one.seen_at, zone),
                one.synced_at and say_time_of(one.synced_at, zone),
            )
            for one in found
        ],
    )


@blueprint.get("/courses/<course_id>")
@open_to(Audience.MANAGERS)
def course(organization_id: str, course_id: str) -> ResponseReturnValue:
    """Show a course: its links, their rules and scores, and its roster."""
    if not wants_json():
        return _course_page(organization_id, course_id)
    managed = managed_organization(organization_id)
    with read_session() as session:
        found = find_own_course(session, managed.facts.id, course_id)
        said = roster_words(session, found.roster, reader_zone_of(managed).key)
    return jsonify(state=said.state, is_live=said.is_live, percent=None, note="", amount=None)


@blueprint.post("/courses/<course_id>/roster")
@open_to(Audience.MANAGERS)
def roster(organization_id: str, course_id: str) -> ResponseReturnValue:
    """Queue a sync of the roster."""
    managed = managed_organization(organization_id)
    with read_session() as session:
        find_own_course(session, managed.facts.id, course_id)
    try:
        with transaction() as session:
            ask_for_roster(session, course_id, now=now())
    except Conflict as refusal:
        flash(_(refusal.message), "attention")
    except NotFound:
        flash(_(SWITCHED_OFF), "attention")
    return see_other(".course", organization_id=organization_id, course_id=course_id)


@blueprint.get("/courses/<course_id>/releases")
@open_to(Audience.MANAGERS)
def releases(organization_id: str, course_id: str) -> ResponseReturnValue:
    """Show whose seats would be released, and ask for a decision."""
    managed = managed_organization(organization_id)
    try:
        with read_session() as session:
            found = find_own_course(session, managed.facts.id, course_id)
            held = who_would_go(session, course_id)
    except Conflict:  # decided meanwhile
        return see_other(".course", organization_id=organization_id, course_id=course_id)
    return render_in(managed, "lti/courses/manager_seat_releases.html", course=found, held=held)


@blueprint.post("/courses/<course_id>/releases")
@open_to(Audience.MANAGERS)
def decide_releases(organization_id: str, course_id: str) -> ResponseReturnValue:
    """Release the seats, or keep everyone."""
    managed, actor = managed_organization(organization_id), required_viewer().public_id
    with read_session() as session:
        find_own_course(session, managed.facts.id, course_id)
    wanted = request.form.get("decision", "")
    if wanted not in ("go", "keep"):
        raise Invalid(_("Choose whether to release or keep the seats."))
    given = 0
    with flashed(Conflict):
        with transaction() as session:
            if wanted == "go":
                given = confirm_releases(session, course_id, links=links(), actor=actor, now=now())
            else:
                dismiss_releases(session, course_id, actor=actor, now=now())
        gone = _(LEFT)
        if given:
            gone = ngettext("%(num)s seat was released.", "%(num)s seats were released.", given)
        flash(gone if wanted == "go" else _("Everyone keeps their seat."), "done")
    return see_other(".course", organization_id=organization_id, course_id=course_id)


@blueprint.post("/links/<link_id>/rule")
@open_to(Audience.MANAGERS)
def rule(organization_id: str, link_id: str) -> ResponseReturnValue:
    """Change the rule of a link."""
    managed = managed_organization(organization_id)
    with read_session() as session:
        course_id = find_own_link(session, managed.facts.id, link_id)
    try:
        chosen, threshold = read_rule(request.form)
        with transaction() as session:
            set_own_rule(session, managed.facts.id, link_id, chosen, threshold, **acting())
    except Invalid as refusal:
        entered = refused_rule(link_id, request.form, refusal)
        return _course_page(organization_id, course_id, entered), REJECTED
    flash(_("Rule saved. Scores already in the gradebook won't go down."), "done")
    return see_other(".course", organization_id=organization_id, course_id=course_id)


@blueprint.post("/links/<link_id>/send")
@open_to(Audience.MANAGERS, Audience.LMS_ADMINS)
def send(organization_id: str, link_id: str) -> ResponseReturnValue:
    """Resend all scores of a link."""
    managed = managed_organization(organization_id)
    with read_session() as session:
        course_id = find_own_link(session, managed.facts.id, link_id)
    with flashed(Conflict):
        with transaction() as session:
            number = send_link_again(session, managed.facts.id, link_id, **acting())
        flash(sent_again(number), "done")
    if request.form.get("from") == "scores":
        return see_other("organization_launches.scores", organization_id=organization_id)
    return see_other(".course", organization_id=organization_id, course_id=course_id)


def sent_again(number: int) -> str:
    """Return a message that scores are being sent again."""
    return ngettext(
        "Resending %(num)s score. It arrives within a minute if the LMS responds.",
        "Resending %(num)s scores. They arrive within a minute if the LMS responds.",
        number,
    )


def _course_page(organization_id: str, course_id: str, entered: EnteredRule | None = None) -> str:
    managed = managed_organization(organization_id)
    with read_session() as session:
        found = find_own_course(session, managed.facts.id, course_id)
        said = roster_words(session, found.roster, reader_zone_of(managed).key)
    return render_in(
        managed, "lti/courses/manager_course.html", course=found, roster=said, entered=entered
    )
