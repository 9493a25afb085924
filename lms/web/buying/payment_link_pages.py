"""The payment link of an order, for our team and the paying organization: copy and replace it."""

from flask import Blueprint, flash, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.access.merged_organizations import family_of
from lms.core.dates_and_time_zones import say_datetime
from lms.core.errors import NotFound
from lms.documents import payment_links
from lms.models.orders import Order
from lms.models.organizations import Organization
from lms.organizations.manager_and_owner_permissions import Managed
from lms.requests.read_models import number_of
from lms.sales import orders
from lms.web.core.current_user import acting
from lms.web.core.manager_area import render_in, zone_of
from lms.web.core.request_context import carrel, read_session, see_other, transaction
from lms.web.core.route_guard import Audience, managed_organization, open_to

blueprint = Blueprint("payment_link", __name__)
_MANAGER = "/organization/<organization_id>/orders/<order_id>/payment-link"


@blueprint.post("/staff/orders/<order_id>/payment-link")
@open_to(Audience.STAFF)
def replace(order_id: str) -> ResponseReturnValue:
    """Create a new link for an order; earlier ones stop working."""
    with transaction() as session:
        _replace(session, orders.find_order(session, order_id, lock=True))
    _tell()
    return see_other("staff_order.show", order_id=order_id)


@blueprint.get(_MANAGER)
@open_to(Audience.MANAGERS, Audience.BILLING)
def show(organization_id: str, order_id: str) -> ResponseReturnValue:
    """Show the link of one of the organization's orders."""
    managed = managed_organization(organization_id)
    with read_session() as session:
        order = _own_order(session, managed, order_id)
        link = payment_links.current_link(
            session, order, where=payment_links.payment_links(carrel().settings)
        )
    zone = zone_of(managed)
    return render_in(
        managed,
        "buying/manager_payment_link.html",
        number=number_of(order.public_id),
        link=link,
        opened=say_datetime(link.last_opened_at, zone) if link and link.last_opened_at else "",
        replace_url=url_for(".make", organization_id=organization_id, order_id=order_id),
        back_url=url_for("organization_orders.index", organization_id=organization_id),
    )


@blueprint.post(_MANAGER)
@open_to(Audience.MANAGERS, Audience.BILLING)
def make(organization_id: str, order_id: str) -> ResponseReturnValue:
    """Create a new link for one of the organization's orders."""
    managed = managed_organization(organization_id)
    with transaction() as session:
        order = _own_order(session, managed, order_id)
        _replace(session, orders.find_order(session, order.public_id, lock=True))
    _tell()
    return see_other(".show", organization_id=organization_id, order_id=order_id)


def _own_order(session: Session, managed: Managed, order_id: str) -> Order:
    """Return an order that the organization pays; raises NotFound for any other."""
    order = orders.find_order(session, order_id)
    own = select(Organization.id).where(
        Organization.id == order.organization_id, Organization.id.in_(family_of(managed.facts.id))
    )
    if session.scalar(own) is None:
        raise NotFound
    return order


def _replace(session: Session, order: Order) -> None:
    payment_links.replace_link(
        session, order, where=payment_links.payment_links(carrel().settings), **acting()
    )


def _tell() -> None:
    flash(_("The new link is ready. Earlier links to this order no longer work."), "done")
