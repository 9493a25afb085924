"""Lookup: the order or document for a number, however it is written."""

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from lms.core.errors import N_, Conflict, NotFound, or_not_found
from lms.models.documents import Document
from lms.models.orders import Order
from lms.models.payments import Payment

NO_ORDER = N_("No order, invoice, or quote has this number.")
NO_DOCUMENT = N_("No document has this number.")
SEVERAL = N_("Several orders start with this. Enter more of the number.")


def order_named(session: Session, text: str) -> Order:
    """Return the order for a public ID, an order number, or the number of one of its documents.

    Raises NotFound, and Conflict if the start of a number matches several.
    """
    number = text.strip()
    start = number.replace("-", "").lower()
    of_document = select(Document.order_id).where(func.lower(Document.label) == number.lower())
    found = session.scalars(select(Order).where(Order.id.in_(of_document))).all()
    if not found and start:
        found = session.scalars(
            select(Order)
            .where(or_(Order.public_id == start, Order.public_id.startswith(start)))
            .limit(2)
        ).all()
    if not found:
        raise NotFound(NO_ORDER)
    if len(found) > 1:
        raise Conflict(SEVERAL)
    return found[0]


def payment_of_receipt(session: Session, document: Document) -> Payment | None:
    """Return the payment that a receipt is for; None for other documents."""
    return session.get(Payment, document.payment_id) if document.payment_id else None


def document_named(session: Session, text: str) -> Document:
    """Return the document for a public ID or a printed number; raises NotFound."""
    number = text.strip()
    document = session.scalar(
        select(Document).where(
            or_(Document.public_id == number, func.lower(Document.label) == number.lower())
        )
    )
    return or_not_found(document, NO_DOCUMENT)
