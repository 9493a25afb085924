"""A smaller term ahead: who would go, and choosing somebody else (PRODUCT.md, C2)."""

from flask import Blueprint, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from lms import contracts, pools
from lms.clock import now
from lms.errors import NotFound
from lms.pools import PoolFacts
from lms.stewards import Managed
from lms.web.guard import Audience, open_to
from lms.web.kit import read_session, see_other, transaction
from lms.web.organisation.area import managed_organisation, render_in, zone_of
from lms.web.signin import required_viewer
from lms.zones import say_date, say_day

blueprint = Blueprint(
    "organisation_renewal",
    __name__,
    url_prefix="/organisation/<organisation_id>/pools/<pool_id>/renewal",
)


@blueprint.get("")
@open_to(Audience.MANAGERS)
def renewal(organisation_id: str, pool_id: str) -> ResponseReturnValue:
    managed = managed_organisation(organisation_id)
    zone = zone_of(managed)
    with read_session() as session:
        pool = _own_pool(session, managed, pool_id)
        shortage = contracts.shortage_ahead(session, pool.id, now=now())
        people = contracts.sitting_people(session, pool.id)
    going = {one.seat for one in shortage.leavers} if shortage else set()
    return render_in(
        managed,
        "organisation/renewal.html",
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
        more_url=url_for("ask.ask", kind="more_seats"),
    )


@blueprint.post("")
@open_to(Audience.MANAGERS)
def choose(organisation_id: str, pool_id: str) -> ResponseReturnValue:
    managed = managed_organisation(organisation_id)
    with transaction() as session:
        pool = _own_pool(session, managed, pool_id)
        contracts.choose_leavers(
            session,
            pool.id,
            request.form.getlist("seat"),
            actor=required_viewer().public_id,
            now=now(),
        )
    flash(
        _("Your choice is kept. Everybody stays until that day, and you can choose again."), "done"
    )
    return see_other(".renewal", organisation_id=organisation_id, pool_id=pool_id)


def _own_pool(session: Session, managed: Managed, pool_id: str) -> PoolFacts:
    """Return a pool of this organisation; raises NotFound for anybody else's."""
    pool = pools.find_pool(session, pool_id)
    if pool.organisation_id != managed.facts.id:
        raise NotFound(pools.NO_SUCH_POOL)
    return pool
