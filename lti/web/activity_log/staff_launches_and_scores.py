"""Staff pages for launches and scores of every platform, and their outcomes."""

from typing import Any

from flask import Blueprint, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.core import clock
from lms.core.errors import Conflict, NotFound
from lms.lti_facade.organizations import customers, find_organization
from lms.web.access.access_panel_and_reader_times import reading_zone
from lms.web.core.current_user import acting
from lms.web.core.form_errors import flashed
from lms.web.core.request_context import read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to
from lti.courses.manager_view import send_link_again
from lti.grades.stuck_scores_and_platforms_away import platforms_away, stuck_links
from lti.launches.launch_log import list_launches
from lti.registrations.registrations import ask_now, find_registration, list_registrations
from lti.web.activity_log.stuck_score_texts import away_rows, stuck_rows
from lti.web.courses.manager import sent_again
from lti.web.launches.launch_log_texts import launch_rows, refusal_codes

blueprint = Blueprint("staff_traffic", __name__, url_prefix="/staff/lti")

MOST = 200


@blueprint.get("/log")
@open_to(Audience.STAFF)
def log() -> ResponseReturnValue:
    """Show recent launches, filtered."""
    asked = {name: request.args.get(name, "").strip() for name in ("registration", "whose", "code")}
    is_refused_only = request.args.get("refused") == "yes"
    with read_session() as session:
        known = list_registrations(session)
        owner, is_nobodys = None, False
        if asked["whose"]:
            try:
                owner = find_organization(session, asked["whose"]).id
            except NotFound:
                is_nobodys = True
        lines = list_launches(
            session,
            organization_id=owner,
            registration=asked["registration"] or None,
            refused_only=is_refused_only,
            code=asked["code"] or None,
            most=MOST,
        )
    names = {one.public_id: one.details.name for one in known}
    codes = dict(refusal_codes())
    return render(
        "lti/activity_log/staff_launches.html",
        rows=[] if is_nobodys else launch_rows(lines, reading_zone().key),
        known=names.items(),
        codes=codes.items(),
        asked=asked,
        is_refused_only=is_refused_only,
        is_nobodys=is_nobodys,
        filters=_chips(asked, names, codes, is_refused_only=is_refused_only),
    )


@blueprint.get("/scores")
@open_to(Audience.STAFF)
def scores() -> ResponseReturnValue:
    """Show unreachable LMSs, and which scores are delayed, since when and why."""
    now, zone = clock.now(), reading_zone().key
    with read_session() as session:
        away = platforms_away(session)
        stuck = stuck_links(session, now=now)
        owners = customers(
            session, {one.organization_id for one in stuck if one.organization_id is not None}
        )
    return render(
        "lti/activity_log/staff_scores.html",
        away=away_rows(away, zone),
        stuck=stuck_rows(stuck, zone),
        owners=owners,
    )


@blueprint.post("/links/<link_id>/send")
@open_to(Audience.STAFF)
def send(link_id: str) -> ResponseReturnValue:
    """Resend all scores of a link."""
    with flashed(Conflict):
        with transaction() as session:
            number = send_link_again(session, None, link_id, **acting())
        flash(sent_again(number), "done")
    return see_other(".scores")


@blueprint.post("/<registration_id>/ask")
@open_to(Audience.STAFF)
def ask(registration_id: str) -> ResponseReturnValue:
    """Retry an unreachable platform at once."""
    with transaction() as session:
        found = find_registration(session, registration_id)
        ask_now(session, found.id, now=clock.now())
    flash(_("Retrying %(name)s now.", name=found.details.name), "done")
    return see_other(".scores")


def _chips(
    asked: dict[str, str],
    names: dict[str, str],
    codes: dict[str, str],
    *,
    is_refused_only: bool,
) -> list[tuple[str, str]]:
    given: dict[str, Any] = {name: value for name, value in asked.items() if value}
    if is_refused_only:
        given["refused"] = "yes"
    said = {
        "registration": names.get(asked["registration"], asked["registration"]),
        "whose": asked["whose"],
        "code": codes.get(asked["code"], asked["code"]),
        "refused": _("Refused only"),
    }
    return [
        (said[name], url_for(".log", **{other: given[other] for other in given if other != name}))
        for name in given
    ]
