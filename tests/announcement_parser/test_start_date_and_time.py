"""Dates, times, and zones as people write them: clear ones are read, others are asked about."""

from datetime import date, datetime

import pytest

from lms.announcement_parser.start_date_and_time import Ask, Beginning, When, read_when

TODAY = date(2026, 11, 26)
NEW_YORK, LONDON, BERLIN = "America/New_York", "Europe/London", "Europe/Berlin"


def begins(*clock: int, zone: str) -> Beginning:
    return Beginning(datetime(*clock), zone)  # type: ignore[arg-type]  # noqa: DTZ001  (a local time)


def read(text: str, default_zone: str = NEW_YORK) -> When:
    return read_when(text, default_zone=default_zone, today=TODAY)


@pytest.mark.parametrize(
    ("text", "shown", "zone"),
    [
        ("Thursday, January 21, 2027, at 2:00 pm US - Eastern Time", (2027, 1, 21, 14), NEW_YORK),
        ("Thu 21 January 2027, 14:00 CET", (2027, 1, 21, 14), BERLIN),
        ("21st of January 2027 at noon (Pacific)", (2027, 1, 21, 12), "America/Los_Angeles"),
        ("2027-01-21 09:30 UTC", (2027, 1, 21, 9, 30), "UTC"),
        ("21.01.2027, 19h00 Europe/Paris", (2027, 1, 21, 19), "Europe/Paris"),
        ("Jan. 21, 2027, 7 p.m. in Melbourne", (2027, 1, 21, 19), "Australia/Melbourne"),
        ("21/01/2027 7.30pm London time", (2027, 1, 21, 19, 30), LONDON),
        ("Tuesday 03/04/2025, 1 pm Central", (2025, 3, 4, 13), "America/Chicago"),
        ("January 21st, 2027, 15:00 UTC+2", (2027, 1, 21, 15), "Etc/GMT-2"),
        ("21 January 2027, 15:00 GMT -05:00", (2027, 1, 21, 15), "Etc/GMT+5"),
        ("21 January 2027, 15:00 UTC+0100", (2027, 1, 21, 15), "Etc/GMT-1"),
        ("21 January 2027, 2 pm UTC - 3 pm", (2027, 1, 21, 14), "UTC"),
        ("21 January 2027, 14:00 GMT \u2013 15:30", (2027, 1, 21, 14), LONDON),
        ("12 midnight EST, 21 January 2027", (2027, 1, 21, 0), NEW_YORK),
        (
            "January 21, 2027 | Time zone: Mountain | 10:15 AM",
            (2027, 1, 21, 10, 15),
            "America/Denver",
        ),
        ("2027/1/21 at 14:00 Central European Time", (2027, 1, 21, 14), BERLIN),
        ("December 31, 9999, 11 pm Eastern", (9999, 12, 31, 23), NEW_YORK),
    ],
)
def test_clear_date_and_time_is_read(text: str, shown: tuple[int, ...], zone: str) -> None:
    assert read(text) == When(begins(*shown, zone=zone))


@pytest.mark.parametrize(
    "text",
    [
        "Wednesday, October 6, 2027, 11am PT / noon MT / 1pm CT / 2pm ET",
        "6 October 2027: 2:00 pm Eastern (1:00 pm Central, 11:00 am Pacific)",
        "6 October 2027, New York 14:00, London 19:00, Berlin 20:00",
        "October 6, 2027, 2 p.m. EDT | 18:00 UTC",
        "October 6, 2027 at 2 pm Eastern, that is October 7, 2027 at 5:00 am in Sydney",
    ],
)
def test_zones_that_agree_are_one_time_in_the_default_zone(text: str) -> None:
    assert read(text).beginning == begins(2027, 10, 6, 14, zone=NEW_YORK)
    assert read(text).asks == ()


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("Jan 21, 2027, 2-3 pm ET", 60),
        ("Jan 21, 2027, 11:30 am to 1 pm ET", 90),
        ("Jan 21, 2027, 11-1:15 pm ET", 135),
        ("21 January 2027, 14:00\u201315:30 CET", 90),
        ("21 January 2027, from 11 am until noon ET", 60),
    ],
)
def test_time_range_gives_the_length(text: str, minutes: int) -> None:
    found = read(text)
    assert found.minutes == minutes
    assert found.asks == ()


