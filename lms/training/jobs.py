"""Jobs for training: record who has completed it, assign it to people who come later, and email."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from lms.core.clock import now
from lms.core.runtime import Carrel
from lms.jobs.queue import JobKind, JobRun, Schedule
from lms.mail.links import mail_context_of
from lms.training import assignments
from lms.training.later_trainees import begin_round, reach_later
from lms.training.listed_groups import admit_invited
from lms.training.progress import look
from lms.training.reminders import announce_training, remind_trainees, tell_supervisors

TURN: Final = "training.turn"
REMIND: Final = assignments.REMIND
SCHEDULES: Final = (
    Schedule(TURN, timedelta(minutes=5)),
    Schedule(REMIND, timedelta(minutes=15)),
)


def turn(carrel: Carrel, run: JobRun) -> None:
    """Assign training to people who joined since, and record who has started and completed it."""
    zone = carrel.settings.zone
    with carrel.database.transaction() as session:
        admit_invited(session, now=now())
    begun = True
    while begun and not run.canceled():
        with carrel.database.transaction() as session:
            begun = begin_round(session, zone=zone, now=now())
        run.give_way()
    for step in (reach_later, look):
        _work_through(carrel, run, step)


def _work_through(carrel: Carrel, run: JobRun, step: Callable[..., int | None]) -> None:
    """Take a step in transactions of its own until nothing is left."""
    last: int | None = 0
    while last is not None and not run.canceled():
        with carrel.database.transaction() as session:
            last = step(session, after=last, now=now())
        run.give_way()


def remind(carrel: Carrel, run: JobRun) -> None:
    """Email announcements and reminders; each is sent once, even with several workers."""
    mail_context = mail_context_of(carrel.settings)
    for email in (announce_training, remind_trainees):
        looked = 1
        while looked and not run.canceled():
            with carrel.database.transaction() as session:
                looked = email(session, mail_context=mail_context, now=now())
            run.give_way()
    with carrel.database.transaction() as session:
        tell_supervisors(session, mail_context=mail_context, now=now())


JOBS: Final = (
    JobKind(TURN, turn),
    JobKind(REMIND, remind),
)
