"""Jobs of live webinars: enroll buyers, and send reminders and change notices, each once."""

from datetime import timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.core.clock import now
from lms.core.runtime import Carrel
from lms.jobs.queue import JobKind, JobRun, Schedule
from lms.live import mail_schedule
from lms.live.change_notices import TELL_CHANGED
from lms.live.mail_schedule import Telling
from lms.live.registrants import enroll_holders
from lms.mail.links import Links
from lms.models.catalog import Webinar

ROUND: Final = "live.round"


SCHEDULES: Final = (Schedule(ROUND, timedelta(minutes=5)),)


def go_round(carrel: Carrel, run: JobRun) -> None:
    """Enroll buyers of upcoming webinars, and write the reminders and recording notices that are due."""
    with carrel.database.transaction() as session:
        enroll_holders(session, now=now())
    with carrel.database.read_session() as session:
        due = mail_schedule.due_tellings(session, now=now())
    for number, telling in enumerate(due, start=1):
        _tell(carrel, run, telling)
        run.report(number / len(due))


def tell_changed(carrel: Carrel, run: JobRun) -> None:
    """Notify a webinar's audience of a change, unless it has changed again since."""
    with carrel.database.transaction() as session:
        found = session.scalar(select(Webinar).where(Webinar.public_id == run.subject))
        if found is None or found.notice != run.payload["notice"]:
            return
        if found.held_at > now():
            enroll_holders(session, now=now(), webinar_id=found.id)
        telling = Telling(mail_schedule.changed_as(run.payload["letter"]), found.id)
    _tell(carrel, run, telling, notice=run.payload["notice"])


def _tell(carrel: Carrel, run: JobRun, telling: Telling, *, notice: int | None = None) -> None:
    links, after = Links(carrel.settings.base_url), ""
    # Small batches in short transactions, so that other writers and jobs get a turn.
    while not run.canceled():
        with carrel.database.transaction() as session:
            if not _stands(session, telling, notice):
                return
            last = mail_schedule.tell_some(session, telling, after, links=links, now=now())
        if last is None:
            return
        after = last
        carrel.database.let_others_write()
        run.give_way()


def _stands(session: Session, telling: Telling, notice: int | None) -> bool:
    """Return whether a notice is still valid and due."""
    if notice is None:
        return mail_schedule.is_due(session, telling, now=now())
    standing = select(Webinar.notice).where(Webinar.id == telling.webinar_id)
    return session.scalar(standing) == notice


JOBS: Final = (
    JobKind(ROUND, go_round),
    JobKind(TELL_CHANGED, tell_changed),
)
