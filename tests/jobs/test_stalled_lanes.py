"""When a lane of jobs or of email counts as stalled."""

from datetime import datetime, timedelta

from sqlalchemy import update

from lms.core.database import Database
from lms.jobs import leases
from lms.jobs.queue import cancel
from lms.jobs.stalled_lanes import MAIL, PATIENCE, Stalled, read_stalled
from lms.mail.delivery import mark_sent, put_off, release, take
from lms.mail.outbox import post
from lms.models.jobs import JobState, Lane
from lms.models.mail import Mail, MailLane
from tests.clock import NOW
from tests.jobs.job_fixtures import make_job, taken

LATER = NOW + PATIENCE
SECOND = timedelta(seconds=1)


def stalled(database: Database, at: datetime = LATER) -> tuple[Stalled, ...]:
    with database.read_session() as session:
        return read_stalled(session, now=at)


def write(database: Database, lane: MailLane = MailLane.NORMAL) -> None:
    with database.transaction() as session:
        mail = post(
            session,
            kind="delivery_test",
            to="alice@example.org",
            login_id=None,
            subject="Mail arrives",
            values={},
            now=NOW,
        )
        mail.lane = lane


def test_lane_is_stalled_once_its_first_job_has_waited_ten_minutes(database: Database) -> None:
    for _ in range(2):
        make_job(database, lane=Lane.MEDIA)
    make_job(database, lane=Lane.PROMPT, now=LATER)
    assert stalled(database, LATER - SECOND) == ()
    assert stalled(database) == (Stalled("media", 2, NOW),)


def test_lane_with_nothing_to_do_is_not_stalled(database: Database) -> None:
    assert stalled(database) == ()
    job_id = make_job(database)
    with database.transaction() as session:
        cancel(session, job_id, actor=None, now=NOW)
    assert stalled(database) == ()


def test_lane_with_a_long_running_job_is_not_stalled(database: Database) -> None:
    make_job(database)
    held = taken(database)
    make_job(database)
    with database.transaction() as session:
        leases.renew(session, held, share=0.1, note="", now=LATER)
    assert stalled(database, LATER) == ()
    at = LATER + leases.LEASE + SECOND
    assert stalled(database, at) == (Stalled("media", 1, NOW),)


def test_lane_is_not_stalled_for_ten_minutes_after_a_job_ended(
    database: Database,
) -> None:
    make_job(database)
    held = taken(database)
    make_job(database)
    make_job(database, lane=Lane.FILES)
    with database.transaction() as session:
        leases.finish(session, held, now=LATER - SECOND)
    assert stalled(database) == (Stalled("files", 1, NOW),)
    assert [one.lane for one in stalled(database, LATER + PATIENCE)] == ["files", "media"]


def test_lane_is_not_stalled_for_ten_minutes_after_a_job_started(database: Database) -> None:
    make_job(database)
    held = taken(database, now=NOW + SECOND)
    make_job(database)
    with database.transaction() as session:
        leases.finish(session, held, now=NOW + SECOND)
    assert stalled(database) == ()
    assert stalled(database, LATER + SECOND) == (Stalled("media", 1, NOW),)


def test_email_is_stalled_while_its_server_is_unavailable(database: Database) -> None:
    write(database)
    with database.transaction() as session:
        letter = take(session, MailLane.NORMAL, worker="one", now=LATER)
        assert letter is not None
    assert stalled(database) == ()  # it is being sent
    with database.transaction() as session:
        release(session, letter, "The mail server can't be reached.")
    assert stalled(database) == (Stalled(MAIL, 1, NOW),)


def test_email_is_not_stalled_if_some_was_sent_or_deferred(database: Database) -> None:
    for _ in range(2):
        write(database)
    with database.transaction() as session:
        letter = take(session, MailLane.NORMAL, worker="one", now=LATER)
        assert letter is not None
        mark_sent(session, letter, now=LATER)
    assert stalled(database) == ()
    with database.transaction() as session:
        letter = take(session, MailLane.NORMAL, worker="one", now=LATER)
        assert letter is not None
        put_off(session, letter, "Greylisted.", now=LATER)
        session.execute(update(Mail).where(Mail.state == JobState.DONE).values(sent_at=NOW))
    assert stalled(database) == ()


def test_stalled_email_lane_is_reported_while_another_sends(database: Database) -> None:
    for lane in (MailLane.URGENT, MailLane.BULK, MailLane.BULK):
        write(database, lane)
    with database.transaction() as session:
        letter = take(session, MailLane.BULK, worker="one", now=LATER)
        assert letter is not None
        mark_sent(session, letter, now=LATER)
    assert stalled(database) == (Stalled(MAIL, 1, NOW),)
    with database.transaction() as session:
        session.execute(update(Mail).where(Mail.state == JobState.DONE).values(sent_at=NOW))
    assert stalled(database) == (Stalled(MAIL, 2, NOW),)


def test_job_of_a_dead_worker_counts_as_waiting(database: Database) -> None:
    make_job(database)
    lapsed = taken(database).lease_until
    assert stalled(database, lapsed + PATIENCE - SECOND) == ()
    (found,) = stalled(database, lapsed + PATIENCE)
    assert (found.lane, found.waiting) == ("media", 1)
