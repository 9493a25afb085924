"""Business days leave out weekends and US federal holidays, on the days they are observed."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from lms.requests.business_days import due_after, federal_holidays, is_business_day

EASTERN = ZoneInfo("America/New_York")


def due(asked: str, *, days: int = 1) -> str:
    """Return when an answer is due to a request made at noon."""
    moment = datetime.fromisoformat(f"{asked}T12:00").replace(tzinfo=EASTERN)
    return due_after(moment, EASTERN, days=days).strftime("%Y-%m-%d %H:%M")


def test_answer_is_due_at_5_pm_on_the_next_business_day() -> None:
    for asked, day in (
        ("2026-03-02", "2026-03-03"),
        ("2026-03-06", "2026-03-09"),
        ("2026-03-07", "2026-03-09"),
        ("2026-03-08", "2026-03-09"),
        ("2026-07-01", "2026-07-02"),
        ("2026-07-02", "2026-07-06"),  # July 4 is a Saturday, so July 3 is the holiday
        ("2026-07-03", "2026-07-06"),
        ("2026-07-04", "2026-07-06"),
        ("2026-07-05", "2026-07-06"),
        ("2026-07-06", "2026-07-07"),
        ("2026-11-25", "2026-11-27"),  # Thanksgiving is a Thursday
        ("2026-11-26", "2026-11-27"),
        ("2026-06-18", "2026-06-22"),  # Juneteenth is a Friday
        ("2027-06-17", "2027-06-21"),  # Juneteenth is a Saturday
        ("2022-06-17", "2022-06-21"),  # Juneteenth is a Sunday
        ("2026-10-09", "2026-10-13"),
        ("2026-12-24", "2026-12-28"),
    ):
        assert due(asked) == f"{day} 17:00", asked


def test_new_years_day_on_a_weekend_is_observed_on_the_nearest_weekday() -> None:
    assert due("2021-12-30") == "2022-01-03 17:00"  # a Saturday, observed on December 31
    assert due("2022-12-30") == "2023-01-03 17:00"  # a Sunday, observed on January 2
    assert date(2022, 1, 1) not in federal_holidays(2022)


def test_two_business_days_skip_weekends_and_holidays() -> None:
    assert due("2026-03-05", days=2) == "2026-03-09 17:00"
    assert due("2026-07-01", days=2) == "2026-07-06 17:00"
    assert due("2026-11-25", days=2) == "2026-11-30 17:00"


def test_business_day_is_in_the_sellers_time_zone() -> None:
    monday_night_in_new_york = datetime(2026, 3, 3, 2, tzinfo=ZoneInfo("UTC"))
    assert due_after(monday_night_in_new_york, EASTERN).date() == date(2026, 3, 3)


def test_each_year_has_eleven_holidays_on_weekdays() -> None:
    for year in range(2024, 2046):
        observed = federal_holidays(year)
        assert 10 <= len(observed) <= 12
        assert all(day.weekday() < 5 and day.year == year for day in observed)
    assert {day.isoformat() for day in federal_holidays(2026)} == {
        "2026-01-01",
        "2026-01-19",
        "2026-02-16",
        "2026-05-25",
        "2026-06-19",
        "2026-07-03",
        "2026-09-07",
        "2026-10-12",
        "2026-11-11",
        "2026-11-26",
        "2026-12-25",
    }


def test_weekends_are_not_business_days() -> None:
    monday = date(2026, 3, 2)
    days = [is_business_day(monday + timedelta(days=each)) for each in range(7)]
    assert days == [True] * 5 + [False] * 2
