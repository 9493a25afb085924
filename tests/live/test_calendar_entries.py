"""Calendar entries in emails, read with two parsers; they never contain the meeting link."""

from datetime import UTC, datetime, timedelta

import vobject

from lms.catalog import webinars
from lms.core.database import Database
from lms.core.runtime import Carrel
from lms.live import registrations
from lms.models.catalog import Webinar
from lms.requests import rebookings
from tests.cast import Cast
from tests.clock import NOW, Clock
from tests.factories import make_webinar
from tests.live.upcoming_webinar import (
    DAY,
    HELD_AT,
    HOUR,
    LINKS,
    as_sent,
    at_each,
    entry_of,
    event_of,
    postpone,
    tell_changes,
)
from tests.mailbox import letters, newest
from tests.sales.order_fixtures import placed


def test_meeting_link_is_in_no_email_and_no_calendar(
    carrel: Carrel, database: Database, to_come: Cast, clock: Clock
) -> None:
    with database.transaction() as session:
        session.get_one(Webinar, to_come.webinar_id).live_link = "https://zoom.example/j/123"
    at_each(carrel, clock, HELD_AT - DAY, HELD_AT - HOUR)
    sent = letters(database, "bob@example.org")
    assert len(sent) == 3
    for one in sent:
        message = as_sent(carrel, one)
        _method, data = entry_of(message)
        assert "zoom.example" not in one.text + one.html
        assert b"zoom.example" not in bytes(message)
        assert b"zoom.example" not in data


def test_moved_entry_is_correct_across_a_clock_change_in_two_parsers(
    carrel: Carrel, database: Database, to_come: Cast, clock: Clock
) -> None:
    # in New York, clocks move forward on March 8, 2026
    postpone(database, to_come.slug, datetime(2026, 3, 12, 14, 0, tzinfo=UTC), at=NOW)
    tell_changes(carrel)
    first, moved = letters(database, "bob@example.org")
    method, before = entry_of(as_sent(carrel, first))
    assert method == "REQUEST"
    method, after = entry_of(as_sent(carrel, moved))
    assert method == "REQUEST"
    old, new = event_of(before), event_of(after)
    assert old["uid"] == new["uid"]
    assert new["sequence"] > old["sequence"]
    assert old.start == datetime(2026, 3, 5, 15, 0, tzinfo=UTC)
    assert new.start == datetime(2026, 3, 12, 14, 0, tzinfo=UTC)
    assert old.start.utcoffset() == timedelta(hours=-5)
    assert new.start.utcoffset() == timedelta(hours=-4)
    assert (old.start.hour, new.start.hour) == (10, 10)
    assert new["attendee"] == "mailto:bob@example.org"
    for data, shown in (
        (before, "2026-03-05T10:00:00-05:00"),
        (after, "2026-03-12T10:00:00-04:00"),
    ):
        calendar = vobject.readOne(data.decode())
        assert calendar.method.value == "REQUEST"
        assert calendar.vevent.dtstart.value.isoformat() == shown
        assert calendar.vevent.uid.value == str(new["uid"])
        assert calendar.vevent.organizer.value == f"mailto:{carrel.settings.mail_from}"


def test_unregistering_cancels_the_entry_and_registering_adds_it_again(
    carrel: Carrel, database: Database, to_come: Cast
) -> None:
    with database.transaction() as session:
        given = {"login_id": to_come.bob.id, "webinar_id": to_come.webinar_id}
        registrations.leave(session, **given, links=LINKS, now=NOW)
        registrations.register(session, **given, links=LINKS, now=NOW)
    entries = [entry_of(as_sent(carrel, one)) for one in letters(database, "bob@example.org")]
    assert [method for method, _data in entries] == ["REQUEST", "CANCEL", "REQUEST"]
    events = [event_of(data) for _method, data in entries]
    assert [str(one["status"]) for one in events] == ["CONFIRMED", "CANCELLED", "CONFIRMED"]
    numbers = [int(one["sequence"]) for one in events]
    assert numbers == sorted(set(numbers))
    assert len({str(one["uid"]) for one in events}) == 1


def test_moving_to_another_webinar_cancels_the_former_entry(
    carrel: Carrel, database: Database, to_come: Cast
) -> None:
    with database.transaction() as session:
        make_webinar(session, "mending-spines", held_at=HELD_AT + DAY)
        webinar = session.get_one(Webinar, to_come.webinar_id)
        given = {"links": LINKS, "actor": None, "now": NOW}
        rebookings.move(session, webinar, "mending-spines", to_come.bob.id, **given)
        rebookings.move_back(session, webinar, to_come.bob.id, **given)
    sent = [entry_of(as_sent(carrel, one)) for one in letters(database, "bob@example.org")]
    here = str(event_of(sent[0][1])["uid"])
    entries = [(method, event_of(data)) for method, data in sent]
    ours = [(method, one) for method, one in entries if str(one["uid"]) == here]
    assert [method for method, _one in ours] == ["REQUEST", "CANCEL", "REQUEST"]
    numbers = [int(one["sequence"]) for _method, one in ours]
    assert numbers == sorted(set(numbers))


def test_canceled_webinar_is_removed_from_calendars(
    carrel: Carrel, database: Database, to_come: Cast
) -> None:
    with database.transaction() as session:
        webinars.cancel_webinar(session, to_come.slug, actor=None, now=NOW)
    tell_changes(carrel)
    first, gone = letters(database, "bob@example.org")
    method, data = entry_of(as_sent(carrel, gone))
    assert method == "CANCEL"
    assert vobject.readOne(data.decode()).method.value == "CANCEL"
    event, old = event_of(data), event_of(entry_of(as_sent(carrel, first))[1])
    assert str(event["status"]) == "CANCELLED"
    assert event["uid"] == old["uid"]
    assert event["sequence"] > old["sequence"]


def test_confirmation_of_an_upcoming_webinar_has_its_calendar_entry(
    carrel: Carrel, database: Database, to_come: Cast, clock: Clock
) -> None:
    placed(database)
    bought = newest(database, "dan@example.org", "order_confirmation")
    method, data = entry_of(as_sent(carrel, bought))
    assert method == "REQUEST"
    at_each(carrel, clock, HELD_AT - DAY)
    _method, again = entry_of(as_sent(carrel, newest(database, "dan@example.org")))
    assert event_of(data)["uid"] == event_of(again)["uid"]
    assert event_of(data).start == event_of(again).start == HELD_AT


def test_buyer_of_a_recording_gets_no_entry(database: Database, cast: Cast) -> None:
    placed(database)
    assert newest(database, "dan@example.org", "order_confirmation").invitation is None


def test_emails_with_an_entry_link_to_web_calendars(
    carrel: Carrel, database: Database, to_come: Cast, clock: Clock
) -> None:
    at_each(carrel, clock, HELD_AT - DAY)
    for one in letters(database, "bob@example.org"):
        assert "https://calendar.google.com/calendar/render?action=TEMPLATE&text=" in one.text
        assert "https://outlook.office.com/calendar/0/deeplink/compose?path=" in one.text
        assert "https://calendar.google.com/calendar/render?action=TEMPLATE&amp;text=" in one.html
    with database.transaction() as session:
        webinars.cancel_webinar(session, to_come.slug, actor=None, now=NOW)
    tell_changes(carrel)
    canceled = newest(database, "bob@example.org")
    assert canceled.kind == "live_canceled"
    assert "calendar.google.com" not in canceled.text + canceled.html
