"""Dispute evidence: what to send to the bank for a disputed order, and by when (MONEY.md, M12)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.access.merged_logins import logins_of
from lms.models.certificates import Certificate
from lms.models.documents import Document, DocumentKind
from lms.models.grants import Grant
from lms.models.jobs import JobState
from lms.models.mail import Mail
from lms.models.orders import Order, OrderLine
from lms.models.playback import PlaybackSession, WatchRecord
from lms.models.recordings import Recording
from lms.models.seller import PolicyKind, PolicyVersion
from lms.sales import disputes
from lms.sales.mails import SAY_WHAT_WAS_BOUGHT


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt, by its public ID, and its printed number."""

    document_id: str
    number: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """Facts about a disputed order; None and () if there are none."""

    due_at: datetime | None
    amount_minor: int
    reason: str
    receipts: tuple[Receipt, ...]
    accepted: tuple[tuple[PolicyKind, int], ...]
    first_opened_at: datetime | None
    watched_minutes: int
    certificates: int
    emailed_at: datetime | None


def evidence_of(session: Session, order: Order) -> Evidence | None:
    """Return the evidence for a disputed order; None if no dispute is open.

    It is of all orders that the payment pays, such as the one before an exchange and the one after it.
    """
    dispute = disputes.of_order(session, order.id)
    if dispute is None:
        return None
    orders = disputes.orders_paid_by(session, dispute.payment_id)
    paid = [one.id for one in orders]
    receipts = session.execute(
        select(Document.public_id, Document.label)
        .where(Document.order_id.in_(paid), Document.kind == DocumentKind.RECEIPT)
        .order_by(Document.id)
    )
    accepted = session.execute(
        select(PolicyVersion.kind, PolicyVersion.number)
        .where(PolicyVersion.id.in_(order.policies), PolicyVersion.number.is_not(None))
        .order_by(PolicyVersion.id)
    )
    return Evidence(
        due_at=dispute.evidence_due,
        amount_minor=dispute.amount_minor,
        reason=dispute.reason,
        receipts=tuple(Receipt(row.public_id, row.label) for row in receipts),
        accepted=tuple((row.kind, int(row.number or 0)) for row in accepted),
        first_opened_at=_first_opened(session, paid),
        watched_minutes=_watched_minutes(session, paid),
        certificates=_certificates(session, paid),
        emailed_at=_emailed_at(session, orders[0]),
    )


def _first_opened(session: Session, order_ids: Sequence[int]) -> datetime | None:
    return session.scalar(
        select(func.min(PlaybackSession.opened_at))
        .join(Grant, Grant.id == PlaybackSession.grant_id)
        .join(OrderLine, OrderLine.id == Grant.order_line_id)
        .where(OrderLine.order_id.in_(order_ids))
    )


def _watched_minutes(session: Session, order_ids: Sequence[int]) -> int:
    """Return the minutes that people watched through the orders' access."""
    opened = (
        select(PlaybackSession.login_id, PlaybackSession.recording_id)
        .join(Grant, Grant.id == PlaybackSession.grant_id)
        .join(OrderLine, OrderLine.id == Grant.order_line_id)
        .where(OrderLine.order_id.in_(order_ids))
        .distinct()
        .subquery()
    )
    seconds = session.scalar(
        select(func.coalesce(func.sum(WatchRecord.watched_s), 0)).join(
            opened,
            (opened.c.login_id == WatchRecord.login_id)
            & (opened.c.recording_id == WatchRecord.recording_id),
        )
    )
    return int(seconds or 0) // 60


def _certificates(session: Session, order_ids: Sequence[int]) -> int:
    opened = (
        select(PlaybackSession.login_id, Recording.webinar_id)
        .join(Recording, Recording.id == PlaybackSession.recording_id)
        .join(Grant, Grant.id == PlaybackSession.grant_id)
        .join(OrderLine, OrderLine.id == Grant.order_line_id)
        .where(OrderLine.order_id.in_(order_ids))
        .distinct()
        .subquery()
    )
    found = session.scalar(
        select(func.count())
        .select_from(Certificate)
        .join(
            opened,
            (opened.c.login_id == Certificate.login_id)
            & (opened.c.webinar_id == Certificate.webinar_id),
        )
    )
    return found or 0


def _emailed_at(session: Session, order: Order) -> datetime | None:
    """Return when the buyer was first emailed what they bought, unless it bounced."""
    if order.contact_id is None:
        return None
    return session.scalar(
        select(func.min(Mail.sent_at)).where(
            Mail.login_id.in_(logins_of(order.contact_id)),
            Mail.kind.in_(SAY_WHAT_WAS_BOUGHT),
            Mail.state == JobState.DONE,
            Mail.bounced_at.is_(None),
            Mail.created_at >= order.created_at,
        )
    )
