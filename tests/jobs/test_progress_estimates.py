"""Estimates of how fast long work goes and when it will be done."""

from datetime import timedelta

from lms.jobs.progress_estimates import pace_of
from tests.clock import NOW


def test_rate_and_time_left_are_estimated_after_a_while() -> None:
    pace = pace_of(50, 200, 0.25, started_at=NOW, now=NOW + timedelta(seconds=10))
    assert (pace.per_second, pace.left) == (5, timedelta(seconds=30))


def test_work_of_a_lost_worker_is_not_counted_in_the_rate() -> None:
    ten_seconds_on = NOW + timedelta(seconds=10)
    pace = pace_of(150, 200, 0.75, started_at=NOW, now=ten_seconds_on, before=100)
    assert (pace.per_second, pace.left) == (5, timedelta(seconds=10))
    begun = pace_of(100, 200, 0.5, started_at=NOW, now=ten_seconds_on, before=100)
    assert (begun.per_second, begun.left) == (None, None)


def test_no_estimate_is_made_of_work_that_has_just_started() -> None:
    for started_at, done in ((None, 5), (NOW, 0), (NOW + timedelta(seconds=9), 5)):
        pace = pace_of(done, 10, done / 10, started_at=started_at, now=NOW + timedelta(seconds=10))
        assert (pace.per_second, pace.left) == (None, None)
