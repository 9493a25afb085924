"""Claiming a job, keeping it, losing it, and ending it: the worker's side."""

from datetime import datetime, timedelta
from threading import Barrier, Thread

from sqlalchemy.orm import Session

from lms.core.database import Database
from lms.jobs import leases
from lms.jobs.leases import LEASE, Failure, wait_after
from lms.jobs.queue import Claim, Ended, cancel
from lms.models.jobs import JobState, Lane
from tests.clock import NOW
from tests.jobs.job_fixtures import KINDS, facts_of, make_job, settle, take, taken

LAPSED = NOW + LEASE + timedelta(seconds=1)
AGAIN = Failure("The disk was full.", "No space left on device", final=False)


def fail(database: Database, held: Claim, failure: Failure = AGAIN) -> bool:
    with database.transaction() as session:
        return leases.fail(session, held, failure, endings={}, now=NOW)


def ask_to_cancel(database: Database, job_id: str) -> None:
    with database.transaction() as session:
        cancel(session, job_id, actor=None, now=NOW)


def test_jobs_are_claimed_by_priority_then_age(database: Database) -> None:
    late = make_job(database, now=NOW)
    early = make_job(database, now=NOW - timedelta(minutes=1))
    urgent = make_job(database, priority=1)
    claims = [taken(database) for _ in range(3)]
    assert [held.public_id for held in claims] == [urgent, early, late]


def test_lane_claims_only_its_own_jobs(database: Database) -> None:
    make_job(database, lane=Lane.MEDIA)
    assert take(database, lane=Lane.PROMPT) is None


def test_job_of_an_unknown_kind_is_left_for_another_worker(database: Database) -> None:
    make_job(database, "unheard_of")
    assert take(database) is None


def test_job_is_not_claimed_before_its_time(database: Database) -> None:
    make_job(database, now=NOW + timedelta(seconds=1))
    assert take(database) is None


def test_claim_has_the_job_and_counts_the_attempt(database: Database) -> None:
    job_id = make_job(database)
    held = taken(database)
    assert (held.public_id, held.payload, held.tries) == (job_id, {"recording": 7}, 1)
    assert held.lease_until == NOW + LEASE
    assert facts_of(database, job_id).state is JobState.RUNNING


