"""Dates and times as people write them; times that don't exist on a clock are refused."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from lms.core.dates_and_time_zones import (
    NO_YEAR,
    SKIPPED,
    TWICE,
    end_of_day,
    from_wall_clock,
    on_wall_clock,
    read_zone,
    say_date,
    say_datetime,
    say_datetime_short,
    say_for_reader,
    say_span,
    zone_choices,
)
from lms.core.errors import Invalid

NEW_YORK = ZoneInfo("America/New_York")
HELD = datetime(2022, 10, 6, 18, 0, tzinfo=UTC)


def test_time_is_written_in_its_own_zone() -> None:
    assert say_datetime(HELD, NEW_YORK) == "Thursday, October 6, 2022, 2:00\u00a0PM\u00a0ET"
    assert say_datetime_short(HELD, NEW_YORK) == "Oct 6, 2:00\u00a0PM\u00a0ET"
    assert say_date(HELD, NEW_YORK) == "Oct 6, 2022"


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("UTC", "Thursday, October 6, 2022, 6:00\u00a0PM\u00a0UTC"),
        ("Europe/Paris", "Thursday, October 6, 2022, 8:00\u00a0PM Central European Time"),
        ("Asia/Tokyo", "Friday, October 7, 2022, 3:00\u00a0AM Japan Time"),
    ],
)
def test_zone_outside_north_america_is_written_in_full(zone: str, said: str) -> None:
    assert say_datetime(HELD, ZoneInfo(zone)) == said


@pytest.mark.parametrize(
    ("reader", "said"),
    [
        ("America/Los_Angeles", "11:00\u00a0AM"),
        ("America/New_York", ""),
        ("America/Toronto", ""),
        ("Asia/Tokyo", "Friday, October 7, 2022, 3:00\u00a0AM"),
    ],
)
def test_readers_local_time_is_written_only_if_it_differs(reader: str, said: str) -> None:
    assert say_for_reader(HELD, NEW_YORK, ZoneInfo(reader)) == said


def test_wall_clock_time_is_read_in_summer_and_winter() -> None:
    assert from_wall_clock(datetime.fromisoformat("2022-10-06T14:00"), NEW_YORK) == HELD
    assert from_wall_clock(datetime.fromisoformat("2022-12-06T14:00"), NEW_YORK).hour == 19
    assert on_wall_clock(HELD, NEW_YORK) == datetime.fromisoformat("2022-10-06T14:00")


@pytest.mark.parametrize(
    ("shown", "sentence"),
    [
        (datetime.fromisoformat("2026-03-08T02:30"), SKIPPED),
        (datetime.fromisoformat("2026-11-01T01:30"), TWICE),
    ],
)
def test_time_that_clocks_skip_or_repeat_is_refused(shown: datetime, sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence) as refusal:
        from_wall_clock(shown, NEW_YORK)
    assert list(refusal.value.fields) == ["held_at"]


@pytest.mark.parametrize(
    ("shown", "zone"),
    [("9999-12-31T23:59", "America/New_York"), ("0001-01-01T00:00", "Asia/Tokyo")],
)
def test_time_outside_the_calendar_is_refused(shown: str, zone: str) -> None:
    with pytest.raises(Invalid, match=NO_YEAR) as refusal:
        from_wall_clock(datetime.fromisoformat(shown), ZoneInfo(zone))
    assert list(refusal.value.fields) == ["held_at"]


def test_last_day_of_the_calendar_has_no_end() -> None:
    with pytest.raises(Invalid, match=NO_YEAR) as refusal:
        end_of_day(date.max, NEW_YORK, field="until")
    assert list(refusal.value.fields) == ["until"]


@pytest.mark.parametrize("name", ["", "Eastern", "../../etc/passwd", "/etc/passwd", "America"])
def test_unknown_zone_is_refused(name: str) -> None:
    with pytest.raises(Invalid):
        read_zone(name)


def test_every_offered_zone_can_be_read() -> None:
    names = [name for group in zone_choices().values() for name, _ in group]
    assert len(names) == len(set(names)) > 300
    assert all(read_zone(name).key == name for name in names)


@pytest.mark.parametrize("old", ["Asia/Calcutta", "Australia/ACT", "Pacific/Truk", "Europe/Kiev"])
def test_location_is_offered_under_one_name_only(old: str) -> None:
    names = {name for group in zone_choices().values() for name, _ in group}
    assert {"Asia/Kolkata", "Australia/Sydney", "Pacific/Chuuk", "Europe/Kyiv", "UTC"} <= names
    assert old not in names


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (timedelta(days=37, minutes=3), "37 d"),
        (timedelta(days=3, hours=4, minutes=50), "3 d 4 h"),
        (timedelta(hours=2, minutes=14), "2 h 14 m"),
        (timedelta(minutes=14, seconds=20), "14 m"),
        (timedelta(seconds=2), "1 m"),
    ],
)
def test_duration_is_written_in_its_two_largest_units(span: timedelta, said: str) -> None:
    assert say_span(span) == said
