"""Pauses of payment reminders: stopped by our team, or until the day that a payer promised (M18)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from lms import audit
from lms.models.orders import Order
from lms.models.payments import PauseKind, ReminderPause


@dataclass(frozen=True, slots=True)
class Pause:
    """Why an order's reminders are paused, and until when; `until` None is until our team resumes them."""

    kind: PauseKind
    until: datetime | None


def pause_of(session: Session, order_id: int, *, now: datetime) -> Pause | None:
    """Return the current pause of an order's reminders that lasts longest; None without one."""
    row = session.scalar(
        select(ReminderPause)
        .where(
            ReminderPause.order_id == order_id,
            ReminderPause.ended_at.is_(None),
            or_(ReminderPause.until.is_(None), ReminderPause.until > now),
        )
        .order_by(ReminderPause.until.is_not(None), ReminderPause.until.desc())
        .limit(1)
    )
    return None if row is None else Pause(row.kind, row.until)


def stop(session: Session, order: Order, *, actor: str | None, now: datetime) -> None:
    """Stop an order's reminders until our team resumes them; `order` is locked."""
    stopped = select(func.count(ReminderPause.id)).where(
        ReminderPause.order_id == order.id,
        ReminderPause.kind == PauseKind.STOPPED,
        ReminderPause.ended_at.is_(None),
    )
    if session.scalar(stopped):
        return
    session.add(ReminderPause(order_id=order.id, kind=PauseKind.STOPPED, created_at=now))
    audit.record(session, "order.reminders_stopped", order.public_id, actor=actor, now=now)


def carry_over(session: Session, was: Order, order: Order) -> None:
    """Pause the reminders of an order as those of the order that it replaces."""
    open_ones = select(ReminderPause).where(
        ReminderPause.order_id == was.id, ReminderPause.ended_at.is_(None)
    )
    for pause in session.scalars(open_ones.order_by(ReminderPause.id)):
        kept = {
            column.key: getattr(pause, column.key)
            for column in ReminderPause.__mapper__.columns
            if column.key not in ("id", "order_id")
        }
        session.add(ReminderPause(order_id=order.id, **kept))


def resume(session: Session, order: Order, *, actor: str | None, now: datetime) -> None:
    """End every pause of an order's reminders; `order` is locked."""
    ended = session.scalars(
        update(ReminderPause)
        .where(ReminderPause.order_id == order.id, ReminderPause.ended_at.is_(None))
        .values(ended_at=now)
        .returning(ReminderPause.id)
        .execution_options(synchronize_session="fetch")
    ).all()
    if ended:
        audit.record(session, "order.reminders_resumed", order.public_id, actor=actor, now=now)
