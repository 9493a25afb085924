"""Jobs of receivables: reminders of unpaid invoices."""

from datetime import timedelta
from typing import Final

from lms.core.clock import now
from lms.core.runtime import Carrel
from lms.documents.payment_links import payment_links
from lms.jobs.queue import JobKind, JobRun, Schedule
from lms.mail.links import mail_context_of
from lms.receivables import reminders

REMIND: Final = "receivables.remind"
SCHEDULES: Final = (Schedule(REMIND, timedelta(hours=1)),)


def remind(carrel: Carrel, run: JobRun) -> None:
    """Send the due payment reminders, each payer's in its own transaction (M18)."""
    mail_context = mail_context_of(carrel.settings)
    pay = payment_links(carrel.settings)
    with carrel.database.read_session() as session:
        due = reminders.due_debtors(session, now=now())
    for debtor in due:
        if run.canceled():
            return
        with carrel.database.transaction() as session:
            reminders.remind(session, debtor, mail_context=mail_context, pay=pay, now=now())


JOBS: Final = (JobKind(REMIND, remind),)
