"""Calendar files read by two parsers, and entries whose date changes."""

from datetime import UTC, datetime, timedelta

import icalendar
import pytest
import vobject

from lms.core.icalendar import Happening, write_calendar

NEW_YORK = "America/New_York"


def happening(**more: object) -> Happening:
    given = {
        "uid": "abc@library.example.org",
        "sequence": 0,
        "title": "Mending; spines, and more",
        "summary": "How to mend \N{EM DASH} in an hour.\nWith glue.",
        "address": "https://library.example.org/webinars/mending",
        "starts_at": datetime(2026, 10, 29, 18, 0, tzinfo=UTC),
        "zone": NEW_YORK,
        "minutes": 60,
        "is_canceled": False,
        "changed_at": datetime(2026, 6, 1, tzinfo=UTC),
    }
    return Happening(**(given | more))  # type: ignore[arg-type]


def one(data: bytes) -> icalendar.Event:
    [event] = icalendar.Calendar.from_ical(data).walk("VEVENT")
    return event


def test_entry_has_the_webinars_time_and_defines_its_zone() -> None:
    data = write_calendar([happening()])
    event = one(data)
    assert event["summary"] == "Mending; spines, and more"
    assert event.start == datetime(2026, 10, 29, 18, 0, tzinfo=UTC)
    assert event["dtstart"].params["TZID"] == NEW_YORK
    assert event.end - event.start == timedelta(hours=1)
    assert "With glue." in event["description"]
    assert event["url"] == "https://library.example.org/webinars/mending"
    assert [zone["tzid"] for zone in icalendar.Calendar.from_ical(data).walk("VTIMEZONE")] == [
        NEW_YORK
    ]
    assert all(len(line) <= 75 for line in data.split(b"\r\n"))


@pytest.mark.parametrize(
    ("starts_at", "shown"),
    [
        # clocks are set back on November 1, 2026, in New York
        (datetime(2026, 10, 29, 18, 0, tzinfo=UTC), "2026-10-29T14:00:00-04:00"),
        (datetime(2026, 11, 5, 19, 0, tzinfo=UTC), "2026-11-05T14:00:00-05:00"),
    ],
)
def test_another_parser_reads_the_same_time_before_and_after_a_clock_change(
    starts_at: datetime, shown: str
) -> None:
    data = write_calendar([happening(starts_at=starts_at)])
    event = vobject.readOne(data.decode()).vevent
    assert event.dtstart.value == starts_at
    assert event.dtstart.value.isoformat() == shown
    assert event.duration.value == timedelta(hours=1)
    assert event.uid.value == "abc@library.example.org"


def test_changed_date_moves_the_existing_entry() -> None:
    before = one(write_calendar([happening()]))
    after = one(
        write_calendar([happening(starts_at=datetime(2026, 11, 5, 19, 0, tzinfo=UTC), sequence=1)])
    )
    assert after["uid"] == before["uid"]
    assert after["sequence"] > before["sequence"]
    assert after["dtstart"].dt.hour == before["dtstart"].dt.hour == 14


def test_canceled_webinar_is_marked_canceled() -> None:
    event = one(write_calendar([happening(is_canceled=True, sequence=3)]))
    assert (event["status"], event["sequence"]) == ("CANCELLED", 3)


def test_subscribed_calendar_has_a_name_and_each_zone_once() -> None:
    data = write_calendar(
        [happening(), happening(uid="b"), happening(uid="c", zone="Europe/Berlin")],
        name="Webinars from Tarnbrook",
    )
    calendar = icalendar.Calendar.from_ical(data)
    assert calendar["x-wr-calname"] == "Webinars from Tarnbrook"
    assert [zone["tzid"] for zone in calendar.walk("VTIMEZONE")] == [NEW_YORK, "Europe/Berlin"]
    assert len(calendar.walk("VEVENT")) == 3
    assert len(list(vobject.readOne(data.decode()).vevent_list)) == 3


def test_no_entries_give_an_empty_calendar() -> None:
    assert icalendar.Calendar.from_ical(write_calendar([])).walk("VEVENT") == []
