"""Jobs from the side of the code that queues them."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import select

from lms.core.database import Database
from lms.core.errors import Conflict, NotFound
from lms.core.model_base import new_public_id
from lms.jobs.leases import Failure, fail, finish
from lms.jobs.queue import Work, cancel, enqueue, job_facts, latest_job, list_jobs, retry
from lms.models.audit import AuditEntry
from lms.models.jobs import Job, JobState, Lane
from tests.clock import NOW
from tests.jobs.job_fixtures import SUBJECT, facts_of, make_job, taken

LATER = NOW + timedelta(hours=2)


def failed_job(database: Database) -> str:
    job_id = make_job(database)
    held = taken(database)
    failure = Failure("No sound.", "ffmpeg said so", final=True)
    with database.transaction() as session:
        assert fail(session, held, failure, endings={}, now=NOW)
    return job_id


def test_job_is_rolled_back_with_its_transaction(database: Database) -> None:
    def want_and_fail() -> None:
        with database.transaction() as session:
            enqueue(session, kind="encode", lane=Lane.MEDIA, subject=SUBJECT, payload={}, now=NOW)
            raise Conflict("no")

    with pytest.raises(Conflict):
        want_and_fail()
    with database.read_session() as session:
        assert list_jobs(session).total == 0


def test_new_job_is_queued_with_its_payload(database: Database) -> None:
    job_id = make_job(database, priority=5)
    with database.read_session() as session:
        job = session.scalars(select(Job)).one()
        assert (job.public_id, job.payload, job.priority) == (job_id, {"recording": 7}, 5)
        assert (job.state, job.run_at) == (JobState.QUEUED, NOW)


def test_unique_key_creates_one_job(database: Database) -> None:
    first = make_job(database, unique_key="encode:7")
    assert make_job(database, unique_key="encode:7") == first
    with database.read_session() as session:
        assert list_jobs(session).total == 1


def test_unique_key_used_concurrently_creates_one_job(database: Database) -> None:
    barrier, made = Barrier(6), list[str]()

    def ask() -> None:
        barrier.wait()
        made.append(make_job(database, unique_key="cleanup@1"))

    threads = [Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 6
    assert len(set(made)) == 1


def test_retrying_a_failed_job_resets_its_attempts(database: Database) -> None:
    job_id = failed_job(database)
    with database.transaction() as session:
        retry(session, job_id, actor=None, now=LATER)
    facts = facts_of(database, job_id)
    assert (facts.state, facts.tries, facts.run_at) == (JobState.QUEUED, 0, LATER)
    assert (facts.failure, facts.failure_detail, facts.finished_at) == (None, None, None)


def test_retrying_is_recorded_in_the_audit_trail(database: Database) -> None:
    job_id, actor = failed_job(database), new_public_id()
    with database.transaction() as session:
        retry(session, job_id, actor=actor, now=LATER)
    with database.read_session() as session:
        entry = session.scalars(select(AuditEntry)).one()
        assert (entry.act, entry.subject, entry.actor) == ("job.retried", job_id, actor)


def test_running_job_cannot_be_retried(database: Database) -> None:
    job_id = make_job(database)
    taken(database)
    with pytest.raises(Conflict), database.transaction() as session:
        retry(session, job_id, actor=None, now=LATER)


def test_retrying_an_unknown_job_is_not_found(database: Database) -> None:
    with pytest.raises(NotFound), database.transaction() as session:
        retry(session, new_public_id(), actor=None, now=NOW)


def test_canceling_only_requests_that_the_worker_stop(database: Database) -> None:
    job_id = make_job(database)
    with database.transaction() as session:
        cancel(session, job_id, actor=None, now=NOW)
    facts = facts_of(database, job_id)
    assert (facts.state, facts.cancel_requested) == (JobState.QUEUED, True)


def test_finished_job_cannot_be_canceled(database: Database) -> None:
    job_id = make_job(database)
    held = taken(database)
    with database.transaction() as session:
        finish(session, held, now=NOW)
    with pytest.raises(Conflict), database.transaction() as session:
        cancel(session, job_id, actor=None, now=NOW)


def test_latest_job_of_a_subject_is_the_newest(database: Database) -> None:
    failed_job(database)
    newest = make_job(database)
    with database.read_session() as session:
        found = latest_job(session, kind="encode", subject=SUBJECT)
    assert found is not None
    assert found.id == newest


def test_jobs_are_listed_newest_first_page_by_page(database: Database) -> None:
    made = [make_job(database) for _ in range(5)]
    with database.read_session() as session:
        page = list_jobs(session, offset=1, limit=2)
    assert page.total == 5
    assert [facts.id for facts in page.items] == [made[3], made[2]]


def test_jobs_are_listed_by_state(database: Database) -> None:
    failed = failed_job(database)
    make_job(database)
    with database.read_session() as session:
        page = list_jobs(session, states=(JobState.FAILED,))
    assert [facts.id for facts in page.items] == [failed]


def test_facts_of_an_unknown_job_are_not_found(database: Database) -> None:
    with pytest.raises(NotFound), database.read_session() as session:
        job_facts(session, "nothing")


def test_work_needs_no_endings_and_no_schedules() -> None:
    assert (dict(Work(handlers={}).endings), Work(handlers={}).schedules) == ({}, ())
