"""Hundreds of seats released by a real worker that is killed and stopped partway."""

import signal
from collections.abc import Mapping
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from lms.core.clock import now
from lms.core.database import Database
from lms.jobs import queue
from lms.models.audit import AuditEntry
from lms.models.jobs import Job, JobState
from lms.models.mail import Mail
from lms.models.organizations import Organization
from lms.models.seats import Assignment, AssignmentEnd, Pool, Seat, SeatState
from lms.seats import bulk_release_and_reinvite
from lms.seats.bulk_release_and_reinvite import Act
from tests.factories import make_login
from tests.seat_rows import seat
from tests.seats.pool_fixtures import make_home
from tests.servers.worker_process import running_worker
from tests.wait_until import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

MANY = 600  # enough to stop a worker before it finishes
MIA = "0" * 26
PATIENCE_S = 120.0


@pytest.fixture
def place(database: Database) -> str:
    """Return the ID of an organization whose people all have permanent seats."""
    home = make_home(database, MANY)
    with database.transaction() as session:
        pool = session.get_one(Pool, home.pool_id)
        for number in range(MANY):
            seat(session, pool, make_login(session, f"p{number}@example.org"))
        return session.get_one(Organization, home.organization_id).public_id


def begin(database: Database, place: str) -> str:
    """Start releasing everyone who still has a seat."""
    with database.transaction() as session:
        taken = session.scalars(
            select(Seat.public_id)
            .join(Assignment, Assignment.seat_id == Seat.id)
            .where(Assignment.ended_at.is_(None))
        ).all()
        job = bulk_release_and_reinvite.begin(
            session, Act.RELEASE, place, taken, actor=MIA, now=now()
        )
    assert job is not None
    return job


def left(database: Database) -> int:
    with database.read_session() as session:
        return session.scalar(select(func.count()).where(Assignment.ended_at.is_(None))) or 0


def state_of(database: Database, job: str) -> JobState:
    with database.read_session() as session:
        return session.scalars(select(Job.state).where(Job.public_id == job)).one()


def is_over(database: Database, job: str) -> bool:
    return state_of(database, job) in (JobState.DONE, JobState.FAILED, JobState.CANCELED)


def let_the_lease_lapse(database: Database, job: str) -> None:
    with database.transaction() as session:
        row = session.scalars(select(Job).where(Job.public_id == job)).one()
        row.lease_until = now() - timedelta(seconds=1)


def each_once(database: Database) -> None:
    """Check that everyone was released, audited, and emailed exactly once."""
    with database.read_session() as session:
        counted = session.scalars(select(Pool.used)).one()
        free = session.scalar(select(func.count()).where(Seat.state == SeatState.FREE))
        ended = session.scalars(select(Assignment.ended_as)).all()
        written = session.scalars(
            select(AuditEntry.subject).where(AuditEntry.act == "seat.released")
        ).all()
        told = session.scalars(select(Mail.recipient).where(Mail.kind == "seat_released")).all()
    assert (counted, free) == (0, MANY)
    assert ended == [AssignmentEnd.REMOVED] * MANY
    assert len(written) == len(set(written)) == MANY
    assert sorted(told) == sorted(f"p{number}@example.org" for number in range(MANY))


def test_killed_release_releases_and_emails_each_person_once(
    database: Database, environ: Mapping[str, str], place: str
) -> None:
    first = begin(database, place)
    with running_worker(environ) as worker:
        until(lambda: left(database) < MANY, seconds=PATIENCE_S)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    assert 0 < left(database) < MANY
    assert state_of(database, first) is JobState.RUNNING
    let_the_lease_lapse(database, first)
    rest = left(database)
    with running_worker(environ):
        until(lambda: left(database) < rest, seconds=PATIENCE_S)
        with database.transaction() as session:
            queue.cancel(session, first, actor=MIA, now=now())
        until(lambda: is_over(database, first), seconds=PATIENCE_S)
        stopped_at = left(database)
        assert state_of(database, first) is JobState.CANCELED
        assert 0 < stopped_at < rest
        second = begin(database, place)
        until(lambda: is_over(database, second), seconds=PATIENCE_S)
    with database.read_session() as session:
        done = bulk_release_and_reinvite.read_work(session, place, second)
    assert (done.state, done.total, done.done) == (JobState.DONE, stopped_at, stopped_at)
    each_once(database)
