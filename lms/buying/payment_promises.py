"""Payment promises: "check sent" and "in approval", which pause reminders of an order's invoice."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lms import audit
from lms.core.dates_and_time_zones import end_of_day, on_wall_clock
from lms.core.errors import N_, Conflict, Invalid
from lms.models.documents import Document, DocumentKind
from lms.models.orders import Order
from lms.models.payments import PauseKind, ReminderPause
from lms.pricing.price_list import HIGHEST_MINOR

MADE_BY_PAYERS: Final = (PauseKind.CHECK_SENT, PauseKind.IN_APPROVAL)
CHECK_DAYS: Final = 14  # time for a check to arrive and to clear
LONGEST_APPROVAL: Final = 60
LONGEST_NOTE: Final = 500
LONGEST_NUMBER: Final = 80
OLDEST_CHECK: Final = 365
NOTHING_OWED = N_("There's nothing due on this order.")


@dataclass(frozen=True, slots=True)
class CheckSent:
    """A check that was sent; the amount is optional."""

    number: str
    sent_on: date
    amount_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Promise:
    """What a payer promised about an order, and until when reminders pause for it."""

    kind: PauseKind
    until: datetime
    note: str
    check_number: str
    sent_on: date | None
    amount_minor: int | None


def note_check(
    session: Session, order: Order, check: CheckSent, *, zone: ZoneInfo, now: datetime
) -> None:
    """Record that a check was sent; reminders pause for 14 days. `order` must be locked.

    Raises Invalid, with faults by field, and Conflict if nothing is due.
    """
    today = on_wall_clock(now, zone).date()
    number = " ".join(check.number.split())
    faults = {}
    if not 1 <= len(number) <= LONGEST_NUMBER:
        faults["check_number"] = N_("Enter a check number of up to 80 characters.")
    if not today - timedelta(days=OLDEST_CHECK) <= check.sent_on <= today:
        faults["sent_on"] = N_("Enter the date you sent the check. It can't be in the future.")
    if check.amount_minor is not None and not 1 <= check.amount_minor <= HIGHEST_MINOR:
        faults["amount"] = N_("Enter the amount of the check, like 325.00.")
    if faults:
        raise Invalid(N_("Check the fields below."), fields=faults)
    _replace(
        session,
        order,
        ReminderPause(
            order_id=order.id,
            kind=PauseKind.CHECK_SENT,
            until=end_of_day(today + timedelta(days=CHECK_DAYS), zone),
            check_number=number,
            sent_on=check.sent_on,
            amount_minor=check.amount_minor,
            created_at=now,
        ),
    )
    audit.record(session, "order.check_sent", order.public_id, actor=None, now=now)


def note_approval(
    session: Session, order: Order, until: date, note: str, *, zone: ZoneInfo, now: datetime
) -> None:
    """Record that an invoice is in approval; reminders pause through `until`. `order` must be locked.

    Raises Invalid, with faults by field, and Conflict if nothing is due.
    """
    today = on_wall_clock(now, zone).date()
    faults = {}
    if not today <= until <= today + timedelta(days=LONGEST_APPROVAL):
        faults["until"] = N_("Choose a date within the next 60 days.")
    if len(note.strip()) > LONGEST_NOTE:
        faults["note"] = N_("Use up to 500 characters.")
    if faults:
        raise Invalid(N_("Check the fields below."), fields=faults)
    _replace(
        session,
        order,
        ReminderPause(
            order_id=order.id,
            kind=PauseKind.IN_APPROVAL,
            until=end_of_day(until, zone),
            note=note.strip(),
            created_at=now,
        ),
    )
    audit.record(session, "order.in_approval", order.public_id, actor=None, now=now)


def open_promise(session: Session, order_id: int, *, now: datetime) -> Promise | None:
    """Return a payer's latest promise about an order, while it is valid."""
    row = session.scalar(
        select(ReminderPause)
        .where(
            ReminderPause.order_id == order_id,
            ReminderPause.kind.in_(MADE_BY_PAYERS),
            ReminderPause.ended_at.is_(None),
            ReminderPause.until > now,
        )
        .order_by(ReminderPause.id.desc())
        .limit(1)
    )
    if row is None or row.until is None:
        return None
    return Promise(row.kind, row.until, row.note, row.check_number, row.sent_on, row.amount_minor)


def _replace(session: Session, order: Order, pause: ReminderPause) -> None:
    """Add a promise, which ends earlier ones for the order."""
    owed = session.scalar(
        select(Document.open_minor).where(
            Document.order_id == order.id,
            Document.kind == DocumentKind.INVOICE,
            Document.replaced_at.is_(None),
        )
    )
    if not owed:
        raise Conflict(NOTHING_OWED)
    session.execute(
        update(ReminderPause)
        .where(
            ReminderPause.order_id == order.id,
            ReminderPause.kind.in_(MADE_BY_PAYERS),
            ReminderPause.ended_at.is_(None),
        )
        .values(ended_at=pause.created_at)
    )
    session.add(pause)
    session.flush()
