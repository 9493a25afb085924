"""Owners get email about stalled lanes and lasting faults, even while no worker runs."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from lms import audit
from lms.core.clock import now
from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.jobs.queue import enqueue
from lms.mail.outbox import post
from lms.models.jobs import JobState, Lane
from lms.models.mail import Mail
from lms.operations.backups import CREATED
from lms.worker.alert_watch import AlertWatch
from tests.cast import Roles
from tests.clock import Clock
from tests.jobs.job_fixtures import make_job

STALLED = timedelta(minutes=10)


def alerts(database: Database, kind: str = "lanes_stalled") -> list[tuple[str, JobState]]:
    with database.read_session() as session:
        query = select(Mail.recipient, Mail.state).where(Mail.kind == kind)
        return [(recipient, state) for recipient, state in session.execute(query)]


def test_only_owners_are_emailed_and_only_once(
    carrel: Carrel, database: Database, roles: Roles, clock: Clock
) -> None:
    make_job(database, lane=Lane.MEDIA, now=now())
    watch = AlertWatch(carrel)
    watch.look()
    assert alerts(database) == []
    clock.advance(STALLED)
    watch.look()
    assert alerts(database) == [(roles.owen.email, JobState.DONE)]
    clock.advance(STALLED)
    watch.look()
    assert len(alerts(database)) == 1


def test_alert_says_what_is_waiting_and_what_to_do(
    carrel: Carrel, database: Database, roles: Roles, clock: Clock
) -> None:
    for _ in range(3):
        make_job(database, lane=Lane.MEDIA, now=now())
    clock.advance(STALLED)
    AlertWatch(carrel).look()
    with database.read_session() as session:
        text = session.scalar(select(Mail.text).where(Mail.kind == "lanes_stalled")) or ""
    assert "Encoding: 3 waiting, the oldest for 10 minutes." in text
    assert "/staff/system-health" in text


def test_web_server_sends_urgent_email_while_no_worker_does(
    carrel: Carrel, database: Database, roles: Roles, clock: Clock
) -> None:
    with database.transaction() as session:
        post(
            session,
            kind="no_account",
            to="alice@example.org",
            login_id=None,
            subject="Sign in",
            values={"action_url": "https://library.example/"},
            now=now(),
        )
    clock.advance(STALLED)
    AlertWatch(carrel).look()
    folder = Path(carrel.settings.data_dir, "mail")
    assert len([*folder.glob("*.eml")]) == 2


def report_of_the_worker(database: Database) -> None:
    """Queue a job as the worker's schedules do, and leave it waiting."""
    with database.transaction() as session:
        job = enqueue(session, kind="x", lane=Lane.PROMPT, subject="", payload={}, now=now())
        job.run_at = now() + timedelta(days=7)


def test_owners_are_emailed_once_a_day_that_no_backup_was_made(
    carrel: Carrel, database: Database, roles: Roles, clock: Clock
) -> None:
    with database.transaction() as session:
        audit.record(session, CREATED, "", actor=None, now=now() - timedelta(days=2))
    watch = AlertWatch(carrel)
    for wait, told in ((0, 0), (9, 0), (1, 1), (1, 1), (24 * 60, 2)):
        clock.advance(timedelta(minutes=wait))
        report_of_the_worker(database)
        watch.look()
        recipients = [recipient for recipient, _ in alerts(database, "health_faults")]
        assert recipients == [roles.owen.email] * told
    with database.read_session() as session:
        query = select(Mail.text).where(Mail.kind == "health_faults").order_by(Mail.id)
        text = session.scalar(query.limit(1)) or ""
    assert "The last backup was made 2 days ago. Run carrel backup create every night" in text


def test_owners_are_emailed_about_a_silent_worker_even_with_no_jobs(
    carrel: Carrel, database: Database, roles: Roles, clock: Clock
) -> None:
    watch = AlertWatch(carrel)
    watch.look()
    clock.advance(STALLED)
    watch.look()
    assert alerts(database, "health_faults") == [(roles.owen.email, JobState.DONE)]
    assert alerts(database) == []


def test_no_email_is_sent_about_a_fault_shorter_than_ten_minutes(
    carrel: Carrel, database: Database, roles: Roles, clock: Clock
) -> None:
    watch = AlertWatch(carrel)
    watch.look()
    report_of_the_worker(database)
    clock.advance(timedelta(minutes=1))
    watch.look()
    clock.advance(STALLED)
    watch.look()
    assert alerts(database, "health_faults") == []


@pytest.mark.parametrize("minutes", [0, 9])
def test_no_email_is_sent_about_jobs_that_wait_briefly(
    carrel: Carrel, database: Database, roles: Roles, clock: Clock, minutes: int
) -> None:
    make_job(database, lane=Lane.PROMPT, now=now())
    clock.advance(timedelta(minutes=minutes))
    AlertWatch(carrel).look()
    assert alerts(database) == []
