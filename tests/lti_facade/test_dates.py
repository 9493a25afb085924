"""Days and ends as people read them."""

from datetime import UTC, datetime

from lms.lti_facade.dates import say_day_or_time_of, say_last_of

ZONE = "America/New_York"
MIDNIGHT = datetime(2027, 6, 2, 4, tzinfo=UTC)
NOON = datetime(2027, 6, 2, 16, tzinfo=UTC)


def test_what_ends_with_a_day_lasts_until_that_day() -> None:
    assert say_last_of(MIDNIGHT, ZONE) == "Jun 1, 2027"
    assert say_last_of(NOON, ZONE) == "Jun 2, 2027, 12:00\u00a0PM\u00a0ET"


def test_a_day_without_a_time_is_said_without_one() -> None:
    assert say_day_or_time_of(MIDNIGHT, ZONE) == "Jun 2, 2027"
    assert say_day_or_time_of(NOON, ZONE) == "Jun 2, 2027, 12:00\u00a0PM\u00a0ET"
