"""Contacts of orders: who is emailed about an order."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from lms.access.merged_logins import kept_login
from lms.access.organization_people import is_emailed
from lms.accounts import login_lookup
from lms.core.email_addresses import read_address
from lms.core.errors import Invalid
from lms.models.accounts import Login
from lms.models.orders import Order
from lms.organizations.billing_details import payables_of
from lms.organizations.manager_emails import Recipient, managers_or_billing


def emailed_contact(session: Session, order_id: int) -> Recipient | None:
    """Return the contact of an order, with their address of today; None if they aren't emailed.

    They aren't without an address, or once they no longer speak for the organization that ordered
    (`is_emailed`). A quote goes to the address it was made for, unless its account is gone as well.
    """
    order, contact = session.get_one(Order, order_id), aliased(Login)
    login_id = order.contact_id or _account_of(session, order)
    row = session.execute(
        select(contact.id, contact.email, contact.name)
        .select_from(Order)
        .outerjoin(contact, contact.id == kept_login(login_id))
        .where(Order.id == order_id, is_emailed(contact))
    ).one_or_none()
    if row is None:
        return None
    if order.contact_id is None:
        return Recipient(None, order.contact_email, order.contact_name)
    return Recipient(row.id, row.email or order.contact_email, row.name or order.contact_name)


def _account_of(session: Session, order: Order) -> int:
    """Return the login of the address that an order without a contact is for; 0 if there is none."""
    try:
        known = login_lookup.look_up(session, read_address(order.contact_email))
    except Invalid:
        return 0
    return known.login_id if known else 0


def each_address_once(people: Iterable[Recipient]) -> tuple[Recipient, ...]:
    """Return people to email without those whose address an earlier one has."""
    found: dict[str, Recipient] = {}
    for one in people:
        found.setdefault(one.email.casefold(), one)
    return tuple(found.values())


def contact_or_managers(
    session: Session, order_id: int, organization_id: int | None
) -> tuple[Recipient, ...]:
    """Return the contact of an order, or else who manages the organization that pays, or its billing."""
    contact = emailed_contact(session, order_id)
    if contact is not None:
        return (contact,)
    return managers_or_billing(session, organization_id) if organization_id is not None else ()


def emailed_payers(
    session: Session, order_id: int, organization_id: int | None
) -> tuple[Recipient, ...]:
    """Return who is emailed about amounts owed: accounts payable, or else as `contact_or_managers`."""
    emails = payables_of(session, organization_id) if organization_id is not None else ()
    payables = tuple(Recipient(None, one, "") for one in emails)
    return payables or contact_or_managers(session, order_id, organization_id)
