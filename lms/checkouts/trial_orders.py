"""Trial orders: removes purchases made with test cards, and revokes their access (MONEY.md, M28)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, or_, select
from sqlalchemy import update as updating
from sqlalchemy.orm import Session

from lms import audit
from lms.core.runtime import Carrel
from lms.models.documents import Document, DocumentLine, NumberSeries
from lms.models.grants import Grant, Withdrawal
from lms.models.orders import Order, OrderLine, Quote
from lms.models.payments import (
    Checkout,
    Dispute,
    Payment,
    ProviderEntry,
    ProviderEvent,
    Refund,
    Settlement,
)
from lms.sales import order_access


@dataclass(frozen=True, slots=True)
class Purged:
    """How much was removed."""

    orders: int
    documents: int
    payments: int


def purge(carrel: Carrel, *, actor: str | None, now: datetime) -> Purged:
    """Remove test orders with everything that belongs to them, such as their quotes, and their PDFs.

    Live orders aren't touched. Running it again removes what is left.
    """
    with carrel.database.transaction() as session:
        orders = session.scalars(select(Order.id).where(Order.livemode.is_(False))).all()
        printed = or_(Document.livemode.is_(False), Document.order_id.in_(orders))
        documents = session.scalars(
            select(Document).where(printed).order_by(Document.id.desc())
        ).all()
        paid = select(Payment.id).where(Payment.livemode.is_(False))
        payments = session.scalars(paid).all()
        keys = [one.pdf_key for one in documents if one.pdf_key]
        _end_access(session, orders, actor=actor, now=now)
        _remove_money(session, paid, select(Document.id).where(printed))
        for one in documents:  # credit notes and receipts before their invoices
            session.delete(one)
            session.flush()
        _delete(session, Payment, Payment.livemode.is_(False))
        _delete(session, Order, Order.livemode.is_(False))
        _delete(session, NumberSeries, NumberSeries.series.like("test-%"))
        audit.record(session, "payments.test_purged", "", actor=actor, now=now)
    for key in keys:
        carrel.storage.delete(key)
    return Purged(len(orders), len(documents), len(payments))


def _end_access(
    session: Session, orders: Sequence[int], *, actor: str | None, now: datetime
) -> None:
    """Revoke the orders' access; the revoked grants stay, without a link to an order."""
    grants = order_access.standing_grants(session, orders)
    order_access.take_back(session, grants, Withdrawal.REVOKED, actor=actor, now=now)
    lines = select(OrderLine.id).where(OrderLine.order_id.in_(orders))
    session.execute(
        updating(Grant).where(Grant.order_line_id.in_(lines)).values(order_line_id=None)
    )


def _remove_money(session: Session, paid: Select[int], printed: Select[int]) -> None:
    """Delete rows that refer to test payments and documents, before these."""
    _delete(session, Refund, Refund.payment_id.in_(paid))
    _delete(session, Dispute, Dispute.payment_id.in_(paid))
    _delete(
        session,
        Settlement,
        or_(Settlement.payment_id.in_(paid), Settlement.invoice_id.in_(printed)),
    )
    _delete(session, Checkout, Checkout.livemode.is_(False))
    _delete(session, Quote, Quote.document_id.in_(printed))
    _delete(session, DocumentLine, DocumentLine.document_id.in_(printed))
    _delete(session, ProviderEvent, ProviderEvent.livemode.is_(False))
    _delete(session, ProviderEntry, ProviderEntry.livemode.is_(False))


def _delete(session: Session, model: type, which: Any) -> None:  # noqa: ANN401  (a condition)
    session.execute(delete(model).where(which))
