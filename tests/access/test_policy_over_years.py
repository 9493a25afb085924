"""Access over the years: permanent access never ends, and terms end on the expected day."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.access.policy import Action, Admitted, Code, Way, decide
from lms.grants.grants import year_from
from lms.models.grants import Scope
from tests.access.test_policy import grant, login, place, webinar

NEW_YORK = ZoneInfo("America/New_York")
SOLD = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
TICK = timedelta(microseconds=1)
TWENTY_YEARS = 20 * 366
purchases = st.datetimes(datetime(2024, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def code_at(at: datetime, *, ends_at: datetime | None, starts_at: datetime = SOLD) -> Code:
    held = grant(starts_at=starts_at, ends_at=ends_at, scope=Scope.EVERYTHING)
    old = webinar(held_at=starts_at - timedelta(days=30))
    return decide(login(held), old, Action.RECORDING, at).code


@pytest.mark.parametrize("years", range(21))
def test_permanent_purchase_gives_access_in_each_of_twenty_years(years: int) -> None:
    at = SOLD.replace(year=SOLD.year + years)
    for held in (grant(starts_at=SOLD), grant(starts_at=SOLD, place=place(Way.CLAIMED))):
        decision = decide(login(held), webinar(), Action.RECORDING, at)
        assert isinstance(decision, Admitted)
        assert (decision.code, decision.ends_at) == (Code.OK_PERMANENT, None)


@given(st.integers(0, TWENTY_YEARS * 24 * 60))
def test_permanent_purchase_gives_access_at_every_minute_of_twenty_years(minutes: int) -> None:
    at = SOLD + timedelta(minutes=minutes)
    assert code_at(at, ends_at=None) is Code.OK_PERMANENT


@given(purchases)
def test_one_year_pass_gives_access_until_the_end_of_its_anniversary(
    bought: datetime,
) -> None:
    term = year_from(bought, NEW_YORK)
    assert term.ends_at is not None
    last = (term.ends_at - TICK).astimezone(NEW_YORK)
    first = bought.astimezone(NEW_YORK)
    is_leap_day = (first.month, first.day) == (2, 29)
    anniversary = date(first.year + 1, first.month, 28 if is_leap_day else first.day)
    assert last.date() == anniversary
    assert term.ends_at.astimezone(NEW_YORK).time() == time(0)
    assert code_at(bought, ends_at=term.ends_at, starts_at=bought) is Code.OK_TERM
    assert code_at(term.ends_at - TICK, ends_at=term.ends_at, starts_at=bought) is Code.OK_TERM
    assert code_at(term.ends_at, ends_at=term.ends_at, starts_at=bought) is Code.PASS_EXPIRED


@pytest.mark.parametrize(
    "last_day",
    [
        date(2027, 3, 14),  # 23 hours: clocks are set forward
        date(2027, 11, 7),  # 25 hours: clocks are set back
        date(2028, 2, 29),
        date(2027, 12, 31),
    ],
)
def test_term_lasts_until_midnight_in_new_york_on_days_of_any_length(last_day: date) -> None:
    ends_at = datetime.combine(last_day + timedelta(days=1), time(0), NEW_YORK).astimezone(UTC)
    late = datetime.combine(last_day, time(23, 59, 59), NEW_YORK)
    assert code_at(late, ends_at=ends_at) is Code.OK_TERM
    assert code_at(late + timedelta(seconds=1), ends_at=ends_at) is Code.PASS_EXPIRED


def test_second_occurrence_of_a_repeated_hour_is_later() -> None:
    first = datetime(2027, 11, 7, 1, 30, tzinfo=NEW_YORK)
    ends_at = first.replace(fold=1).astimezone(UTC)
    assert code_at(first, ends_at=ends_at) is Code.OK_TERM
    assert code_at(first.replace(fold=1), ends_at=ends_at) is Code.PASS_EXPIRED


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "Pacific/Honolulu", "Europe/London", "UTC"])
def test_time_zone_of_the_reader_does_not_change_the_decision(zone: str) -> None:
    ends_at = datetime(2027, 10, 7, 4, 0, tzinfo=UTC)
    for at in (ends_at - TICK, ends_at):
        assert code_at(at.astimezone(ZoneInfo(zone)), ends_at=ends_at) is code_at(
            at, ends_at=ends_at
        )
