"""The job that sends a mailing in small batches; a killed one continues where it stopped."""

from typing import Final

from sqlalchemy.orm import Session

from lms.core.clock import now
from lms.core.runtime import Carrel
from lms.jobs.queue import Ended, JobKind, JobRun, Stopped
from lms.mailings import mailings
from lms.mailings.mailings import SEND

AT_ONCE: Final = 100


def send(carrel: Carrel, run: JobRun) -> None:
    """Write the emails of a mailing whose time has come; each recipient gets one, however often it runs."""
    with carrel.database.transaction() as session:
        if not mailings.begin(session, run.subject, notice=run.payload["notice"], now=now()):
            return
    with carrel.database.read_session() as session:
        waiting = mailings.waiting_recipients(session, run.subject, now=now())
    for start in range(0, len(waiting), AT_ONCE):
        if run.canceled():
            raise Stopped
        # a mailing that was stopped can be edited while no one has it
        with run.transaction(carrel.database) as session:
            some = waiting[start : start + AT_ONCE]
            if not mailings.post_some(session, run.subject, some, now=now()):
                return
        run.report((start + len(some)) / len(waiting))
        carrel.database.let_others_write()
        run.give_way()
    with carrel.database.transaction() as session:
        mailings.finish(session, run.subject, now=now())


def ended(session: Session, how: Ended) -> None:
    """Stop the mailing of a job that failed or was canceled."""
    mailings.stop(session, how.subject)


JOBS: Final = (JobKind(SEND, send, ended=ended),)
