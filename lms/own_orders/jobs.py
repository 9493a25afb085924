"""Jobs of own orders: email people before and when their passes end, with the link that renews them."""

from datetime import timedelta
from typing import Final

from lms.contracts.pass_and_seat_reminders import due_passes
from lms.core.clock import now
from lms.core.runtime import Carrel
from lms.documents.payment_links import payment_links
from lms.jobs.queue import JobKind, JobRun, Schedule
from lms.mail.links import mail_context_of
from lms.own_orders import pass_renewals

REMIND: Final = "own_orders.remind_of_passes"
SCHEDULES: Final = (Schedule(REMIND, timedelta(minutes=15)),)


def remind(carrel: Carrel, run: JobRun) -> None:
    """Send the due notices about passes, each in its own transaction (M17)."""
    mail_context = mail_context_of(carrel.settings)
    pay = payment_links(carrel.settings)
    with carrel.database.read_session() as session:
        due = due_passes(session, zone=mail_context.zone, now=now())
    for ending in due:
        if run.canceled():
            return
        with carrel.database.transaction() as session:
            pass_renewals.tell(session, ending, pay=pay, mail_context=mail_context, now=now())


JOBS: Final = (JobKind(REMIND, remind),)