@pytest.mark.parametrize(
    ("text", "ask", "choices"),
    [
        ("03/04/2027, 2 pm ET", Ask.DAY_OR_MONTH, ["2027-03-04 14:00", "2027-04-03 14:00"]),
        ("03.04.27, 14:00 UTC", Ask.DAY_OR_MONTH, ["2027-03-04 14:00", "2027-04-03 14:00"]),
        ("Monday, January 21, 2027, 2 pm ET", Ask.WEEKDAY_DIFFERS, ["2027-01-21 14:00"]),
        ("January 21, 2 pm ET", Ask.NO_YEAR, ["2027-01-21 14:00", "2028-01-21 14:00"]),
        (
            "January 21, 2027, 2:00 ET",
            Ask.MORNING_OR_AFTERNOON,
            ["2027-01-21 02:00", "2027-01-21 14:00"],
        ),
        ("July 7, 2027, 2 pm EST", Ask.ZONE_UNCLEAR, ["2027-07-07 14:00", "2027-07-07 14:00"]),
        ("January 21, 2027, 2 pm IST", Ask.ZONE_UNCLEAR, ["2027-01-21 14:00"] * 3),
        (
            "January 21, 2027, 2 pm ET / 12 pm PT",
            Ask.ZONES_DIFFER,
            ["2027-01-21 14:00", "2027-01-21 12:00"],
        ),
        ("January 21 and January 28, 2027, 2 pm ET", Ask.SEVERAL, None),
        ("January 21, 2027, 2 pm ET or January 28, 2027, 2 pm ET", Ask.SEVERAL, None),
    ],
)
def test_ambiguous_date_or_time_is_asked_about(
    text: str, ask: Ask, choices: list[str] | None
) -> None:
    found = read(text)
    assert found.beginning is None
    assert ask in found.asks
    if choices is not None:
        assert [f"{one.shown:%Y-%m-%d %H:%M}" for one in found.choices] == choices
    assert len(found.choices) > 1 or ask is Ask.WEEKDAY_DIFFERS


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("", (Ask.NO_DATE,)),
        ("some day at 2 pm ET", (Ask.NO_DATE,)),
        ("February 30, 2027, 2 pm ET", (Ask.NO_DATE,)),
        ("January 21, 2027", (Ask.NO_TIME,)),
    ],
)
def test_missing_date_is_asked_about(text: str, asks: tuple[Ask, ...]) -> None:
    assert read(text) == When(None, asks=asks)


def test_time_without_a_zone_is_filled_in_and_its_zone_is_asked_about() -> None:
    found = read("January 21, 2027, 2 pm")
    assert found.beginning == begins(2027, 1, 21, 14, zone="")
    assert found.asks == (Ask.NO_ZONE,)


@pytest.mark.parametrize(
    "away", ["UTC+5:30", "UTC+05:30", "GMT+0530", "GMT -03:30", "UTC +5:45", "UTC+530"]
)
def test_zone_with_a_fractional_hour_offset_is_asked_about(away: str) -> None:
    found = read(f"January 21, 2027, 2 pm {away}")
    assert found.beginning == begins(2027, 1, 21, 14, zone="")
    assert found.asks == (Ask.NO_ZONE,)


def test_ambiguous_zone_abbreviation_is_asked_about_outside_america() -> None:
    text = "January 21, 2027, 2 pm CST"
    assert read(text).beginning == begins(2027, 1, 21, 14, zone="America/Chicago")
    asked = read(text, "Europe/Berlin")
    assert [one.zone for one in asked.choices] == ["Asia/Shanghai", "America/Chicago"]
