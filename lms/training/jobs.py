"""Jobs for training: record who has completed it, and send reminders."""

from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from lms.core.clock import now
from lms.core.runtime import Carrel
from lms.jobs.queue import JobKind, JobRun, Schedule
from lms.mail.links import Links, MailContext
from lms.training.progress import look
from lms.training.reminders import remind_trainees

TURN: Final = "training.turn"
REMIND: Final = "training.remind"
SCHEDULES: Final = (
    Schedule(TURN, timedelta(minutes=5)),
    Schedule(REMIND, timedelta(minutes=15)),
)


def turn(carrel: Carrel, run: JobRun) -> None:
    """Record who has started and completed what they were assigned."""
    last: int | None = 0
    while last is not None and not run.canceled():
        with carrel.database.transaction() as session:
            last = look(session, after=last, now=now())
        run.give_way()


def remind(carrel: Carrel, run: JobRun) -> None:
    """Email the reminders that are due; each is sent once, even with several workers."""
    settings = carrel.settings
    mail_context = MailContext(Links(settings.base_url), ZoneInfo(settings.time_zone))
    looked = 1
    while looked and not run.canceled():
        with carrel.database.transaction() as session:
            looked = remind_trainees(session, mail_context=mail_context, now=now())
        run.give_way()


JOBS: Final = (
    JobKind(TURN, turn),
    JobKind(REMIND, remind),
)
