"""Reminders 14, 3 and 0 days before training is due: each sent once, and none after completion."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from threading import Barrier, Thread
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from lms.audience.audience import audience
from lms.audience.events import Role as AudienceRole
from lms.core.database import Database
from lms.core.settings import Settings
from lms.mail.links import Links, MailContext
from lms.models.accounts import Login
from lms.models.catalog import Webinar, WebinarState
from lms.models.grants import Grant
from lms.models.mail import Mail
from lms.models.organizations import Membership, Organization, Role
from lms.models.seats import Assignment, AssignmentEnd, AssignmentState, Pool
from lms.training import assignments
from lms.training.manager_read_models import HeldLater, read_training
from lms.training.reminders import announce_training, remind_trainees, reminder_due
from lms.training.trainee_read_models import list_own
from tests.cast import Cast
from tests.clock import NOW
from tests.factories import make_grant
from tests.page_texts import says
from tests.seat_rows import seat
from tests.training.conftest import TODAY, ZONE, Assign, Elm, watched
from tests.training.test_assignments import leave

OFFICE = MailContext(Links("https://library.example.org"), ZONE)
HOUR = timedelta(hours=1)


def remind(database: Database, now: datetime) -> None:
    looked = 1
    while looked:
        with database.transaction() as session:
            looked = remind_trainees(session, mail_context=OFFICE, now=now)


def letters(database: Database) -> Counter[str]:
    """Return how many reminders each address was sent."""
    with database.read_session() as session:
        kinds = select(Mail.recipient).where(Mail.kind == "training_due")
        return Counter(session.scalars(kinds))


@pytest.mark.parametrize(
    ("moment", "days"),
    [
        (datetime(2026, 3, 17, 12, 59, tzinfo=UTC), None),
        (datetime(2026, 3, 17, 13, 0, tzinfo=UTC), 14),  # 9 AM in daylight saving time
        (datetime(2026, 3, 28, 12, 59, tzinfo=UTC), 14),
        (datetime(2026, 3, 28, 13, 0, tzinfo=UTC), 3),
        (datetime(2026, 3, 31, 13, 0, tzinfo=UTC), 0),
        (datetime(2026, 4, 1, 3, 59, tzinfo=UTC), 0),
        (datetime(2026, 4, 1, 4, 0, tzinfo=UTC), None),
    ],
)
def test_latest_reminder_whose_morning_has_come_is_due(moment: datetime, days: int | None) -> None:
    due = assignments.due_at(date(2026, 3, 31), ZONE, now=NOW)
    assert reminder_due(due, ZONE, now=moment) == days


def test_days_end_in_the_organizations_time_zone(
    database: Database, elm: Elm, cast: Cast, assign: Assign
) -> None:
    with database.transaction() as session:
        session.get_one(Organization, elm.facts.id).zone = "Asia/Tokyo"
        zone = ZoneInfo("Asia/Tokyo")
        session.flush()
    made = assign(TODAY + timedelta(days=20))
    with database.transaction() as session:
        due = assignments.due_at(date(2026, 3, 31), zone, now=NOW)
        assignments.change_due(session, elm.facts, made, due, actor=None, now=NOW)
    remind(database, datetime(2026, 3, 16, 23, 59, tzinfo=UTC))
    assert letters(database) == {}
    remind(database, datetime(2026, 3, 17, 0, 0, tzinfo=UTC))
    assert set(letters(database)) == {"alice@example.org", "bob@example.org", "mia@example.org"}


def test_each_of_three_reminders_is_sent_once(database: Database, elm: Elm, assign: Assign) -> None:
    assign(TODAY + timedelta(days=20))
    written = []
    for hours in range(0, 22 * 24, 6):
        remind(database, NOW + hours * HOUR)
        remind(database, NOW + hours * HOUR)
        written.append(letters(database)["alice@example.org"])
    assert sorted(set(written)) == [0, 1, 2, 3]
    assert letters(database) == dict.fromkeys(
        ("alice@example.org", "bob@example.org", "mia@example.org"), 3
    )


def test_person_who_is_done_is_not_reminded_before_it_is_recorded(
    database: Database, cast: Cast, elm: Elm, assign: Assign
) -> None:
    assign(TODAY + timedelta(days=2))
    with database.transaction() as session:
        watched(session, cast.alice.id, cast.recording_id, 0.95)
    remind(database, NOW)
    assert set(letters(database)) == {"bob@example.org", "mia@example.org"}


def test_person_who_watched_but_did_not_confirm_is_reminded_to_confirm(
    database: Database, cast: Cast, elm: Elm, assign: Assign
) -> None:
    assign(TODAY, policy="Read me.")
    with database.transaction() as session:
        watched(session, cast.alice.id, cast.recording_id, 0.95)
    remind(database, NOW)
    with database.read_session() as session:
        [text] = session.scalars(select(Mail.text).where(Mail.recipient == "alice@example.org"))
        [own] = list_own(session, cast.alice.id, now=NOW)
    assert says(text, "training_due", "only_to_confirm")
    assert f"https://library.example.org/training/{own.trainee_id}" in text
    assert "today" in text


@pytest.mark.parametrize(
    ("days", "subject", "said"),
    [
        (0, "Due today: Reading rooms", "due today, Monday, March 2, 2026."),
        (3, "Due on Thursday, March 5, 2026: Reading rooms", "due on Thursday, March 5, 2026."),
        (14, "Due on Monday, March 16, 2026: Reading rooms", "due on Monday, March 16, 2026."),
    ],
)
def test_reminder_names_the_person_training_and_due_date(
    database: Database, cast: Cast, elm: Elm, assign: Assign, days: int, subject: str, said: str
) -> None:
    assign(TODAY + timedelta(days=days))
    remind(database, NOW)
    with database.read_session() as session:
        [letter] = session.scalars(select(Mail).where(Mail.recipient == "alice@example.org"))
    assert letter.subject == subject
    for part in (letter.text, letter.html):
        assert "Hello Alice," in part
        assert "assigned you “Reading rooms.”" in part
        assert said in part


def test_removed_and_blocked_people_get_no_reminder(
    database: Database, cast: Cast, elm: Elm, assign: Assign
) -> None:
    assign(TODAY)
    leave(database, cast.alice.id)
    with database.transaction() as session:
        session.get_one(Login, cast.mia.id).blocked_at = NOW
        session.get_one(Login, cast.bob.id).merged_into = cast.dan.id
    remind(database, NOW)
    assert letters(database) == {"dan@example.org": 1}


def test_withdrawn_training_sends_none_and_a_new_due_date_sends_again(
    database: Database, cast: Cast, elm: Elm, assign: Assign
) -> None:
    gone, moved = assign(TODAY), assign(TODAY)
    with database.transaction() as session:
        assignments.withdraw(session, elm.facts, gone, actor=None, now=NOW)
    remind(database, NOW)
    assert letters(database)["bob@example.org"] == 1
    with database.transaction() as session:
        due = assignments.due_at(TODAY + timedelta(days=30), ZONE, now=NOW)
        assignments.change_due(session, elm.facts, moved, due, actor=None, now=NOW)
    remind(database, NOW + timedelta(days=16))
    assert letters(database)["bob@example.org"] == 2


def test_concurrent_workers_send_each_reminder_once(
    settings: Settings, database: Database, cast: Cast, elm: Elm, assign: Assign
) -> None:
    assign(TODAY + timedelta(days=3))
    begin, faults = Barrier(4), []

    def work() -> None:
        own = Database(settings.database_url)
        try:
            begin.wait()
            remind(own, NOW)
        except Exception as error:  # noqa: BLE001  (an exception in a thread would go unnoticed)
            faults.append(error)
        finally:
            own.dispose()

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert letters(database) == dict.fromkeys(
        ("alice@example.org", "bob@example.org", "mia@example.org"), 1
    )


def test_training_of_a_canceled_webinar_sends_none_and_is_not_overdue(
    database: Database, cast: Cast, elm: Elm, assign: Assign
) -> None:
    made = assign(TODAY + timedelta(days=2))
    with database.transaction() as session:
        session.get_one(Webinar, cast.webinar_id).state = WebinarState.CANCELED
    over = NOW + timedelta(days=4)
    for at in (NOW, over):
        remind(database, at)
        with database.transaction() as session:
            announce_training(session, mail_context=OFFICE, now=at)
    with database.read_session() as session:
        assert session.scalars(select(Mail)).all() == []
        [own] = list_own(session, cast.alice.id, now=over)
        facts = read_training(session, elm.facts.id, made, now=over)
    assert (own.is_off, own.is_done, own.webinars) == (True, False, ())
    assert (facts.is_off, facts.counts.overdue) == (True, 0)


def test_training_waits_if_its_webinar_moved_past_the_due_date(
    database: Database, cast: Cast, elm: Elm, assign: Assign
) -> None:
    made = assign(TODAY + timedelta(days=2))
    moved = NOW + timedelta(days=10)
    with database.transaction() as session:
        session.get_one(Webinar, cast.webinar_id).held_at = moved
    over = NOW + timedelta(days=4)
    remind(database, NOW)
    remind(database, over)
    with database.read_session() as session:
        assert session.scalars(select(Mail)).all() == []
        [own] = list_own(session, cast.alice.id, now=over)
        facts = read_training(session, elm.facts.id, made, now=over)
    assert (own.is_off, own.is_held_later) == (False, True)
    assert facts.held_later == HeldLater("Reading rooms", moved, "America/New_York")
    assert facts.counts.overdue == 0
    with database.transaction() as session:
        due = assignments.due_at(TODAY + timedelta(days=12), ZONE, now=over)
        assignments.change_due(session, elm.facts, made, due, actor=None, now=over)
    remind(database, due - timedelta(days=2))
    assert letters(database)["alice@example.org"] == 1


def test_member_who_lost_the_seat_is_not_reminded_or_overdue(
    database: Database, cast: Cast, elm: Elm, assign: Assign
) -> None:
    with database.transaction() as session:
        for login_id in (cast.alice.id, cast.bob.id):
            session.add(
                Membership(
                    organization_id=elm.facts.id,
                    login_id=login_id,
                    role=Role.MEMBER,
                    created_at=NOW,
                )
            )
    made = assign(TODAY + timedelta(days=2))
    with database.transaction() as session:
        ended = update(Assignment).where(Assignment.login_id.in_((cast.alice.id, cast.bob.id)))
        session.execute(
            ended.values(
                state=AssignmentState.RELEASED, ended_at=NOW, ended_as=AssignmentEnd.REMOVED
            )
        )
        session.query(Grant).delete()
        make_grant(session, session.get_one(Login, cast.bob.id), ends_at=NOW + timedelta(days=9))
    over = NOW + timedelta(days=4)
    remind(database, NOW)
    remind(database, over)
    assert letters(database)["alice@example.org"] == 0
    assert letters(database)["bob@example.org"] == 1  # their own pass lasts past the due date
    with database.read_session() as session:
        facts = read_training(session, elm.facts.id, made, now=over)
        assert list_own(session, cast.alice.id, now=over) == ()
        told = audience(session, session.get_one(Webinar, cast.webinar_id), now=NOW)
    assert facts.counts.overdue == 2  # bob and mia
    assert "alice@example.org" not in {
        one.email for one in told if AudienceRole.TRAINEE in one.roles
    }
    with database.transaction() as session:
        pool = session.get_one(Pool, elm.pool_id)
        seat(session, pool, cast.alice.id)
    with database.read_session() as session:
        assert read_training(session, elm.facts.id, made, now=over).counts.overdue == 3
