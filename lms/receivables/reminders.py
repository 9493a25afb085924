"""Payment reminders: 7 days before an invoice is due, then 15, 30 and 60 days past due (MONEY.md, M18).

One email tells a payer about all their open invoices, each with its own balance; access doesn't end. An
invoice that reaches its own stage within a few days after that email counts as reminded.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from lms import audit
from lms.documents.payment_links import PaymentLinks
from lms.mail.links import MailContext
from lms.models.orders import Order
from lms.models.payments import PaymentReminder
from lms.payments import settlements
from lms.receivables import mails
from lms.receivables.open_invoices import Debtor, Receivable, receivables

AHEAD: Final = timedelta(days=7)
TOLD_FOR: Final = timedelta(days=6)
FOREVER: Final = timedelta(days=400)  # invoices are due within 180 days


def due_debtors(session: Session, *, now: datetime) -> tuple[Debtor, ...]:
    """Return the payers to remind now, the longest due invoice first."""
    found = receivables(session, due_by=now + AHEAD, now=now)
    return tuple(dict.fromkeys(one.debtor for one in found if one.stage_by(now) is not None))


def remind(
    session: Session,
    debtor: Debtor,
    *,
    mail_context: MailContext,
    pay: PaymentLinks,
    now: datetime,
) -> tuple[Receivable, ...]:
    """Remind a payer of their open invoices if a reminder is due; returns the invoices it names.

    Of two concurrent calls, the second one finds nothing due.
    """
    known = receivables(session, due_by=now + FOREVER, now=now, debtor=debtor)
    settlements.lock_invoices(session, [one.id for one in known])
    named = receivables(session, due_by=now + FOREVER, now=now, debtor=debtor)
    if all(one.stage_by(now) is None for one in named):
        return ()
    told = mails.send_reminder(session, named, mail_context=mail_context, pay=pay, now=now)
    named = tuple(one for one in named if one.id in told)
    for one in named:
        stage = one.stage_by(now) or one.stage_by(now + TOLD_FOR)
        if stage is not None:
            session.add(PaymentReminder(invoice_id=one.id, stage=stage, sent_at=now))
        order = session.get_one(Order, one.order_id)
        audit.record(session, "order.reminded", order.public_id, actor=None, now=now)
    session.flush()
    return named
