"""Thousands of seats released by a worker that is killed and stopped, while a list's emails wait.

An organization releases so many seats, and as many people of another one are invited by a list. The
worker is killed by SIGKILL in the middle and told to stop later; a manager stops the release and
starts it again. At the end, each person was released once and has one email, the mail server
accepted each email, and other jobs of the lane waited only for seconds. An email that the killed
worker was sending can arrive twice with the same Message-ID. Run: python benchmarks/seat_release.py
[--database sqlite|postgresql] [--seats 5000]
"""

import argparse
import json
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # run as a script

from sqlalchemy import func, select, update

from lms.core.clock import now
from lms.core.database import Database
from lms.core.runtime import Carrel, open_carrel
from lms.core.settings import Settings
from lms.jobs import queue as job_queue
from lms.migrations import upgrade
from lms.models.audit import AuditEntry
from lms.models.jobs import Job, JobState
from lms.models.mail import Mail
from lms.models.organizations import Organization
from lms.models.seats import Assignment, AssignmentEnd, Pool, Seat
from lms.seat_imports.jobs import apply_now, take_in_pasted
from lms.seats import bulk_release_and_reinvite
from lms.seats.bulk_release_and_reinvite import Act
from tests.factories import make_login
from tests.seat_rows import seat
from tests.seats.pool_fixtures import make_home
from tests.servers.postgres import DURABLE, postgres
from tests.servers.smtp import MailSink, mail_server
from tests.servers.worker_process import running_worker

MIA = "0" * 26
LONGEST_S = 3600.0


