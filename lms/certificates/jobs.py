"""Jobs for certificates: issue those no heartbeat has issued, and those of a group viewing."""

from datetime import timedelta
from typing import Final

from lms.certificates import eligibility, group_showing_certificates
from lms.certificates.group_showing_certificates import GIVE
from lms.core.clock import now
from lms.core.runtime import Carrel
from lms.jobs.queue import JobKind, JobRun, Schedule
from lms.mail.links import Links

CONSIDER: Final = "certificates.consider"
SCHEDULES: Final = (Schedule(CONSIDER, timedelta(minutes=10)),)
AT_ONCE: Final = 25


def consider(carrel: Carrel, run: JobRun) -> None:
    """Check what no heartbeat did: after merges, changed rules, live attendance, or a failure."""
    links = Links(carrel.settings.base_url)
    after = 0
    while not run.canceled():
        with carrel.database.read_session() as session:
            due = eligibility.read_due(session, after=after, limit=AT_ONCE)
        if not due:
            return
        with carrel.database.transaction() as session:
            for each in due:
                eligibility.consider(
                    session, each.login_id, each.webinar_id, links=links, now=now()
                )
        carrel.database.let_others_write()
        after = due[-1].record_id


def give_group(carrel: Carrel, run: JobRun) -> None:
    """Issue the certificates of a group viewing in batches; a repeated run issues none twice."""
    links = Links(carrel.settings.base_url)
    while not run.canceled():
        with carrel.database.transaction() as session:
            given = group_showing_certificates.give_some(
                session, run.subject, limit=AT_ONCE, links=links, now=now()
            )
        if given == 0:
            return
        carrel.database.let_others_write()


JOBS: Final = (
    JobKind(CONSIDER, consider),
    JobKind(GIVE, give_group),
)
