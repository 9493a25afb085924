"""Jobs for rosters: daily for recent courses, and for one course on request."""

from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy.orm import Session

from lms.core import clock
from lms.core.errors import Conflict, NotFound
from lms.core.runtime import Carrel
from lms.jobs.queue import JobKind, JobRun, Schedule, enqueue
from lms.mail.links import Links
from lms.models.jobs import Lane
from lti.grades.jobs import services_of
from lti.http.access_tokens import Platform
from lti.http.authorized_platform_calls import Services, find_platform
from lti.http.platform_calls_and_outcomes import Denied, Later
from lti.rosters import roster_sync_and_seat_release
from lti.rosters.names_and_roles_service import Roster, read_roster
from lti.rosters.roster_sync_and_seat_release import Source

ROSTERS: Final = "lti.rosters"
ROSTER: Final = "lti.roster"
SCHEDULES: Final = (Schedule(ROSTERS, timedelta(hours=1)),)
UNHURRIED: Final = 200
ONCE_IN: Final = timedelta(minutes=1)

log = structlog.get_logger()


def ask_for_rosters(carrel: Carrel, _run: JobRun) -> None:
    """Queue the sync of every course that is due."""
    now = clock.now()
    with carrel.database.read_session() as session:
        due = roster_sync_and_seat_release.courses_due(session, now=now)
    with carrel.database.transaction() as session:
        for course_id in due:
            ask_for_roster(session, course_id, now=now, priority=UNHURRIED)


def ask_for_roster(session: Session, course_id: str, *, now: datetime, priority: int = 100) -> str:
    """Queue the sync of a course (public ID), at most once a minute; return the job's public ID.

    Raises NotFound, and Conflict for a course whose platform offers no roster.
    """
    roster_sync_and_seat_release.find_source(session, course_id)
    slot = int(now.timestamp() // ONCE_IN.total_seconds())
    job = enqueue(
        session,
        kind=ROSTER,
        lane=Lane.PROMPT,
        subject=course_id,
        payload={},
        now=now,
        unique_key=f"{ROSTER}@{course_id}@{slot}",
        priority=priority,
    )
    return job.public_id


def sync_roster(carrel: Carrel, run: JobRun) -> None:
    """Sync one course; a failure is stored with the course, and tried again within an hour."""
    with carrel.database.read_session() as session:
        try:
            source = roster_sync_and_seat_release.find_source(session, run.subject)
        except (NotFound, Conflict):
            return  # it was deleted meanwhile
        platform = find_platform(session, source.registration_id, source.deployment)
    services, links = services_of(carrel), Links(carrel.settings.base_url)
    only_changes, found = _read(services, platform, source)
    with run.transaction(carrel.database) as session:
        if isinstance(found, Roster):
            roster_sync_and_seat_release.keep_roster(
                session,
                source.context_id,
                found,
                only_changes=only_changes,
                links=links,
                now=clock.now(),
            )
        else:
            roster_sync_and_seat_release.note_failure(session, source.context_id, found.reason)
    log.info("roster_synced", course=run.subject, outcome=type(found).__name__)


def _read(
    services: Services, platform: Platform, source: Source
) -> tuple[bool, Roster | Later | Denied]:
    """Return whether the roster has only changes, and the roster; falls back if changes are refused."""
    if source.differences_url is not None:
        changes = read_roster(services, platform, source.differences_url, now=clock.now())
        if not isinstance(changes, Denied):
            return True, changes
    return False, read_roster(services, platform, source.url, now=clock.now())


JOBS: Final = (
    JobKind(ROSTERS, ask_for_rosters),
    JobKind(ROSTER, sync_roster),
)
