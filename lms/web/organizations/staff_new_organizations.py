"""The staff page of organizations created by customers' orders: new, or duplicates (S16)."""

from typing import Final

from flask import Blueprint, flash
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.core.dates_and_time_zones import say_date
from lms.core.errors import Conflict
from lms.organizations import new_organizations, organizations
from lms.organizations.new_organizations import NewByOrder
from lms.web.access.access_panel_and_reader_times import reading_zone
from lms.web.core.current_user import acting
from lms.web.core.form_errors import flashed
from lms.web.core.request_context import read_session, render, see_other, transaction
from lms.web.core.route_guard import Audience, open_to

blueprint = Blueprint(
    "staff_new_organizations", __name__, url_prefix="/staff/organizations-to-check"
)

SHOWN: Final = 50


@blueprint.get("")
@open_to(Audience.STAFF)
def index() -> ResponseReturnValue:
    """List them, each with the existing organizations that it may be."""
    with read_session() as session:
        total = new_organizations.count_new(session)
        found = new_organizations.list_new(session, limit=SHOWN)
    return render(
        "organizations/staff_new_organizations.html",
        rows=[_row(one) for one in found],
        total=total,
    )


@blueprint.post("/<slug>")
@open_to(Audience.STAFF)
def verify(slug: str) -> ResponseReturnValue:
    """Confirm that one is new."""
    with flashed(Conflict):
        with transaction() as session:
            organization = organizations.find_organization(session, slug)
            new_organizations.verify(session, organization, **acting())
        flash(_("%(name)s was marked as new.", name=organization.name), "done")
    return see_other(".index")


def _row(one: NewByOrder) -> dict[str, object]:
    return {
        "slug": one.slug,
        "name": one.name,
        "address": ", ".join(one.address),
        "since": say_date(one.since, reading_zone()),
        "order_id": one.order_id,
        "contact": ", ".join(part for part in (one.contact, one.email) if part),
        "matches": one.matches,
    }
