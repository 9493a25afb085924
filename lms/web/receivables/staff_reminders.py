"""Staff actions that stop and resume payment reminders of an order, or of all of a customer's open orders."""

from typing import Final

from flask import Blueprint, flash
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.core import clock
from lms.core.errors import N_, NotFound
from lms.organizations.organizations import find_organization
from lms.receivables import pauses
from lms.receivables.read_models import reminders_of_organization
from lms.sales import orders
from lms.web.core.current_user import acting
from lms.web.core.request_context import see_other, transaction
from lms.web.core.route_guard import Audience, open_to

blueprint = Blueprint("staff_reminders", __name__, url_prefix="/staff")

ACTS: Final = {"stop": pauses.stop, "resume": pauses.resume}
DONE: Final = {
    "stop": N_("Payment reminders are off until you resume them."),
    "resume": N_("We'll send payment reminders again as they come due."),
}


@blueprint.post("/orders/<order_id>/reminders/<act>")
@open_to(Audience.STAFF)
def of_order(order_id: str, act: str) -> ResponseReturnValue:
    """Stop or resume the reminders of one order."""
    _move(act, order_id)
    return see_other("staff_order.show", order_id=order_id)


@blueprint.post("/organizations/<slug>/reminders/<act>")
@open_to(Audience.STAFF)
def of_organization(slug: str, act: str) -> ResponseReturnValue:
    """Stop or resume the reminders of every open invoice of an organization."""
    now = clock.now()
    with transaction() as session:
        customer = find_organization(session, slug)
        open_ones = reminders_of_organization(session, customer.id, now=now)
    _move(act, *sorted(one.order_id for one in open_ones))
    return see_other("staff_organizations.organization", slug=slug, _anchor="reminders-title")


def _move(act: str, *order_ids: str) -> None:
    if act not in ACTS:
        raise NotFound
    with transaction() as session:
        for order_id in order_ids:
            order = orders.find_order(session, order_id, lock=True)
            ACTS[act](session, order, **acting())
    flash(_(DONE[act]), "done")
