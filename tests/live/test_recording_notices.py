"""The email "The recording is ready": who gets it, when, and that each is sent once."""

from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.models.catalog import Webinar
from lms.models.recordings import Recording
from tests.cast import Cast
from tests.clock import Clock
from tests.factories import make_grant, make_login, make_recording
from tests.live.upcoming_webinar import DAY, HELD_AT, HOUR, MINUTE, at_each, kinds, register
from tests.mailbox import newest


def test_recording_ready_is_emailed_once_to_registrants_with_access(
    carrel: Carrel, database: Database, to_come: Cast, clock: Clock
) -> None:
    with database.transaction() as session:
        gone = make_login(session, "gone@example.org")
        make_grant(session, gone, ends_at=HELD_AT + HOUR)
        gone_id = gone.id
    register(database, to_come.webinar_id, gone_id)
    at_each(carrel, clock, HELD_AT + 2 * HOUR)
    assert "recording_ready" not in kinds(database, "bob@example.org")
    with database.transaction() as session:
        version = make_recording(session, session.get_one(Webinar, to_come.webinar_id))
        version.ready_at = HELD_AT + 20 * HOUR
        first_id = version.id
    at_each(carrel, clock, HELD_AT + 20 * HOUR, HELD_AT + 21 * HOUR)
    with database.transaction() as session:
        session.get_one(Recording, first_id).is_current = False
        session.flush()
        again = make_recording(session, session.get_one(Webinar, to_come.webinar_id), number=2)
        again.ready_at = HELD_AT + 22 * HOUR
    at_each(carrel, clock, HELD_AT + 22 * HOUR)
    for email in ("bob@example.org", "alice@example.org"):
        assert list(kinds(database, email)).count("recording_ready") == 1
    assert "recording_ready" not in kinds(database, "gone@example.org")
    assert kinds(database, "dan@example.org") == []
    letter = newest(database, "bob@example.org", "recording_ready")
    assert f"http://localhost/webinars/{to_come.slug}/watch" in letter.text
    assert letter.invitation is None


def test_recording_that_was_ready_before_is_announced_after_the_webinar(
    carrel: Carrel, database: Database, to_come: Cast, clock: Clock
) -> None:
    with database.transaction() as session:
        webinar = session.get_one(Webinar, to_come.webinar_id)
        webinar.minutes = 90
        make_recording(session, webinar).ready_at = HELD_AT - 20 * DAY
    at_each(carrel, clock, HELD_AT - MINUTE, HELD_AT, HELD_AT + 89 * MINUTE)
    assert "recording_ready" not in kinds(database, "bob@example.org")
    at_each(carrel, clock, HELD_AT + 90 * MINUTE, HELD_AT + DAY)
    assert list(kinds(database, "bob@example.org")).count("recording_ready") == 1


def test_people_who_join_after_the_recording_is_ready_are_not_emailed(
    carrel: Carrel, database: Database, to_come: Cast, clock: Clock
) -> None:
    with database.transaction() as session:
        webinar = session.get_one(Webinar, to_come.webinar_id)
        make_recording(session, webinar).ready_at = HELD_AT + 20 * HOUR
        late = make_login(session, "late@example.org")
        make_grant(session, late, webinar, starts_at=HELD_AT + 25 * HOUR)
    at_each(carrel, clock, HELD_AT + 25 * HOUR)
    assert list(kinds(database, "alice@example.org")).count("recording_ready") == 1
    assert kinds(database, "late@example.org") == []


def test_new_version_is_not_announced_to_people_who_joined_later(
    carrel: Carrel, database: Database, to_come: Cast, clock: Clock
) -> None:
    with database.transaction() as session:
        webinar = session.get_one(Webinar, to_come.webinar_id)
        first = make_recording(session, webinar)
        first.ready_at, first.is_current = HELD_AT + 20 * HOUR, False
        session.flush()
        make_recording(session, webinar, number=2).ready_at = HELD_AT + 30 * HOUR
        make_grant(
            session, make_login(session, "late@example.org"), webinar, starts_at=HELD_AT + DAY
        )
    at_each(carrel, clock, HELD_AT + 30 * HOUR)
    assert kinds(database, "late@example.org") == []
