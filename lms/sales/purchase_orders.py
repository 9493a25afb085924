"""Purchase orders received for an order, with their files, and numbers that were already used."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import audit
from lms.access.merged_organizations import family_of
from lms.core.attached_files import KeptFile
from lms.core.errors import N_, Invalid
from lms.models.orders import Order, PurchaseOrder
from lms.requests.read_models import number_of
from lms.sales.new_orders import LONGEST_REFERENCE

FOLDER: Final = "purchase-orders"  # folder in the file storage


@dataclass(frozen=True, slots=True)
class NewPurchaseOrder:
    """A received purchase order; its amount may differ from the order's (MONEY.md, M9)."""

    number: str
    received_at: datetime
    amount_minor: int | None = None
    file: KeptFile | None = None


@dataclass(frozen=True, slots=True)
class UsedNumber:
    """Another order with the same purchase order number."""

    order_id: str
    number: str


def receive(
    session: Session, order: Order, new: NewPurchaseOrder, *, actor: str | None, now: datetime
) -> None:
    """Record a purchase order for an order; an issued invoice doesn't change.

    Raises Invalid (field `po_number`).
    """
    number = " ".join(new.number.split())
    if not 1 <= len(number) <= LONGEST_REFERENCE:
        sentence = N_("Enter a purchase order number of up to 80 characters.")
        raise Invalid(sentence, field="po_number")
    keep(session, order, new)
    audit.record(session, "order.po_received", order.public_id, actor=actor, now=now)


def keep(session: Session, order: Order, new: NewPurchaseOrder) -> None:
    """Store a purchase order of an order."""
    row = PurchaseOrder(
        order_id=order.id,
        organization_id=order.organization_id,
        number=" ".join(new.number.split()),
        amount_minor=new.amount_minor,
        file_key=new.file.key if new.file else None,
        file_name=new.file.name if new.file else None,
        received_at=new.received_at,
    )
    session.add(row)
    session.flush()


def used_before(
    session: Session, organization_id: int | None, number: str, *, but: str = ""
) -> tuple[UsedNumber, ...]:
    """Return other orders of an organization with this purchase order number (M9).

    `but` is the public ID of the order that it is for.
    """
    wanted = " ".join(number.split())
    if organization_id is None or not wanted:
        return ()
    found = session.scalars(
        select(Order.public_id)
        .join(PurchaseOrder, PurchaseOrder.order_id == Order.id)
        .where(
            PurchaseOrder.organization_id.in_(family_of(organization_id)),
            PurchaseOrder.number == wanted,
            Order.public_id != but,
            Order.canceled_at.is_(None),
        )
        .distinct()
        .order_by(Order.public_id)
    )
    return tuple(UsedNumber(each, number_of(each)) for each in found)


def newest_of(session: Session, order_id: int) -> PurchaseOrder | None:
    """Return the newest purchase order of an order, or None."""
    return session.scalar(
        select(PurchaseOrder)
        .where(PurchaseOrder.order_id == order_id)
        .order_by(PurchaseOrder.id.desc())
        .limit(1)
    )


def purchase_orders_of(session: Session, order_id: int) -> tuple[PurchaseOrder, ...]:
    """Return the purchase orders of an order, oldest first."""
    return tuple(
        session.scalars(
            select(PurchaseOrder)
            .where(PurchaseOrder.order_id == order_id)
            .order_by(PurchaseOrder.id)
        )
    )
