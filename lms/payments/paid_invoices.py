"""Which payments pay which invoices: directly, and through the credit notes of invoices they paid.

A credited invoice that was paid leaves credit, which can pay another order's invoice, as after an
exchange (MONEY.md, M27). The money behind that order is the first order's payment.
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, aliased

from lms.models.documents import Document, DocumentKind
from lms.models.payments import Dispute, DisputeState, Payment, Settlement

_Note = aliased(Document)


def invoices_paid_by(payment_ids: Select[int] | Sequence[int]) -> Select[int]:
    """Return the query for the row IDs of the invoices that payments pay."""
    paid = (
        select(Settlement.invoice_id)
        .where(Settlement.payment_id.in_(payment_ids), Settlement.undone_at.is_(None))
        .cte(recursive=True)
    )
    with_credit = (
        select(Settlement.invoice_id)
        .join(_Note, _Note.id == Settlement.credit_note_id)
        .join(paid, paid.c.invoice_id == _Note.refers_to_id)
        .where(Settlement.undone_at.is_(None))
    )
    return select(paid.union(with_credit).c.invoice_id)


# in disputes that are open; few, so the query is evaluated once rather than once per invoice
DISPUTED_INVOICES: Final = invoices_paid_by(
    select(Dispute.payment_id).where(Dispute.state == DisputeState.OPEN)
)


def payments_behind(session: Session, order_id: int) -> Sequence[Payment]:
    """Return the payments for an order that weren't reversed, newest first."""
    paid = (
        select(Document.id.label("invoice_id"))
        .where(Document.order_id == order_id, Document.kind == DocumentKind.INVOICE)
        .cte(recursive=True)
    )
    credited = (
        select(_Note.refers_to_id)
        .join(Settlement, Settlement.credit_note_id == _Note.id)
        .join(paid, paid.c.invoice_id == Settlement.invoice_id)
        .where(Settlement.undone_at.is_(None))
    )
    settled = select(Settlement.payment_id).where(
        Settlement.invoice_id.in_(select(paid.union(credited).c.invoice_id)),
        Settlement.undone_at.is_(None),
    )
    return session.scalars(
        select(Payment)
        .where(Payment.id.in_(settled), Payment.reversed_at.is_(None))
        .order_by(Payment.id.desc())
    ).all()
