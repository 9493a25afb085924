"""The page where managers take over an order by a person with an address in their domain (S16)."""

from flask import Blueprint, flash
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lms.core.errors import Conflict, Invalid
from lms.order_reviews import takeovers
from lms.pricing.price_list import say_money
from lms.sales import orders
from lms.sales.read_models import find_order_facts
from lms.web.core.current_user import acting
from lms.web.core.form_errors import flashed
from lms.web.core.manager_area import render_in
from lms.web.core.private_page_headers_and_mail_links import mail_context
from lms.web.core.request_context import read_session, see_other, transaction
from lms.web.core.route_guard import Audience, managed_organization, open_to
from lms.web.pricing.quote_texts import offer_name

blueprint = Blueprint(
    "organization_takeovers",
    __name__,
    url_prefix="/organization/<organization_id>/takeovers/<takeover_id>",
)


@blueprint.get("")
@open_to(Audience.MANAGERS)
def show(organization_id: str, takeover_id: str) -> ResponseReturnValue:
    """Show who ordered what, and what taking it over changes."""
    return _page(organization_id, takeover_id, "")


@blueprint.post("/accept")
@open_to(Audience.MANAGERS)
def accept(organization_id: str, takeover_id: str) -> ResponseReturnValue:
    """Transfer the order to the organization."""
    managed = managed_organization(organization_id)
    try:
        with transaction() as session:
            order = takeovers.accept(
                session, managed.facts, takeover_id, mail_context=mail_context(), **acting()
            )
            order_id = order.public_id
    except (Conflict, Invalid) as refusal:
        return _page(organization_id, takeover_id, _(refusal.message)), 409
    flash(
        _("This order now belongs to your organization. We emailed the person who placed it."),
        "done",
    )
    return see_other(
        "organization_orders.show", organization_id=managed.facts.public_id, order_id=order_id
    )


@blueprint.post("/decline")
@open_to(Audience.MANAGERS)
def decline(organization_id: str, takeover_id: str) -> ResponseReturnValue:
    """Leave the order with the person who placed it."""
    managed = managed_organization(organization_id)
    with flashed(Conflict):
        with transaction() as session:
            takeovers.decline(session, managed.facts.id, takeover_id, **acting())
        flash(_("You declined. The order stays with the person who placed it."), "done")
    return see_other("organization_orders.index", organization_id=managed.facts.public_id)


def _page(organization_id: str, takeover_id: str, fault: str) -> str:
    managed = managed_organization(organization_id)
    with read_session() as session:
        asked = takeovers.find(session, managed.facts.id, takeover_id)
        facts = find_order_facts(session, asked.order_id)
        lines = orders.lines_of(session, facts.id)
    return render_in(
        managed,
        "order_reviews/manager_takeover.html",
        fault=fault,
        takeover_id=takeover_id,
        facts=facts,
        total=say_money(facts.total_minor, facts.currency),
        lines=[(offer_name(one.kind, one.quantity), one.description) for one in lines],
    )
