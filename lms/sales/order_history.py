"""Order history: everything that happened to an order, with its amount and the balance after it.

The balance is what the payer owes for the order; unused credit makes it negative. It is computed only
from documents, settlements and refunds (MONEY.md, M1).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased

from lms.models.accounts import Login
from lms.models.audit import AuditEntry
from lms.models.documents import CreditReason, Document, DocumentKind
from lms.models.orders import Order, PurchaseOrder, Quote
from lms.models.payments import Payment, PaymentMethod, Refund, Reversal, Settlement


class Happening(StrEnum):
    """What happened to an order; events at the same time are sorted in this order."""

    DRAFTED = "drafted"
    REVISED = "revised"
    PO_RECEIVED = "po_received"
    QUOTED = "quoted"
    ACCEPTED = "accepted"
    PLACED = "placed"
    CORRECTED = "corrected"
    UNPAID = "unpaid"  # a payment was undone
    INVOICED = "invoiced"
    CREDITED = "credited"
    PAID = "paid"
    RECEIPT = "receipt"
    REFUND_FAILED = "refund_failed"  # at the card provider
    REFUNDED = "refunded"
    REFUND_DONE = "refund_done"
    REFUND_CANCELED = "refund_canceled"
    HELD = "held"
    RELEASED = "released"
    DISPUTED = "disputed"
    DISPUTE_WON = "dispute_won"
    DISPUTE_LOST = "dispute_lost"
    RELEASE_ASKED = "release_asked"
    CANCELED = "canceled"
    REMINDED = "reminded"
    REMINDERS_STOPPED = "reminders_stopped"
    REMINDERS_RESUMED = "reminders_resumed"


@dataclass(frozen=True, slots=True)
class Event:
    """One event; `amount_minor` is its change of the balance, in minor units.

    `number` is that of a document, check or purchase order; `of` is the number of the invoice that it
    is about. `name` is what was typed to accept a quote. `actor` is a person's name, "" for automatic
    events.
    """

    at: datetime
    what: Happening
    amount_minor: int | None = None
    balance_minor: int = 0
    number: str = ""
    of: str = ""
    document_id: str | None = None
    method: PaymentMethod | None = None
    payment_id: str | None = None
    reason: CreditReason | None = None
    reversal: Reversal | None = None
    name: str = ""
    actor: str = ""


_AUDITED: Final[Mapping[str, Happening]] = {
    "order.drafted": Happening.DRAFTED,
    "order.revised": Happening.REVISED,
    "order.placed": Happening.PLACED,
    "order.held": Happening.HELD,
    "order.released": Happening.RELEASED,
    "order.corrected": Happening.CORRECTED,
    "order.canceled": Happening.CANCELED,
    "order.release_asked": Happening.RELEASE_ASKED,
    "order.reminded": Happening.REMINDED,
    "order.reminders_stopped": Happening.REMINDERS_STOPPED,
    "order.reminders_resumed": Happening.REMINDERS_RESUMED,
    "quote.accepted": Happening.ACCEPTED,
    "payment.disputed": Happening.DISPUTED,
    "payment.dispute_won": Happening.DISPUTE_WON,
    "payment.dispute_lost": Happening.DISPUTE_LOST,
    "refund.done": Happening.REFUND_DONE,
    "refund.canceled": Happening.REFUND_CANCELED,
    "refund.failed": Happening.REFUND_FAILED,
}
_REFUND_ENDED: Final = (Happening.REFUND_CANCELED, Happening.REFUND_FAILED)
_REVERSED: Final = tuple(f"payment.{one}" for one in Reversal)
_ISSUED: Final[Mapping[DocumentKind, Happening]] = {
    DocumentKind.QUOTE: Happening.QUOTED,
    DocumentKind.INVOICE: Happening.INVOICED,
    DocumentKind.CREDIT_NOTE: Happening.CREDITED,
    DocumentKind.RECEIPT: Happening.RECEIPT,
}


def history_of(session: Session, order: Order) -> tuple[Event, ...]:
    """Return the history of an order, oldest first, each event with the balance after it."""
    documents = session.scalars(
        select(Document).where(Document.order_id == order.id).order_by(Document.id)
    ).all()
    settled = _settled(session, order.id)
    refunds = session.scalars(
        select(Refund)
        .where(Refund.credit_note_id.in_([one.id for one in documents]))
        .order_by(Refund.id)
    ).all()
    payments = {payment.public_id: payment for payment, _, _ in settled if payment is not None}
    subjects = [order.public_id, *(one.public_id for one in documents), *payments]
    subjects += [one.public_id for one in refunds]
    actors, audited = _audited(session, subjects)
    events = [
        *_issued(documents, actors),
        *_paid(order.id, settled, actors),
        *_refunded(refunds, actors),
        *_named(
            _told(audited, payments, {one.public_id: one for one in refunds}), session, order.id
        ),
        *_purchase_orders(session, order.id),
    ]
    order_of = list(Happening).index
    ordered = sorted(events, key=lambda event: (event.at, order_of(event.what)))
    balance, found = 0, []
    for event in ordered:
        balance += event.amount_minor or 0
        found.append(replace(event, balance_minor=balance))
    return tuple(found)


_Settled = tuple[Payment | None, Settlement, Document]


def _settled(session: Session, order_id: int) -> list[_Settled]:
    """Return what paid the order's invoices, and what its credit notes paid elsewhere."""
    note = aliased(Document)
    rows = session.execute(
        select(Payment, Settlement, Document)
        .select_from(Settlement)
        .join(Document, Document.id == Settlement.invoice_id)
        .outerjoin(Payment, Payment.id == Settlement.payment_id)
        .outerjoin(note, note.id == Settlement.credit_note_id)
        .where(or_(Document.order_id == order_id, note.order_id == order_id))
        .where(or_(note.id.is_(None), note.order_id != Document.order_id))
        .order_by(Settlement.id)
    )
    return [(row[0], row[1], row[2]) for row in rows]


