"""Days of a report: the laps of its chart, and which figures are kept back."""

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
def test_the_longer_the_span_the_longer_its_laps(days: int, lapse: Lapse) -> None:
    last = date(2026, 3, 14)
    assert lapse_of(last - timedelta(days=days - 1), last) is lapse


def test_a_day_with_a_change_of_clocks_is_a_lap_of_its_own_length() -> None:
    found = laps(date(2026, 3, 7), date(2026, 3, 9), Lapse.DAY, NEW_YORK)
    assert [(lap.ends_at - lap.starts_at) for lap in found] == [
        timedelta(hours=24),
        timedelta(hours=23),
        timedelta(hours=24),
    ]
    assert found[0].starts_at == datetime(2026, 3, 7, 5, tzinfo=UTC)


def test_weeks_begin_on_mondays_and_months_on_their_first_and_none_overlaps() -> None:
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
        ((4, 9, 6), 4, {0, 2}),  # the smallest other one too, or the sum would tell
        ((4, 9, 6, 3), 5, {0, 3}),  # five different people together
        ((1, 1, 1, 8), 1, {0, 1, 2, 3}),
        ((4,), 4, {0}),
    ],
)
def test_what_fewer_than_five_did_is_kept_back_and_so_is_what_would_tell_it(
    people: tuple[int, ...], of_them: int, hidden: set[int]
) -> None:
    assert kept_back(people, of_them=of_them) == hidden
