"""Jobs for grades: read what was watched, then deliver due scores to each platform.

Platforms are served in parallel, so that a slow one does not delay others, and each by one worker at a
time. No call is made inside a transaction.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import cache
from typing import Final

import structlog
from sqlalchemy.orm import Session

from lms.core import clock
from lms.core.database import Database
from lms.core.model_base import new_public_id
from lms.core.runtime import Carrel
from lms.jobs.queue import JobKind, JobRun, Schedule
from lti.grades import delivery_lease, score_outbox, scores
from lti.grades.grade_service import NO_SCORES, NOT_THERE, Column, find_column, is_gone, post_score
from lti.grades.score_outbox import Parcel
from lti.http.access_tokens import Platform
from lti.http.authorized_platform_calls import Services, find_platform
from lti.http.platform_calls_and_outcomes import Answered, Denied, Later
from lti.keys.tool_keys import signing_key

SCORES: Final = "lti.scores"
SCHEDULES: Final = (Schedule(SCORES, timedelta(seconds=10)),)
AT_ONCE: Final = 8
LONGEST_ROUND: Final = timedelta(seconds=20)
ENOUGH_FAILURES: Final = 3
MOST_MENDED: Final = 3

log = structlog.get_logger()


def report_scores(carrel: Carrel, run: JobRun) -> None:
    """Queue scores that rose since the last round, and deliver those that are due."""
    look(carrel.database)
    deliver(carrel.database, services_of(carrel), stopping=run.canceled)


def look(database: Database) -> None:
    """Read what was watched since the last round, and queue the scores that rose."""
    now = clock.now()
    with database.read_session() as session:
        since = scores.look_since(session, now=now)
        standings = scores.find_changes(session, since, now=now)
    with database.transaction() as session:
        scores.keep_standings(session, standings, now=now)
        scores.mark_looked(session, now=now)


def look_after_merge(session: Session, kept_id: int, merged_id: int) -> None:
    """Count what both logins of a merged person have watched."""
    scores.look_at_logins(session, (kept_id, merged_id), now=clock.now())


def deliver(database: Database, services: Services, *, stopping: Callable[[], bool]) -> None:
    """Deliver all due scores, until none is left or 20 seconds have passed."""
    with database.read_session() as session:
        due = score_outbox.platforms_due(session, now=clock.now())
    if not due:
        return
    ends_at = clock.now() + LONGEST_ROUND
    with ThreadPoolExecutor(AT_ONCE) as pool:
        rounds = [
            pool.submit(_Delivery(database, services, registration_id).run, ends_at, stopping)
            for registration_id in due
        ]
        for one in rounds:
            one.result()


class _Delivery:
    """One worker's lease on one platform."""

    def __init__(self, database: Database, services: Services, registration_id: int) -> None:
        self._database = database
        self._services = services
        self._registration_id = registration_id
        self._worker = new_public_id()
        self._failures = 0

    def run(self, ends_at: datetime, stopping: Callable[[], bool]) -> None:
        """Deliver scores one after the other until none is due, or the platform fails too often."""
        with self._database.transaction() as session:
            if not delivery_lease.take_turn(
                session, self._registration_id, worker=self._worker, now=clock.now()
            ):
                return
        try:
            while not stopping() and clock.now() < ends_at and self._deliver_next():
                pass
        finally:
            with self._database.transaction() as session:
                delivery_lease.end_turn(session, self._registration_id, worker=self._worker)

    def _deliver_next(self) -> bool:
        """Deliver one score; return False when this round is over."""
        with self._database.transaction() as session:
            if not self._holds(session):
                return False
            parcel = score_outbox.take_parcel(session, self._registration_id, now=clock.now())
            if parcel is None:
                return False
            platform = find_platform(session, self._registration_id, parcel.deployment)
        return self._deliver(platform, parcel)

    def _deliver(self, platform: Platform, parcel: Parcel) -> bool:
        if not parcel.is_graded:
            return self._unsent(parcel)
        column: Column | Later | Denied = Denied(NO_SCORES)
        if parcel.may_be_sent:
            column = self._column(platform, parcel)
        if isinstance(column, Denied):
            return self._no_column(parcel, column.reason)
        if isinstance(column, Later):
            return self._later(parcel, column)
        sent = post_score(self._services, platform, column.url, parcel.report, now=clock.now())
        log.info("score_sent", score=parcel.score_id, outcome=type(sent).__name__)
        if isinstance(sent, Answered):
            return self._delivered(parcel)
        if isinstance(sent, Later):
            return self._later(parcel, sent)
        return self._denied(platform, parcel, column, sent)

    def _holds(self, session: Session) -> bool:
        return delivery_lease.hold_turn(
            session, self._registration_id, worker=self._worker, now=clock.now()
        )

    def _column(self, platform: Platform, parcel: Parcel) -> Column | Later | Denied:
        if parcel.column is not None:
            return Column(parcel.column)
        with self._database.read_session() as session:
            place = score_outbox.find_place(session, parcel.link_id)
        found = find_column(self._services, platform, place, now=clock.now())
        if isinstance(found, Column):
            with self._database.transaction() as session:
                score_outbox.keep_column(session, parcel.link_id, found.url)
        return found

    def _delivered(self, parcel: Parcel) -> bool:
        self._failures = 0
        with self._database.transaction() as session:
            score_outbox.delivered(session, parcel, now=clock.now())
            delivery_lease.note_answer(session, self._registration_id)
        return True

    def _later(self, parcel: Parcel, outcome: Later) -> bool:
        """Postpone a score; end the round if the platform is in an outage or keeps failing."""
        self._failures += 1
        is_away = outcome.is_away or self._failures >= ENOUGH_FAILURES
        with self._database.transaction() as session:
            if outcome.is_away:
                score_outbox.put_back(session, parcel, outcome.reason, now=clock.now())
            else:
                score_outbox.put_off(session, parcel, outcome.reason, outcome.wait, now=clock.now())
            if is_away:
                wait = outcome.wait
                delivery_lease.note_failure(
                    session, self._registration_id, outcome.reason, wait=wait, now=clock.now()
                )
        return not is_away

    def _denied(self, platform: Platform, parcel: Parcel, column: Column, outcome: Denied) -> bool:
        """If the column was deleted, find one for all its scores; otherwise store why this was refused."""
        scopes = parcel.scopes
        is_lost = outcome.status in NOT_THERE and parcel.tries <= MOST_MENDED
        mends = is_lost and is_gone(self._services, platform, column.url, scopes, now=clock.now())
        with self._database.transaction() as session:
            if mends:
                score_outbox.keep_column(session, parcel.link_id, None)
                score_outbox.queue_delivered(session, parcel.link_id, now=clock.now())
                score_outbox.put_off(session, parcel, outcome.reason, timedelta(), now=clock.now())
            else:
                score_outbox.refused(session, parcel, outcome.reason)
        return True

    def _unsent(self, parcel: Parcel) -> bool:
        with self._database.transaction() as session:
            score_outbox.keep_unsent(session, parcel.link_id)
        return True

    def _no_column(self, parcel: Parcel, reason: str) -> bool:
        with self._database.transaction() as session:
            score_outbox.no_column(session, parcel.link_id, reason)
        return True


def services_of(carrel: Carrel) -> Services:
    """Return the process-wide services, which cache access tokens between rounds."""
    return _services(carrel.database, carrel.settings.secret_key)


@cache
def _services(database: Database, secret_key: str) -> Services:
    return Services(lambda: signing_key(database, secret_key, now=clock.now()))


JOBS: Final = (JobKind(SCORES, report_scores),)