def _issued(documents: Iterable[Document], actors: Mapping[str, str]) -> Iterator[Event]:
    labels = {one.id: one.label for one in documents}
    for one in documents:
        sign = {DocumentKind.INVOICE: 1, DocumentKind.CREDIT_NOTE: -1}.get(one.kind)
        yield Event(
            at=one.issued_at,
            what=_ISSUED[one.kind],
            amount_minor=sign * one.total_minor if sign else None,
            number=one.label,
            of=labels.get(one.refers_to_id or 0, ""),
            document_id=one.public_id,
            reason=one.reason,
            actor=actors.get(one.public_id, ""),
        )


def _paid(order_id: int, settled: Iterable[_Settled], actors: Mapping[str, str]) -> Iterator[Event]:
    for payment, settlement, invoice in settled:
        sign = -1 if invoice.order_id == order_id else 1
        event = Event(
            at=settlement.made_at,
            what=Happening.PAID,
            amount_minor=sign * settlement.amount_minor,
            number=payment.check_number if payment else "",
            of=invoice.label,
            document_id=invoice.public_id,
            method=payment.method if payment else None,
            payment_id=payment.public_id if payment else None,
            actor=actors.get(payment.public_id, "") if payment else "",
        )
        yield event
        if settlement.undone_at is not None:
            yield replace(
                event,
                at=settlement.undone_at,
                what=Happening.UNPAID,
                amount_minor=-sign * settlement.amount_minor,
                reversal=_reversal_at(payment, settlement),
                actor=actors.get(_reversal_of(payment.public_id), "") if payment else "",
            )


def _reversal_of(payment_id: str) -> str:
    """Return the key of who reversed a payment, beside that of who recorded it."""
    return f"{payment_id} reversed"


def _reversal_at(payment: Payment | None, settlement: Settlement) -> Reversal | None:
    if payment is None or payment.reversed_at != settlement.undone_at:
        return None
    return payment.reversed_as


def _refunded(refunds: Iterable[Refund], actors: Mapping[str, str]) -> Iterator[Event]:
    for one in refunds:
        yield Event(
            at=one.requested_at,
            what=Happening.REFUNDED,
            amount_minor=one.amount_minor,
            actor=actors.get(one.public_id, ""),
        )


def _told(
    audited: Iterable[tuple[str, Event]],
    payments: Mapping[str, Payment],
    refunds: Mapping[str, Refund],
) -> Iterator[Event]:
    """Yield audited events with the number of their check, and the amount of a refund that wasn't paid."""
    for subject, event in audited:
        payment, refund = payments.get(subject), refunds.get(subject)
        number = payment.check_number if payment else refund.reference if refund else ""
        is_ended = event.what in _REFUND_ENDED
        amount = -refund.amount_minor if refund is not None and is_ended else None
        yield replace(event, number=number, amount_minor=amount)


def _named(events: Iterable[Event], session: Session, order_id: int) -> Iterator[Event]:
    """Yield events, the acceptance of a quote with the name that was typed."""
    accepted = select(Quote.accepted_name).where(
        Quote.order_id == order_id, Quote.accepted_at.is_not(None)
    )
    for event in events:
        is_accepted = event.what is Happening.ACCEPTED
        yield replace(event, name=session.scalar(accepted) or "") if is_accepted else event


def _purchase_orders(session: Session, order_id: int) -> Iterator[Event]:
    rows = session.scalars(
        select(PurchaseOrder).where(PurchaseOrder.order_id == order_id).order_by(PurchaseOrder.id)
    )
    for one in rows:
        yield Event(at=one.received_at, what=Happening.PO_RECEIVED, number=one.number)


def _audited(
    session: Session, subjects: list[str]
) -> tuple[Mapping[str, str], list[tuple[str, Event]]]:
    """Return who issued or recorded what, and the events that only the audit log has."""
    rows = session.execute(
        select(AuditEntry.at, AuditEntry.act, AuditEntry.subject, Login.name)
        .outerjoin(Login, Login.public_id == AuditEntry.actor)
        .where(AuditEntry.subject.in_(subjects))
        .order_by(AuditEntry.id)
    ).all()
    actors: dict[str, str] = {}
    found = []
    for row in rows:
        key = _reversal_of(row.subject) if row.act in _REVERSED else row.subject
        actors.setdefault(key, row.name or "")
        if row.act in _AUDITED:
            event = Event(at=row.at, what=_AUDITED[row.act], actor=row.name or "")
            found.append((row.subject, event))
    return actors, found
