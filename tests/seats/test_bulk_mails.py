"""Bulk emails about seats: interrupted, pausing for other jobs, and each sent once."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.core.runtime import Carrel
from lms.grants.grants import Term
from lms.jobs import job_runner
from lms.jobs.queue import JobRun, Stopped
from lms.models.jobs import Job, JobState, Lane
from lms.models.organizations import Organization
from lms.models.seats import Seat
from lms.registry import LIBRARY
from lms.seats import bulk_release_and_reinvite
from lms.seats.bulk_release_and_reinvite import Act
from lms.seats.jobs import AT_ONCE, tell
from lms.seats.seat_counts import TELL, tell_later
from lms.worker.worker import Worker
from tests.clock import NOW, Clock
from tests.components import work_without_schedules
from tests.jobs.job_fixtures import at_work
from tests.seats.pool_fixtures import (
    DAY,
    YEAR,
    Home,
    counts,
    invite,
    make_home,
    more,
    people,
    settle_at,
    take_seat,
)
from tests.seats.test_mails import told
from tests.wait_until import until

MANY = AT_ONCE + 20  # more than one batch
MIA = "0" * 26


class Stopping:
    """The view that a handler has of a job that is being stopped."""

    def report(self, share: float, note: str) -> None:
        pass

    def canceled(self) -> bool:
        return True

    def hold(self, session: Session) -> None:
        pass

    def give_way(self) -> None:
        pass


def invited(carrel: Carrel, clock: Clock) -> Home:
    """Return a pool to which many were invited, before any email was written."""
    home = make_home(carrel.database, MANY)
    for number in range(MANY):
        invite(carrel.database, home.pool_id, f"p{number}@example.org")
    with carrel.database.transaction() as session:
        tell_later(session, home.pool_id, now=NOW)
    clock.advance(timedelta(minutes=1))
    return home


def shed(carrel: Carrel, clock: Clock) -> Home:
    """Return a pool whose smaller term took the seats of many people."""
    assert YEAR.ends_at is not None
    home = make_home(carrel.database, MANY + 1, YEAR)
    for pat in people(carrel.database, MANY + 1):
        take_seat(carrel.database, home.pool_id, pat)
    more(carrel.database, home, 1, Term(YEAR.ends_at, YEAR.ends_at + DAY), at=NOW)
    settle_at(carrel.database, home.pool_id, YEAR.ends_at)
    clock.set(YEAR.ends_at + timedelta(minutes=1))
    return home


def at_once(carrel: Carrel, moment: datetime) -> Worker:
    """Return a worker whose long jobs pause for others whenever they can."""
    with carrel.database.transaction() as session:
        for job in session.scalars(select(Job)):
            job.run_at = moment - timedelta(seconds=1)
    return Worker(carrel, work_without_schedules(LIBRARY), (Lane.PROMPT,))


def are_done(carrel: Carrel) -> bool:
    with carrel.database.read_session() as session:
        return set(session.scalars(select(Job.state))) == {JobState.DONE}


def each_once(carrel: Carrel) -> None:
    everybody = [recipient for _, recipient in told(carrel)]
    assert len(everybody) == len(set(everybody)) == MANY


@pytest.mark.parametrize("owed", [invited, shed])
def test_next_worker_writes_the_emails_that_a_stopped_worker_left(
    carrel: Carrel, clock: Clock, owed: Callable[[Carrel, Clock], Home]
) -> None:
    owed(carrel, clock)
    with carrel.database.read_session() as session:
        job = session.scalars(select(Job).where(Job.kind == TELL)).one()
        first = JobRun(job.id, job.public_id, job.subject, job.payload, 1, 3, Stopping())
    with pytest.raises(Stopped):
        tell(carrel, first)
    assert len(told(carrel)) == AT_ONCE
    with at_work(at_once(carrel, clock.moment)):
        until(lambda: are_done(carrel))
    each_once(carrel)


@pytest.mark.parametrize("owed", [invited, shed])
def test_bulk_emails_and_bulk_releases_take_turns_and_each_is_sent_once(
    carrel: Carrel,
    clock: Clock,
    owed: Callable[[Carrel, Clock], Home],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(job_runner, "SHARE_S", 0.0)
    owed(carrel, clock)
    other = make_home(carrel.database, MANY)
    for number in range(MANY):
        invite(carrel.database, other.pool_id, f"other{number}@example.org")
    with carrel.database.transaction() as session:
        where = session.get_one(Organization, other.organization_id).public_id
        taken = session.scalars(select(Seat.public_id).where(Seat.pool_id == other.pool_id)).all()
        job = bulk_release_and_reinvite.begin(
            session, Act.RELEASE, where, taken, actor=MIA, now=clock.moment
        )
    assert job is not None
    with at_work(at_once(carrel, clock.moment)):
        until(lambda: are_done(carrel))
    each_once(carrel)
    assert counts(carrel.database, other.pool_id)[0] == 0
    with carrel.database.read_session() as session:
        done = bulk_release_and_reinvite.read_work(session, where, job)
    assert (done.total, done.done) == (MANY, MANY)
