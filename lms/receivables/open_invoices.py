"""Open invoices for reminders: payer, due date, sent reminders, and pauses.

Left out are test invoices, invoices of canceled orders, invoices with disputed payments, and invoices
for a canceled webinar that wasn't credited yet while its payer has an open offer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session

from lms.access.merged_logins import kept_login
from lms.access.merged_organizations import kept_organization
from lms.audience.roles import standing_lines
from lms.models.documents import Document, DocumentKind
from lms.models.live import CancellationOffer
from lms.models.orders import Order, OrderLine
from lms.models.payments import (
    PaymentReminder,
    ReminderPause,
    ReminderStage,
)
from lms.payments.paid_invoices import DISPUTED_INVOICES

DAYS: Final[Mapping[ReminderStage, int]] = {
    ReminderStage.BEFORE_DUE: -7,
    ReminderStage.DAYS_15: 15,
    ReminderStage.DAYS_30: 30,
    ReminderStage.DAYS_60: 60,
}
STAGES: Final = tuple(DAYS)


@dataclass(frozen=True, slots=True)
class Debtor:
    """A payer with open invoices: a person or an organization, each the kept one, by row id."""

    login_id: int | None
    organization_id: int | None


@dataclass(frozen=True, slots=True)
class Receivable:
    """An open invoice, due at the end of a day; `sent` are the stages of its reminders.

    `since` is when it was issued, or imported: earlier stages are skipped.
    """

    id: int
    order_id: int
    debtor: Debtor
    due_at: datetime
    since: datetime
    sent: frozenset[ReminderStage]

    def stage_by(self, at: datetime) -> ReminderStage | None:
        """Return the last stage before `at` that has no reminder yet; else None."""
        latest = max((STAGES.index(one) for one in self.sent), default=-1)
        for stage in reversed(STAGES[latest + 1 :]):
            reached = self.due_at + timedelta(days=DAYS[stage])
            if self.since < reached <= at:
                is_late = stage is ReminderStage.BEFORE_DUE and at >= self.due_at
                return None if is_late else stage
        return None


def receivables(
    session: Session,
    *,
    due_by: datetime,
    now: datetime,
    debtor: Debtor | None = None,
) -> tuple[Receivable, ...]:
    """Return the open invoices due by a moment, of all payers or of one, the oldest due first.

    Orders with paused reminders are left out.
    """
    organization, person = (
        kept_organization(Document.organization_id),
        kept_login(Document.login_id),
    )
    query = (
        select(
            Document.id,
            Document.order_id,
            person.label("login_id"),
            organization.label("organization_id"),
            Document.due_at,
            Document.issued_at,
            Order.created_at,
        )
        .join(Order, Order.id == Document.order_id)
        .where(
            Document.kind == DocumentKind.INVOICE,
            Document.open_minor > 0,
            Document.due_at <= due_by,
            Document.livemode.is_(True),
            Order.canceled_at.is_(None),
            Document.id.not_in(DISPUTED_INVOICES),
            ~_IS_OFFERED_A_CHOICE,
            ~is_paused(now),
        )
        .order_by(Document.due_at, Document.id)
    )
    if debtor is not None and debtor.organization_id is not None:
        query = query.where(organization == debtor.organization_id)
    elif debtor is not None:
        query = query.where(person == debtor.login_id)
    rows = session.execute(query).all()
    sent: dict[int, set[ReminderStage]] = {}
    reminded = select(PaymentReminder.invoice_id, PaymentReminder.stage)
    for invoice_id, stage in session.execute(
        reminded.where(PaymentReminder.invoice_id.in_([row.id for row in rows]))
    ):
        sent.setdefault(invoice_id, set()).add(stage)
    return tuple(
        Receivable(
            id=row.id,
            order_id=row.order_id,
            debtor=Debtor(row.login_id, row.organization_id),
            due_at=row.due_at,
            since=max(row.issued_at, row.created_at),
            sent=frozenset(sent.get(row.id, ())),
        )
        for row in rows
    )


def is_paused(now: datetime) -> ColumnElement[bool]:
    """Return the condition that an order's reminders are paused now, by the payer or by us."""
    return exists().where(
        ReminderPause.order_id == Order.id,
        ReminderPause.ended_at.is_(None),
        func.coalesce(ReminderPause.until, now + timedelta(seconds=1)) > now,
    )


_IS_OFFERED_A_CHOICE: Final = exists().where(
    OrderLine.order_id == Order.id,
    *standing_lines(CancellationOffer.webinar_id),
    or_(
        kept_login(CancellationOffer.login_id) == kept_login(Order.login_id),
        kept_organization(CancellationOffer.organization_id)
        == kept_organization(Order.organization_id),
    ),
    CancellationOffer.is_postponement.is_(False),
    CancellationOffer.choice.is_(None),
    CancellationOffer.withdrawn_at.is_(None),
)
