"""An organisation's launches, and its scores on their way: what came of each, in plain words."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from lms.clock import now
from lms.web.guard import Audience, open_to
from lms.web.kit import read_session
from lms.web.organisation.area import managed_organisation, render_in, zone_of
from lti.launch_log import list_launches
from lti.registrations import list_registrations
from lti.stuck import platforms_away, stuck_links
from lti.web.launch_words import launch_rows
from lti.web.score_words import away_rows, stuck_rows

blueprint = Blueprint(
    "organisation_launches", __name__, url_prefix="/organisation/<organisation_id>/lti"
)


@blueprint.get("/launches")
@open_to(Audience.MANAGERS)
def launches(organisation_id: str) -> ResponseReturnValue:
    """Show the last launches of this organisation, without names."""
    managed = managed_organisation(organisation_id)
    chosen, is_refused_only = request.args.get("system", ""), request.args.get("refused") == "yes"
    with read_session() as session:
        known = list_registrations(session, organisation_id=managed.facts.id)
        lines = list_launches(
            session,
            organisation_id=managed.facts.id,
            registration=chosen or None,
            refused_only=is_refused_only,
        )
    return render_in(
        managed,
        "lti/own_launches.html",
        rows=launch_rows(lines, zone_of(managed).key),
        known=[(one.public_id, one.details.name) for one in known],
        chosen=chosen,
        is_refused_only=is_refused_only,
    )


@blueprint.get("/scores")
@open_to(Audience.MANAGERS)
def scores(organisation_id: str) -> ResponseReturnValue:
    """Show which of its learning systems don't answer, and which scores wait since when and why."""
    managed, moment = managed_organisation(organisation_id), now()
    zone = zone_of(managed).key
    with read_session() as session:
        away = platforms_away(session, organisation_id=managed.facts.id)
        stuck = stuck_links(session, organisation_id=managed.facts.id, now=moment)
    return render_in(
        managed,
        "lti/own_scores.html",
        away=away_rows(away, zone),
        stuck=stuck_rows(stuck, zone),
    )
