"""Owners hear of lanes that do nothing, once, and from the web server while no worker runs."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from lms.core.clock import now
from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.mail.outbox import post
from lms.models.jobs import JobState, Lane
from lms.models.mail import Mail
from lms.worker.alert_watch import AlertWatch
from tests.cast import Roles
from tests.clock import Clock
from tests.jobs.job_fixtures import make_job

STALLED = timedelta(minutes=10)


def alerts(database: Database) -> list[tuple[str, JobState]]:
    with database.read_session() as session:
        query = select(Mail.recipient, Mail.state).where(Mail.kind == "lanes_stalled")
        return [(recipient, state) for recipient, state in session.execute(query)]


def test_owners_alone_are_told_once(
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


def test_the_email_says_what_waits_and_what_to_do(
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


def test_codes_that_people_wait_for_go_out_while_no_worker_sends(
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


@pytest.mark.parametrize("minutes", [0, 9])
def test_what_waits_briefly_is_told_to_no_one(
    carrel: Carrel, database: Database, roles: Roles, clock: Clock, minutes: int
) -> None:
    make_job(database, lane=Lane.PROMPT, now=now())
    clock.advance(timedelta(minutes=minutes))
    AlertWatch(carrel).look()
    assert alerts(database) == []
