"""Jobs for tests: created and claimed in one line, at a time given by the test."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy.orm import Session

from lms.core.database import Database
from lms.jobs import leases
from lms.jobs.queue import Claim, JobFacts, enqueue, job_facts
from lms.models.jobs import Lane
from lms.worker.worker import Worker
from tests.clock import NOW

SUBJECT = "0123456789abcdefghjkmnpqrs"
KINDS = ("encode", "score")


def make_job(
    database: Database,
    kind: str = "encode",
    *,
    lane: Lane = Lane.MEDIA,
    priority: int = 100,
    now: datetime = NOW,
    unique_key: str | None = None,
) -> str:
    """Commit a job and return its public ID."""
    with database.transaction() as session:
        job = enqueue(
            session,
            kind=kind,
            lane=lane,
            subject=SUBJECT,
            payload={"recording": 7},
            now=now,
            priority=priority,
            unique_key=unique_key,
        )
        return job.public_id


def take(
    database: Database, *, now: datetime = NOW, lane: Lane = Lane.MEDIA, worker: str = "one"
) -> Claim | None:
    """Claim the next job of a lane in a transaction of its own."""
    with database.transaction() as session:
        return leases.claim(session, lane=lane, kinds=KINDS, worker=worker, now=now)


def taken(database: Database, *, now: datetime = NOW) -> Claim:
    """Claim a job that must exist."""
    held = take(database, now=now)
    assert held is not None
    return held


@contextmanager
def at_work(worker: Worker) -> Iterator[None]:
    """Run a worker in this process until the block is left, even on an error."""
    thread = threading.Thread(target=worker.run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        worker.stop()
        thread.join()


def facts_of(database: Database, job_id: str) -> JobFacts:
    """Read a job as committed."""
    with database.read_session() as session:
        return job_facts(session, job_id)


def settle(session: Session, now: datetime) -> int:
    """Settle jobs without a worker, with no endings."""
    return leases.settle(session, endings={}, now=now)
