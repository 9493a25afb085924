"""Contacts of orders: who is emailed about an order."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from lms.access.merged_logins import kept_login
from lms.access.organization_people import is_emailed
from lms.models.accounts import Login
from lms.models.orders import Order
from lms.organizations.manager_emails import Steward, stewards_of


def contact_of(session: Session, order_id: int) -> Steward | None:
    """Return the contact of an order, with their address of today.

    None if they have none, and if they don't speak for the organization that ordered anymore
    (`is_emailed`).
    """
    contact = aliased(Login)
    row = session.execute(
        select(
            contact.id,
            func.coalesce(contact.email, Order.contact_email).label("email"),
            func.coalesce(contact.name, Order.contact_name).label("name"),
        )
        .select_from(Order)
        .outerjoin(contact, contact.id == kept_login(Order.contact_id))
        .where(Order.id == order_id, is_emailed(contact))
    ).one_or_none()
    return Steward(row.id, row.email, row.name) if row else None


def contact_or_managers(
    session: Session, order_id: int, organization_id: int | None
) -> tuple[Steward, ...]:
    """Return the contact of an order, or else the managers of the organization that pays."""
    contact = contact_of(session, order_id)
    if contact is not None:
        return (contact,)
    return stewards_of(session, organization_id) if organization_id is not None else ()
