"""Order export: a person's orders, documents and payments for their data export."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import CompoundSelect, func, or_, select
from sqlalchemy.orm import Session

from lms.models.documents import Document, DocumentKind
from lms.models.orders import Order, OrderLine
from lms.models.organizations import Organization
from lms.models.payments import Payment, PaymentMethod
from lms.requests.read_models import number_of

Addresses = CompoundSelect[str | None]


@dataclass(frozen=True, slots=True)
class OwnOrder:
    """An order that the person placed; `organization` is "" if they bought for themselves.

    `name` and `email` are as typed; `covers` are the descriptions of its lines.
    """

    number: str
    organization: str
    name: str
    email: str
    covers: tuple[str, ...]
    placed_at: datetime | None


@dataclass(frozen=True, slots=True)
class OwnDocument:
    """A quote, invoice, credit note, receipt or statement of a person; amounts in minor units."""

    kind: DocumentKind
    number: str
    total_minor: int
    open_minor: int
    currency: str
    issued_at: datetime
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class OwnPayment:
    """A payment by the person, in minor units; `check_number` is "" for other methods."""

    method: PaymentMethod
    amount_minor: int
    currency: str
    received_on: date
    check_number: str
    reversed_at: datetime | None


def read_orders(
    session: Session, own_ids: Sequence[int], addresses: Addresses
) -> tuple[OwnOrder, ...]:
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
        OwnOrder(
            number_of(row.Order.public_id),
            row.payer,
            row.Order.contact_name,
            row.Order.contact_email,
            tuple(line.description for line in lines if line.order_id == row.Order.id),
            row.Order.placed_at,
        )
        for row in orders
    )


def read_documents(
    session: Session, own_ids: Sequence[int], addresses: Addresses
) -> tuple[OwnDocument, ...]:
    """Return the documents issued to logins, and quotes sent to their addresses."""
    own_orders = select(Order.id).where(
        Order.organization_id.is_(None),
        or_(
            Order.login_id.in_(own_ids),
            func.lower(Order.contact_email).in_(addresses),
        ),
    )
    rows = session.execute(
        select(
            Document.kind,
            Document.label,
            Document.total_minor,
            Document.open_minor,
            Document.currency,
            Document.issued_at,
            Document.due_at,
        )
        .where(or_(Document.login_id.in_(own_ids), Document.order_id.in_(own_orders)))
        .order_by(Document.id)
    )
    return tuple(OwnDocument(*row) for row in rows)


def read_payments(session: Session, own_ids: Sequence[int]) -> tuple[OwnPayment, ...]:
    """Return the payments that logins made for themselves."""
    rows = session.execute(
        select(
            Payment.method,
            Payment.amount_minor,
            Payment.currency,
            Payment.received_on,
            Payment.check_number,
            Payment.reversed_at,
        )
        .where(Payment.login_id.in_(own_ids))
        .order_by(Payment.id)
    )
    return tuple(OwnPayment(*row) for row in rows)
