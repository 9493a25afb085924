"""Periods of a report: the intervals of its chart, and which counts are hidden."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from lms.reports.periods_and_count_suppression import Lapse, kept_back, laps, lapse_of

NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("days", "lapse"),
    [
        (1, Lapse.DAY),
        (31, Lapse.DAY),
        (32, Lapse.WEEK),
        (182, Lapse.WEEK),
        (183, Lapse.MONTH),
        (2000, Lapse.YEAR),
    ],
)
def test_longer_periods_have_longer_intervals(days: int, lapse: Lapse) -> None:
    last = date(2026, 3, 14)
    assert lapse_of(last - timedelta(days=days - 1), last) is lapse


def test_day_with_a_clock_change_has_its_actual_length() -> None:
    found = laps(date(2026, 3, 7), date(2026, 3, 9), Lapse.DAY, NEW_YORK)
    assert [(lap.ends_at - lap.starts_at) for lap in found] == [
        timedelta(hours=24),
        timedelta(hours=23),
        timedelta(hours=24),
    ]
    assert found[0].starts_at == datetime(2026, 3, 7, 5, tzinfo=UTC)


def test_weeks_start_on_monday_and_months_on_the_first_without_overlap() -> None:
    weeks = laps(date(2026, 1, 15), date(2026, 3, 1), Lapse.WEEK, NEW_YORK)
    assert [lap.day for lap in weeks[:3]] == [
        date(2026, 1, 15),
        date(2026, 1, 19),
        date(2026, 1, 26),
    ]
    months = laps(date(2025, 11, 30), date(2026, 6, 30), Lapse.MONTH, NEW_YORK)
    assert [lap.day for lap in months[:3]] == [
        date(2025, 11, 30),
        date(2025, 12, 1),
        date(2026, 1, 1),
    ]
    for found in (weeks, months):
        assert all(one.ends_at == next_.starts_at for one, next_ in pairwise(found))


@pytest.mark.parametrize(
    ("people", "of_them", "hidden"),
    [
        ((), 0, set()),
        ((0, 5, 9), 0, set()),
        ((4, 9, 6), 4, {0, 2}),  # the next smallest too, or the total would reveal it
        ((4, 9, 6, 3), 5, {0, 3}),  # together they are five different people
        ((1, 1, 1, 8), 1, {0, 1, 2, 3}),
        ((4,), 4, {0}),
    ],
)
def test_counts_below_five_are_hidden_with_those_that_would_reveal_them(
    people: tuple[int, ...], of_them: int, hidden: set[int]
) -> None:
    assert kept_back(people, of_them=of_them) == hidden
