"""Manager page for a renewal with fewer seats: choose who loses a seat (PRODUCT.md, C2)."""

from flask import Blueprint, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.contracts import renewals
from lms.core.clock import now
from lms.core.dates_and_time_zones import say_date, say_day
from lms.seats import pools
from lms.web.core.current_user import acting
from lms.web.core.manager_area import render_in, zone_of
from lms.web.core.request_context import read_session, see_other, transaction
from lms.web.core.route_guard import Audience, managed_organization, open_to

blueprint = Blueprint(
    "organization_renewal",
    __name__,
    url_prefix="/organization/<organization_id>/pools/<pool_id>/renewal",
)


@blueprint.get("")
@open_to(Audience.MANAGERS)
def renewal(organization_id: str, pool_id: str) -> ResponseReturnValue:
    managed = managed_organization(organization_id)
    zone = zone_of(managed)
    with read_session() as session:
        pool = pools.find_own_pool(session, managed.facts.id, pool_id)
        shortage = renewals.shortage_ahead(session, pool.id, now=now())
        people = renewals.sitting_people(session, pool.id)
    going = {one.seat for one in shortage.leavers} if shortage else set()
    return render_in(
        managed,
        "contracts/manager_renewal.html",
        pool=pool,
        shortage=shortage,
        day=say_day(shortage.at, zone) if shortage else "",
        rows=[
            (
                one,
                one.seat in going,
                say_date(one.last_active_at, zone) if one.last_active_at else "",
            )
            for one in people
        ],
        more_url=url_for(
            "organization_buying.more", organization_id=organization_id, pool_id=pool_id
        ),
    )


@blueprint.post("")
@open_to(Audience.MANAGERS)
def choose(organization_id: str, pool_id: str) -> ResponseReturnValue:
    managed = managed_organization(organization_id)
    with transaction() as session:
        pool = pools.find_own_pool(session, managed.facts.id, pool_id)
        renewals.choose_leavers(session, pool.id, request.form.getlist("seat"), **acting())
    flash(_("Your choice was saved. You can change it until that day."), "done")
    return see_other(".renewal", organization_id=organization_id, pool_id=pool_id)
