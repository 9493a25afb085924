"""Jobs of attendance: counting the live minutes of people named in meeting reports."""

from typing import Final

from sqlalchemy import select

from lms.attendance import report_participants
from lms.attendance.report_imports import COUNT
from lms.core.clock import now
from lms.core.runtime import Carrel
from lms.jobs.queue import JobKind, JobRun
from lms.mail.links import Links
from lms.models.catalog import Webinar

AT_ONCE: Final = 25


def count_minutes(carrel: Carrel, run: JobRun) -> None:
    """Count the minutes of everyone named in a webinar's reports, in small transactions."""
    links, after = Links(carrel.settings.base_url), 0
    with carrel.database.read_session() as session:
        webinar_id = session.scalar(select(Webinar.id).where(Webinar.public_id == run.subject))
    if webinar_id is None:
        return
    while not run.canceled():
        with carrel.database.transaction() as session:
            some = report_participants.people_of(session, webinar_id, after=after, limit=AT_ONCE)
            for login_id in some:
                report_participants.count_one(session, webinar_id, login_id, links=links, now=now())
        if len(some) < AT_ONCE:
            return
        after = some[-1]
        carrel.database.let_others_write()
        run.give_way()


JOBS: Final = (JobKind(COUNT, count_minutes),)
