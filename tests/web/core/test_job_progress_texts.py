"""The progress of a job in one line."""

from datetime import timedelta

import pytest

from lms.web.core.job_progress_texts import PLAYBACK_SPEED, say_progress
from tests.clock import NOW


@pytest.mark.parametrize(
    ("share", "elapsed", "seconds", "said"),
    [
        (0.0, 0, None, "0%"),
        (0.5, 3, 600, "50%"),
        (0.01, 60, 600, "1%"),
        (0.5, 60, 600, f"50% · {PLAYBACK_SPEED % {'times': '5.0'}} · about 1 minute left"),
        (0.25, 60, None, "25% · 25.0% per minute · about 3 minutes left"),
        (1.0, 60, 600, "100%"),
    ],
)
def test_progress_shows_percent_rate_and_time_left(app, share, elapsed, seconds, said):
    begun = NOW - timedelta(seconds=elapsed)
    with app.test_request_context():
        assert say_progress(share, started_at=begun, seconds=seconds, now=NOW) == said


def test_progress_of_a_job_that_has_not_started_has_no_rate(app):
    with app.test_request_context():
        assert say_progress(0.0, started_at=None, seconds=None, now=NOW) == "0%"