def test_each_job_is_claimed_once_by_concurrent_workers(database: Database) -> None:
    for _ in range(4):
        make_job(database)
    barrier, claims = Barrier(8), list[Claim | None]()

    def ask() -> None:
        barrier.wait()
        claims.append(take(database))

    threads = [Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    got = [held.public_id for held in claims if held is not None]
    assert len(got) == len(set(got))
    # on PostgreSQL concurrent claims can skip rows that another locks, so some are left
    while (held := take(database)) is not None:
        got.append(held.public_id)
    assert len(set(got)) == len(got) == 4


def test_renewing_keeps_the_lease_and_saves_the_progress(database: Database) -> None:
    job_id = make_job(database)
    held = taken(database)
    later = NOW + timedelta(seconds=20)
    with database.transaction() as session:
        assert leases.renew(session, held, share=0.25, note="1080p", now=later) is False
    with database.transaction() as session:
        assert settle(session, LAPSED) == 0
    facts = facts_of(database, job_id)
    assert (facts.progress, facts.progress_note) == (0.25, "1080p")


def test_progress_is_limited_to_one_and_its_note_is_cut(database: Database) -> None:
    job_id = make_job(database)
    held = taken(database)
    with database.transaction() as session:
        leases.renew(session, held, share=1.7, note="x" * 500, now=NOW)
    facts = facts_of(database, job_id)
    assert (facts.progress, len(facts.progress_note)) == (1.0, 200)


def test_renewing_reports_that_cancelation_was_requested(database: Database) -> None:
    job_id = make_job(database)
    held = taken(database)
    ask_to_cancel(database, job_id)
    with database.transaction() as session:
        assert leases.renew(session, held, share=0, note="", now=NOW) is True


def test_job_with_a_lapsed_lease_is_claimed_again(database: Database) -> None:
    job_id = make_job(database)
    taken(database)
    with database.transaction() as session:
        assert settle(session, LAPSED) == 1
    again = taken(database, now=LAPSED)
    assert (again.public_id, again.tries) == (job_id, 2)


def test_current_lease_is_left_alone(database: Database) -> None:
    make_job(database)
    taken(database)
    with database.transaction() as session:
        assert settle(session, NOW + LEASE) == 0


def test_worker_that_lost_the_lease_changes_nothing(database: Database) -> None:
    job_id = make_job(database)
    lost = taken(database)
    with database.transaction() as session:
        settle(session, LAPSED)
    taken(database, now=LAPSED)
    with database.transaction() as session:
        assert not leases.is_held(session, lost)
        assert leases.renew(session, lost, share=0.9, note="", now=LAPSED) is None
        assert not leases.finish(session, lost, now=LAPSED)
        assert not leases.fail(session, lost, AGAIN, endings={}, now=LAPSED)
        assert not leases.stop(session, lost, endings={}, now=LAPSED)
        assert not leases.give_back(session, lost, now=LAPSED)
    facts = facts_of(database, job_id)
    assert (facts.state, facts.progress, facts.tries) == (JobState.RUNNING, 0, 2)


def test_finished_job_is_done_and_clears_earlier_failures(database: Database) -> None:
    job_id = make_job(database)
    fail(database, taken(database))
    held = taken(database, now=NOW + timedelta(minutes=1))
    with database.transaction() as session:
        assert leases.finish(session, held, now=NOW + timedelta(minutes=2))
    facts = facts_of(database, job_id)
    assert (facts.state, facts.progress, facts.failure) == (JobState.DONE, 1.0, None)
    assert facts.finished_at == NOW + timedelta(minutes=2)


def test_returned_job_does_not_count_as_an_attempt(database: Database) -> None:
    job_id = make_job(database)
    held = taken(database)
    with database.transaction() as session:
        assert leases.give_back(session, held, now=NOW)
    facts = facts_of(database, job_id)
    assert (facts.state, facts.tries) == (JobState.QUEUED, 0)
    assert take(database) is not None


def test_failed_job_is_retried_later(database: Database) -> None:
    job_id = make_job(database)
    fail(database, taken(database))
    facts = facts_of(database, job_id)
    assert (facts.state, facts.failure) == (JobState.QUEUED, "The disk was full.")
    assert facts.run_at == NOW + wait_after(1)
    assert take(database) is None


def test_wait_between_attempts_grows_up_to_an_hour(database: Database) -> None:
    waits = [wait_after(tries).total_seconds() for tries in (1, 2, 3, 4, 50)]
    assert waits == [10, 60, 360, 2160, 3600]


def test_job_fails_with_its_error_after_the_last_attempt(database: Database) -> None:
    job_id = make_job(database)
    for hours in range(3):
        fail(database, taken(database, now=NOW + timedelta(hours=hours)))
    facts = facts_of(database, job_id)
    assert (facts.state, facts.tries) == (JobState.FAILED, 3)
    assert facts.failure_detail == "No space left on device"
    assert take(database, now=NOW + timedelta(days=1)) is None


def test_final_failure_is_not_retried(database: Database) -> None:
    job_id = make_job(database)
    fail(database, taken(database), Failure("This is a text file.", "", final=True))
    assert facts_of(database, job_id).state is JobState.FAILED


def test_job_fails_if_its_workers_keep_dying(database: Database) -> None:
    job_id = make_job(database)
    moment = NOW
    for _ in range(3):
        taken(database, now=moment)
        moment += LEASE + timedelta(seconds=1)
        with database.transaction() as session:
            settle(session, moment)
    facts = facts_of(database, job_id)
    assert facts.state is JobState.FAILED
    assert facts.failure == leases.STOPPED_MIDWAY


def test_job_canceled_before_it_started_is_never_run(database: Database) -> None:
    job_id = make_job(database)
    ask_to_cancel(database, job_id)
    assert take(database) is None
    with database.transaction() as session:
        assert settle(session, NOW) == 1
    facts = facts_of(database, job_id)
    assert (facts.state, facts.finished_at) == (JobState.CANCELED, NOW)


def test_canceled_job_of_a_dead_worker_is_not_run_again(
    database: Database,
) -> None:
    job_id = make_job(database)
    taken(database)
    ask_to_cancel(database, job_id)
    with database.transaction() as session:
        settle(session, LAPSED)
    assert facts_of(database, job_id).state is JobState.CANCELED


def test_ending_is_called_in_the_transaction_that_ends_the_job(database: Database) -> None:
    make_job(database)
    held, told = taken(database), list[Ended]()

    def ending(_session: Session, ended: Ended) -> None:
        told.append(ended)

    failure = Failure("This is a text file.", "tail", final=True)
    with database.transaction() as session:
        leases.fail(session, held, failure, endings={"encode": ending}, now=NOW)
    (ended,) = told
    assert (ended.state, ended.sentence, ended.detail) == (
        JobState.FAILED,
        "This is a text file.",
        "tail",
    )
    assert (ended.subject, ended.payload, ended.at) == (held.subject, {"recording": 7}, NOW)


def test_ending_is_not_called_while_attempts_are_left(database: Database) -> None:
    make_job(database)
    held, told = taken(database), list[Ended]()
    with database.transaction() as session:
        endings = {"encode": lambda _, ended: told.append(ended)}
        leases.fail(session, held, AGAIN, endings=endings, now=NOW)
    assert told == []


def test_settling_calls_the_ending_of_a_job_without_a_worker(database: Database) -> None:
    job_id, told = make_job(database), list[Ended]()
    ask_to_cancel(database, job_id)
    with database.transaction() as session:
        endings = {"encode": lambda _, ended: told.append(ended)}
        leases.settle(session, endings=endings, now=NOW)
    assert [(ended.public_id, ended.state) for ended in told] == [(job_id, JobState.CANCELED)]


def test_has_work_if_a_job_is_due_or_a_lease_has_lapsed(database: Database) -> None:
    def has_work(at: datetime = NOW) -> bool:
        with database.read_session() as session:
            return leases.has_work(session, lane=Lane.MEDIA, kinds=KINDS, now=at)

    assert not has_work()
    make_job(database)
    assert has_work()
    taken(database)
    assert not has_work()
    assert has_work(LAPSED)
