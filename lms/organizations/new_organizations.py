"""New organizations that customers' own orders created, until our team has checked them (S16)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from lms import audit
from lms.core.errors import N_, Conflict
from lms.core.list_queries import count_rows
from lms.models.orders import Order
from lms.models.organizations import Organization
from lms.organizations.organization_matches import (
    Match,
    NewOrganizationFacts,
    find_matches_of_many,
)
from lms.organizations.organizations import OrganizationFacts

CHECKED = N_("This organization was already checked.")


@dataclass(frozen=True, slots=True)
class NewByOrder:
    """An organization that an order created, its contact, and known organizations that it may be."""

    slug: str
    name: str
    address: tuple[str, ...]
    since: datetime
    order_id: str
    contact: str
    email: str
    matches: tuple[Match, ...]


def count_new(session: Session) -> int:
    """Return the number of organizations that our team must check."""
    return count_rows(session, _new())


def list_new(session: Session, *, limit: int) -> tuple[NewByOrder, ...]:
    """Return the organizations to check, oldest first, each with its likely matches."""
    found = session.execute(_new().order_by(Organization.unverified_since).limit(limit)).all()
    facts = [
        NewOrganizationFacts(row.name, row.contact_email, row.Organization.billing_address)
        for row in found
    ]
    matches = find_matches_of_many(session, facts) if facts else []
    return tuple(
        NewByOrder(
            slug=row.Organization.slug,
            name=row.name,
            address=row.Organization.billing_address.lines
            if row.Organization.billing_address
            else (),
            since=row.Organization.unverified_since,
            order_id=row.order_id,
            contact=row.contact_name,
            email=row.contact_email,
            matches=tuple(one for one in likely if one.id != row.Organization.id),
        )
        for row, likely in zip(found, matches, strict=True)
    )


def verify(
    session: Session, organization: OrganizationFacts, *, actor: str | None, now: datetime
) -> None:
    """Mark an organization as checked and new; raises Conflict if it already was."""
    row = session.get_one(Organization, organization.id, with_for_update=True)
    if row.unverified_since is None:
        raise Conflict(CHECKED)
    row.unverified_since = None
    audit.record(session, "organization.verified", row.public_id, actor=actor, now=now)
    session.flush()


def _new() -> Select[*tuple[Any, ...]]:
    """Return a query for the organizations to check, with their first valid order.

    Orders whose email address was never confirmed are left out, since anyone may have placed them.
    """
    first = (
        select(func.min(Order.id))
        .where(
            Order.organization_id == Organization.id,
            Order.placed_at.is_not(None),
            Order.canceled_at.is_(None),
            Order.awaits_proof.is_(False),
        )
        .correlate(Organization)
        .scalar_subquery()
    )
    return (
        select(
            Organization,
            Organization.name,
            Order.public_id.label("order_id"),
            Order.contact_name,
            Order.contact_email,
        )
        .join(Order, Order.id == first)
        .where(Organization.unverified_since.is_not(None), Organization.merged_into.is_(None))
    )
