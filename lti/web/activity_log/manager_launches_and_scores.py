"""Manager pages for launches and scores of an organization, and their outcomes."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from lms.core import clock
from lms.web.core.manager_area import reader_zone_of, render_in
from lms.web.core.request_context import read_session
from lms.web.core.route_guard import Audience, managed_organization, open_to
from lti.grades.stuck_scores_and_platforms_away import platforms_away, stuck_links
from lti.launches.launch_log import list_launches
from lti.registrations.registrations import list_registrations
from lti.web.activity_log.stuck_score_texts import away_rows, stuck_rows
from lti.web.launches.launch_log_texts import launch_rows

blueprint = Blueprint(
    "organization_launches", __name__, url_prefix="/organization/<organization_id>/lti"
)


@blueprint.get("/launches")
@open_to(Audience.MANAGERS, Audience.LMS_ADMINS)
def launches(organization_id: str) -> ResponseReturnValue:
    """Show the last launches of this organization, without names."""
    managed = managed_organization(organization_id)
    chosen, is_refused_only = request.args.get("system", ""), request.args.get("refused") == "yes"
    with read_session() as session:
        known = list_registrations(session, organization_id=managed.facts.id)
        lines = list_launches(
            session,
            organization_id=managed.facts.id,
            registration=chosen or None,
            refused_only=is_refused_only,
        )
    return render_in(
        managed,
        "lti/activity_log/manager_launches.html",
        rows=launch_rows(lines, reader_zone_of(managed).key),
        known=[(one.public_id, one.details.name) for one in known],
        chosen=chosen,
        is_refused_only=is_refused_only,
    )


@blueprint.get("/scores")
@open_to(Audience.MANAGERS, Audience.LMS_ADMINS)
def scores(organization_id: str) -> ResponseReturnValue:
    """Show the organization's unreachable LMSs, and which scores are delayed, since when and why."""
    managed, now = managed_organization(organization_id), clock.now()
    zone = reader_zone_of(managed).key
    with read_session() as session:
        away = platforms_away(session, organization_id=managed.facts.id)
        stuck = stuck_links(session, organization_id=managed.facts.id, now=now)
    return render_in(
        managed,
        "lti/activity_log/manager_scores.html",
        away=away_rows(away, zone),
        stuck=stuck_rows(stuck, zone),
    )
