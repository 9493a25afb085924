"""Jobs of buying: reminders to confirm an order's email address."""

from datetime import timedelta
from typing import Final

from lms.buying import confirmation_reminders
from lms.core.clock import now
from lms.core.runtime import Carrel
from lms.jobs.queue import JobKind, JobRun, Schedule
from lms.mail.links import mail_context_of

REMIND: Final = "buying.remind_unconfirmed"
SCHEDULES: Final = (Schedule(REMIND, timedelta(hours=1)),)


def remind(carrel: Carrel, run: JobRun) -> None:
    """Remind buyers who haven't confirmed their address, each in its own transaction."""
    mail_context = mail_context_of(carrel.settings)
    with carrel.database.read_session() as session:
        due = confirmation_reminders.due_buyers(session, zone=mail_context.zone, now=now())
    for login_id in due:
        if run.canceled():
            return
        with carrel.database.transaction() as session:
            confirmation_reminders.remind(session, login_id, mail_context=mail_context, now=now())


JOBS: Final = (JobKind(REMIND, remind),)
