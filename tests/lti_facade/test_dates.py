"""Days and end dates as people read them."""

from datetime import UTC, datetime

from lms.lti_facade.dates import say_day_or_time_of, say_last_of

ZONE = "America/New_York"
MIDNIGHT = datetime(2027, 6, 2, 4, tzinfo=UTC)
NOON = datetime(2027, 6, 2, 16, tzinfo=UTC)


def test_access_that_ends_at_midnight_shows_the_last_full_day() -> None:
    assert say_last_of(MIDNIGHT, ZONE) == "Jun 1, 2027"
    assert say_last_of(NOON, ZONE) == "Jun 2, 2027, 12:00\u00a0PM\u00a0ET"


def test_time_at_midnight_is_shown_as_a_date_only() -> None:
    assert say_day_or_time_of(MIDNIGHT, ZONE) == "Jun 2, 2027"
    assert say_day_or_time_of(NOON, ZONE) == "Jun 2, 2027, 12:00\u00a0PM\u00a0ET"
