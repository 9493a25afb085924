"""Order export: a person's orders, documents and payments for their data export."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import CompoundSelect, Select, func, or_, select
from sqlalchemy.orm import Session

from lms.models.documents import Document
from lms.models.orders import Order, OrderLine
from lms.models.organizations import Organization
from lms.models.payments import Payment
from lms.requests.read_models import number_of

Addresses = CompoundSelect[str | None]
Told = dict[str, Any]  # a row of the export, by the names in the file


def told(session: Session, query: Select[*tuple[Any, ...]]) -> tuple[Told, ...]:
    """Return the rows of a query, by the names of its columns."""
    return tuple(dict(row) for row in session.execute(query).mappings())


def orders_of(session: Session, own_ids: Sequence[int], addresses: Addresses) -> tuple[Told, ...]:
    """Return the orders of logins, and those placed with their confirmed addresses."""
    theirs = or_(
        Order.login_id.in_(own_ids),
        Order.contact_id.in_(own_ids),
        func.lower(Order.contact_email).in_(addresses),
    )
    orders = session.execute(
        select(Order, func.coalesce(Organization.name, Order.organization_name).label("payer"))
        .outerjoin(Organization, Organization.id == Order.organization_id)
        .where(theirs)
        .order_by(Order.id)
    ).all()
    lines = session.execute(
        select(OrderLine.order_id, OrderLine.description)
        .where(
            OrderLine.order_id.in_([row.Order.id for row in orders]),
            OrderLine.replaced_at.is_(None),
        )
        .order_by(OrderLine.order_id, OrderLine.position)
    ).all()
    return tuple(
        {
            "number": number_of(row.Order.public_id),
            "organization": row.payer,  # "" if they bought for themselves
            "name": row.Order.contact_name,
            "email": row.Order.contact_email,
            "covers": [line.description for line in lines if line.order_id == row.Order.id],
            "placed_at": row.Order.placed_at,
        }
        for row in orders
    )


def documents_of(
    session: Session, own_ids: Sequence[int], addresses: Addresses
) -> tuple[Told, ...]:
    """Return the documents issued to logins, and quotes sent to their addresses."""
    own_orders = select(Order.id).where(
        Order.organization_id.is_(None),
        or_(
            Order.login_id.in_(own_ids),
            func.lower(Order.contact_email).in_(addresses),
        ),
    )
    return told(
        session,
        select(
            Document.kind,
            Document.label.label("number"),
            Document.total_minor,
            Document.open_minor,
            Document.currency,
            Document.issued_at,
            Document.due_at,
        )
        .where(or_(Document.login_id.in_(own_ids), Document.order_id.in_(own_orders)))
        .order_by(Document.id),
    )


def payments_of(session: Session, own_ids: Sequence[int]) -> tuple[Told, ...]:
    """Return the payments that logins made for themselves."""
    return told(
        session,
        select(
            Payment.method,
            Payment.amount_minor,
            Payment.currency,
            Payment.received_on,
            Payment.check_number,
            Payment.reversed_at,
        )
        .where(Payment.login_id.in_(own_ids))
        .order_by(Payment.id),
    )