def main() -> None:
    """Run it and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="postgresql")
    parser.add_argument("--seats", type=int, default=5_000)
    options = parser.parse_args()
    with installation(options.database) as (carrel, environ, sink):
        print(json.dumps(released(carrel, environ, sink, options.seats)), flush=True)


def released(
    carrel: Carrel, environ: Mapping[str, str], sink: MailSink, many: int
) -> dict[str, object]:
    """Release all seats and return the measurements."""
    database, began = carrel.database, time.monotonic()
    where = seated(database, many)
    invited(carrel, many)
    first = begin(database, where)
    with running_worker(environ) as worker:
        until(lambda: left(database) < many * 0.8)
        os.kill(worker.pid, signal.SIGKILL)
    at_kill = left(database)
    with database.transaction() as session:  # instead of waiting until the lease expires
        session.execute(
            update(Job)
            .where(Job.state == JobState.RUNNING)
            .values(lease_until=now() - timedelta(seconds=1))
        )
    with running_worker(environ) as worker:
        until(lambda: left(database) < at_kill - many * 0.2)
        os.kill(worker.pid, signal.SIGTERM)
        until(lambda: state_of(database, first) is JobState.QUEUED)
    at_end = left(database)
    with running_worker(environ):
        until(lambda: left(database) < at_end - many * 0.1)
        with database.transaction() as session:
            job_queue.cancel(session, first, actor=MIA, now=now())
        until(lambda: state_of(database, first) is JobState.CANCELED)
        at_stop = left(database)
        second = begin(database, where)
        until(lambda: state_of(database, second) is JobState.DONE)
        until(lambda: not owed(database))
    took = time.monotonic() - began
    return {
        "database": "sqlite" if database.is_sqlite else "postgresql",
        "seats": many,
        "left_at_kill_end_stop": [at_kill, at_end, at_stop],
        "seconds": round(took),
        "load": round(os.getloadavg()[0], 1),
        **faults(database, sink, many),
        "longest_wait_s": longest_wait(database),
    }


def faults(database: Database, sink: MailSink, many: int) -> dict[str, object]:
    """Count errors: all zero, except emails that arrived twice with the same ID."""
    with database.read_session() as session:
        gone = session.scalars(
            select(Assignment.id).where(Assignment.ended_as == AssignmentEnd.REMOVED)
        ).all()
        acts = session.scalars(
            select(AuditEntry.subject).where(AuditEntry.act == "seat.released")
        ).all()
        letters = session.scalars(select(Mail.recipient).where(Mail.state == JobState.DONE)).all()
    by_id = Counter(str(one.message["Message-ID"]) for one in sink.delivered)
    people = {one.recipients[0] for one in sink.delivered}
    return {
        "not_released": many - len(gone),
        "released_twice": len(acts) - len(set(acts)),
        "letters": len(letters),
        "letters_lost": 2 * many - len(people),
        "people_with_two_letters": len(letters) - len(set(letters)),
        "came_twice_by_one_id": sum(count - 1 for count in by_id.values()),
    }


def longest_wait(database: Database) -> dict[str, float]:
    """Return the longest wait of each kind of job for its lane, in seconds."""
    waits: dict[str, float] = {}
    with database.read_session() as session:
        for row in session.execute(
            select(Job.kind, Job.run_at, Job.started_at).where(
                Job.started_at.is_not(None), Job.subject == ""
            )
        ):
            wait = round((row.started_at - row.run_at).total_seconds(), 1)
            waits[row.kind] = max(wait, waits.get(row.kind, 0.0))
    return waits


def seated(database: Database, many: int) -> str:
    """Assign so many permanent seats, and return their organization."""
    home = make_home(database, many)
    with database.transaction() as session:
        pool = session.get_one(Pool, home.pool_id)
        for number in range(many):
            seat(session, pool, make_login(session, f"seated{number}@example.org"))
        return session.get_one(Organization, home.organization_id).public_id


def invited(carrel: Carrel, many: int) -> None:
    """Invite as many people by lists, whose emails are due at once."""
    home = make_home(carrel.database, many)
    pasted = "\n".join(f"listed{number}@example.org" for number in range(many))
    made = take_in_pasted(carrel, pasted, pool_id=home.pool_id, actor=None, now=now())
    apply_now(carrel.database, made.public_id, partial=False, actor=None, now=now())
    with carrel.database.transaction() as session:
        session.execute(update(Job).values(run_at=now()))


def begin(database: Database, where: str) -> str:
    """Start the release of everyone who still has a seat of the first organization."""
    with database.transaction() as session:
        taken = session.scalars(
            select(Seat.public_id)
            .join(Assignment, Assignment.seat_id == Seat.id)
            .where(Assignment.ended_at.is_(None), Assignment.login_id.is_not(None))
        ).all()
        job = bulk_release_and_reinvite.begin(
            session, Act.RELEASE, where, taken, actor=MIA, now=now()
        )
    if job is None:
        raise SystemExit("nobody is left to be released")
    return job


def left(database: Database) -> int:
    """Return how many still have seats."""
    holds = Assignment.ended_at.is_(None) & Assignment.login_id.is_not(None)
    with database.read_session() as session:
        return session.scalar(select(func.count(Assignment.id)).where(holds)) or 0


def owed(database: Database) -> bool:
    """Return whether an email is still to be written or sent."""
    live = (JobState.QUEUED, JobState.RUNNING)
    with database.read_session() as session:
        waiting = session.scalar(select(func.count(Mail.id)).where(Mail.state.in_(live))) or 0
        jobs_left = select(func.count(Job.id)).where(Job.state.in_(live), Job.subject != "")
        return bool(waiting + (session.scalar(jobs_left) or 0))


def state_of(database: Database, job: str) -> JobState:
    """Return the state of a job."""
    with database.read_session() as session:
        return session.scalars(select(Job.state).where(Job.public_id == job)).one()


def until(is_so: Callable[[], bool]) -> None:
    """Wait until a condition is true."""
    ends = time.monotonic() + LONGEST_S
    while not is_so():
        if time.monotonic() > ends:
            raise SystemExit("this takes too long")
        time.sleep(0.2)


@contextmanager
def installation(kind: str) -> Iterator[tuple[Carrel, Mapping[str, str], MailSink]]:
    """Yield a new installation whose email goes to a server that stores it."""
    with tempfile.TemporaryDirectory() as folder, mail_server() as sink:
        environ = {
            "CARREL_DATA_DIR": str(Path(folder) / "installation"),
            "CARREL_BASE_URL": "http://localhost",
            "CARREL_SECRET_KEY": "k" * 40,
            "CARREL_SMTP_URL": sink.url,
            "CARREL_MAIL_FROM": "installation@example.org",
        }
        if kind == "sqlite":
            yield opened(environ), environ, sink
            return
        with postgres(DURABLE) as server:
            environ["CARREL_DATABASE_URL"] = server.create("release")
            yield opened(environ), environ, sink


def opened(environ: Mapping[str, str]) -> Carrel:
    """Return the installation with its tables."""
    carrel = open_carrel(Settings.from_env(environ))
    upgrade(carrel.database)
    return carrel


if __name__ == "__main__":
    main()
