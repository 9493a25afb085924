"""The nightly check of balances: each open amount is recomputed from its rows (MONEY.md, M24)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from lms.models.documents import Document, DocumentKind
from lms.models.payments import Dispute, Payment, Refund, RefundState, Settlement

CHECKED: Final = "balances.checked"  # the audit action, with the number of differences
_STANDS: Final = Settlement.undone_at.is_(None)
_PAID_OUT: Final = Refund.state != RefundState.FAILED


@dataclass(frozen=True, slots=True)
class Difference:
    """A balance that doesn't add up; `subject` is a public ID, amounts in minor units."""

    kind: str
    subject: str
    number: str
    currency: str
    stored_minor: int
    computed_minor: int


def differences(session: Session) -> tuple[Difference, ...]:
    """Return each stored balance that differs from its rows; usually none."""
    return (*_invoices(session), *_credit_notes(session), *_payments(session))


def _invoices(session: Session) -> Iterator[Difference]:
    settled = (
        select(Settlement.invoice_id, func.sum(Settlement.amount_minor).label("amount"))
        .where(_STANDS)
        .group_by(Settlement.invoice_id)
        .subquery()
    )
    computed = Document.total_minor - func.coalesce(settled.c.amount, 0)
    rows = session.execute(
        select(Document.public_id, Document.label, Document.currency, Document.open_minor, computed)
        .outerjoin(settled, settled.c.invoice_id == Document.id)
        .where(Document.kind == DocumentKind.INVOICE, Document.open_minor != computed)
        .order_by(Document.id)
    )
    for public_id, label, currency, stored, right in rows:
        yield Difference("invoice", public_id, label, currency, stored, right)


def _credit_notes(session: Session) -> Iterator[Difference]:
    used = (
        select(Settlement.credit_note_id, func.sum(Settlement.amount_minor).label("amount"))
        .where(_STANDS)
        .group_by(Settlement.credit_note_id)
        .subquery()
    )
    returned = (
        select(Refund.credit_note_id, func.sum(Refund.amount_minor).label("amount"))
        .where(_PAID_OUT)
        .group_by(Refund.credit_note_id)
        .subquery()
    )
    computed = (
        Document.total_minor - func.coalesce(used.c.amount, 0) - func.coalesce(returned.c.amount, 0)
    )
    rows = session.execute(
        select(Document.public_id, Document.label, Document.currency, Document.open_minor, computed)
        .outerjoin(used, used.c.credit_note_id == Document.id)
        .outerjoin(returned, returned.c.credit_note_id == Document.id)
        .where(Document.kind == DocumentKind.CREDIT_NOTE, Document.open_minor != computed)
        .order_by(Document.id)
    )
    for public_id, label, currency, stored, right in rows:
        yield Difference("credit_note", public_id, label, currency, stored, right)


def _payments(session: Session) -> Iterator[Difference]:
    used = (
        select(Settlement.payment_id, func.sum(Settlement.amount_minor).label("amount"))
        .where(_STANDS)
        .group_by(Settlement.payment_id)
        .subquery()
    )
    returned = (
        select(Refund.payment_id, func.sum(Refund.amount_minor).label("amount"))
        .where(_PAID_OUT, Refund.credit_note_id.is_(None))
        .group_by(Refund.payment_id)
        .subquery()
    )
    by_credit_note = (
        select(Refund.payment_id, func.sum(Refund.amount_minor).label("amount"))
        .where(_PAID_OUT, Refund.credit_note_id.is_not(None))
        .group_by(Refund.payment_id)
        .subquery()
    )
    lost = (
        select(Dispute.payment_id, func.sum(Dispute.lost_minor).label("amount"))
        .group_by(Dispute.payment_id)
        .subquery()
    )
    left = (
        Payment.amount_minor
        - func.coalesce(used.c.amount, 0)
        - func.coalesce(returned.c.amount, 0)
        - func.coalesce(lost.c.amount, 0)
    )
    rows = session.execute(
        select(Payment.public_id, Payment.check_number, Payment.currency, Payment.open_minor, left)
        .outerjoin(used, used.c.payment_id == Payment.id)
        .outerjoin(returned, returned.c.payment_id == Payment.id)
        .outerjoin(by_credit_note, by_credit_note.c.payment_id == Payment.id)
        .outerjoin(lost, lost.c.payment_id == Payment.id)
        .where(
            and_(Payment.reversed_at.is_(None), Payment.open_minor != left)
            | and_(
                Payment.reversed_at.is_not(None),
                func.coalesce(used.c.amount, 0) != func.coalesce(by_credit_note.c.amount, 0),
            )
        )
        .order_by(Payment.id)
    )
    for public_id, number, currency, stored, right in rows:
        yield Difference("payment", public_id, number, currency, stored, right)
