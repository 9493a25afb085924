"""Staff: whether an organisation may take delivery kits, as its contract says."""

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms import kits, organisations
from lms.clock import now
from lms.web.guard import Audience, open_to
from lms.web.kit import read_session, see_other, transaction
from lms.web.signin import required_viewer

blueprint = Blueprint("staff_kits", __name__, url_prefix="/staff/organisations")


@blueprint.post("/<slug>/kits")
@open_to(Audience.STAFF)
def set_permit(slug: str) -> ResponseReturnValue:
    """Allow an organisation to take kits, or no more."""
    with read_session() as session:
        kept = organisations.find_organisation(session, slug)
    is_allowed, actor = request.form.get("allow") == "yes", required_viewer().public_id
    with transaction() as session:
        change = kits.allow if is_allowed else kits.forbid
        change(session, kept.id, actor=actor, now=now())
    said = (
        _("%(name)s may take delivery kits now.", name=kept.name)
        if is_allowed
        else _("%(name)s takes no more kits; links to those made open nothing.", name=kept.name)
    )
    flash(said, "done")
    return see_other("staff_organisations.organisation", slug=slug)
