"""Jobs of orders: invoices on their billing day, and notices of invoices that are past due."""

from datetime import timedelta
from typing import Final

from lms.core.clock import now
from lms.core.runtime import Carrel
from lms.jobs.queue import JobKind, JobRun, Schedule
from lms.mail.links import mail_context_of
from lms.sales import invoices
from lms.sales.payment_mails import tell_past_due

BILL: Final = "sales.bill"
PAST_DUE: Final = "sales.past_due"
SCHEDULES: Final = (
    Schedule(BILL, timedelta(hours=1)),
    Schedule(PAST_DUE, timedelta(hours=1)),
)


def bill(carrel: Carrel, run: JobRun) -> None:
    """Issue the invoices whose billing day has come, each in its own transaction (M6)."""
    mail_context = mail_context_of(carrel.settings)
    with carrel.database.read_session() as session:
        due = invoices.due_for_billing(session, zone=mail_context.zone, now=now())
    for order_id in due:
        if run.canceled():
            return
        with carrel.database.transaction() as session:
            invoices.bill_due(session, order_id, mail_context=mail_context, now=now())


def past_due(carrel: Carrel, _run: JobRun) -> None:
    """Email our team about invoices that became past due, once each."""
    with carrel.database.transaction() as session:
        tell_past_due(session, mail_context=mail_context_of(carrel.settings), now=now())


JOBS: Final = (JobKind(BILL, bill), JobKind(PAST_DUE, past_due))
