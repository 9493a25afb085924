"""Read models of receivables: the reminders of open invoices, and their pauses."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from lms.access.merged_organizations import family_of
from lms.models.documents import Document, DocumentKind
from lms.models.orders import Order
from lms.models.payments import PaymentReminder, ReminderStage
from lms.receivables.pauses import Pause, pause_of


@dataclass(frozen=True, slots=True)
class Reminded:
    """A reminder that was sent: its stage and its time."""

    stage: ReminderStage
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Reminders:
    """The reminders of an open invoice, the oldest first, and the pause of the next ones."""

    order_id: str
    document_id: str
    number: str
    po_number: str
    currency: str
    open_minor: int
    due_at: datetime | None
    sent: tuple[Reminded, ...]
    pause: Pause | None


def reminders_of_order(session: Session, order_id: int, *, now: datetime) -> Reminders | None:
    """Return the reminders of an order's open invoice; None if nothing is open."""
    return next(iter(_reminders(session, Order.id == order_id, now=now)), None)


def reminders_of_organization(
    session: Session, organization_id: int, *, now: datetime
) -> tuple[Reminders, ...]:
    """Return the reminders of an organization's open invoices, the oldest due first."""
    theirs = Document.organization_id.in_(family_of(organization_id))
    return _reminders(session, theirs, now=now)


def _reminders(
    session: Session, which: ColumnElement[bool], *, now: datetime
) -> tuple[Reminders, ...]:
    rows = session.execute(
        select(Document, Order)
        .join(Order, Order.id == Document.order_id)
        .where(
            which,
            Document.kind == DocumentKind.INVOICE,
            Document.open_minor > 0,
            Document.livemode.is_(True),
        )
        .order_by(func.coalesce(Document.due_at, Document.issued_at), Document.id)
    ).all()
    return tuple(
        Reminders(
            order_id=order.public_id,
            document_id=document.public_id,
            number=document.label,
            po_number=document.po_number,
            currency=document.currency,
            open_minor=document.open_minor,
            due_at=document.due_at,
            sent=_sent(session, document.id),
            pause=pause_of(session, order.id, now=now),
        )
        for document, order in rows
    )


def _sent(session: Session, invoice_id: int) -> tuple[Reminded, ...]:
    rows = session.execute(
        select(PaymentReminder.stage, PaymentReminder.sent_at)
        .where(PaymentReminder.invoice_id == invoice_id)
        .order_by(PaymentReminder.sent_at, PaymentReminder.id)
    )
    return tuple(Reminded(row.stage, row.sent_at) for row in rows)
