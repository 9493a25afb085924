"""Staff permit for an organization to get delivery kits: granted or withdrawn."""

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.core.clock import now
from lms.kits import delivery_kits
from lms.organizations import organizations
from lms.web.core.current_user import required_viewer
from lms.web.core.request_context import read_session, see_other, transaction
from lms.web.core.route_guard import Audience, open_to

blueprint = Blueprint("staff_kits", __name__, url_prefix="/staff/organizations")


@blueprint.post("/<slug>/kits")
@open_to(Audience.STAFF)
def set_permit(slug: str) -> ResponseReturnValue:
    """Allow an organization to get delivery kits, or stop allowing it."""
    with read_session() as session:
        kept = organizations.find_organization(session, slug)
    is_allowed, actor = request.form.get("allow") == "yes", required_viewer().public_id
    with transaction() as session:
        change = delivery_kits.allow if is_allowed else delivery_kits.forbid
        change(session, kept.id, actor=actor, now=now())
    said = (
        _("%(name)s can now download delivery kits.", name=kept.name)
        if is_allowed
        else _(
            "%(name)s can no longer download delivery kits. Existing links no longer work.",
            name=kept.name,
        )
    )
    flash(said, "done")
    return see_other("staff_organizations.organization", slug=slug)
