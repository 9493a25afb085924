"""Scheduled housekeeping jobs."""

from datetime import timedelta

from sqlalchemy import func, select

from lms.component import work_of
from lms.core.clock import now
from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.housekeeping.jobs import END_IDLE, TIDY
from lms.jobs import queue
from lms.jobs.leases import Failure, fail, finish
from lms.jobs.queue import enqueue, list_jobs
from lms.mail import outbox
from lms.models.jobs import Job, JobState, Lane
from lms.models.mail import Mail
from lms.models.playback import PlaybackSession
from lms.registry import LIBRARY
from lms.worker.worker import see_through
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.components import work_without_schedules
from tests.jobs.job_fixtures import make_job, taken

MONTH = timedelta(days=31)


def run_round(carrel: Carrel, kind: str) -> JobState:
    with carrel.database.transaction() as session:
        job = enqueue(session, kind=kind, lane=Lane.PROMPT, subject="", payload={}, now=now())
        job_id = job.public_id
    return see_through(carrel, work_without_schedules(LIBRARY), job_id).state


def count(database: Database, table: type[Job | Mail]) -> int:
    with database.read_session() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_every_scheduled_round_has_its_handler() -> None:
    assert {schedule.kind for schedule in work_of((LIBRARY,)).schedules} <= set(
        work_of((LIBRARY,)).handlers
    )


def test_cleanup_round_finishes(carrel: Carrel) -> None:
    assert run_round(carrel, TIDY) is JobState.DONE


def test_player_silent_for_hours_is_ended(carrel: Carrel, cast: Cast, clock: Clock) -> None:
    with carrel.database.transaction() as session:
        session.add(
            PlaybackSession(
                login_id=cast.alice.id,
                recording_id=cast.recording_id,
                sign_in_id=None,
                opened_at=NOW,
                expires_at=NOW + timedelta(days=1),
                beat_at=NOW,
            )
        )
    clock.advance(timedelta(hours=5))
    assert run_round(carrel, END_IDLE) is JobState.DONE
    with carrel.database.read_session() as session:
        assert session.scalars(select(PlaybackSession.ended_at)).one() == clock.moment


def test_jobs_finished_a_month_ago_are_deleted_and_failed_ones_remain(database: Database) -> None:
    for ends in (finish, None):
        make_job(database)
        held = taken(database)
        with database.transaction() as session:
            if ends:
                finish(session, held, now=NOW)
            else:
                fail(session, held, Failure("No.", "", final=True), endings={}, now=NOW)
    with database.transaction() as session:
        queue.forget_old(session, now=NOW + MONTH)
    with database.read_session() as session:
        assert [facts.state for facts in list_jobs(session).items] == [JobState.FAILED]


def test_finished_rounds_are_deleted_after_a_day(database: Database) -> None:
    with database.transaction() as session:
        enqueue(session, kind="encode", lane=Lane.MEDIA, subject="", payload={}, now=NOW)
    held = taken(database)
    with database.transaction() as session:
        finish(session, held, now=NOW)
    with database.transaction() as session:
        queue.forget_old(session, now=NOW + timedelta(hours=23))
    assert count(database, Job) == 1
    with database.transaction() as session:
        queue.forget_old(session, now=NOW + timedelta(hours=25))
    assert count(database, Job) == 0


def test_text_of_an_email_is_deleted_a_month_after_it_was_sent(database: Database) -> None:
    with database.transaction() as session:
        row = outbox.post(
            session,
            kind="delivery_test",
            to="alice@example.org",
            login_id=None,
            subject="Hello",
            values={},
            now=NOW,
        )
        row.state, row.sent_at = JobState.DONE, NOW
    with database.transaction() as session:
        outbox.forget_old(session, now=NOW + MONTH)
    with database.read_session() as session:
        kept = session.scalars(select(Mail)).one()
    assert (kept.text, kept.html, kept.recipient) == ("", "", "alice@example.org")
