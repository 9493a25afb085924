"""The demo's data: enough of it, complete, and clearly made up."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from lms.demo.all_series import CAST, ORGANIZATIONS, PRESENTERS, PRICES, SERIES, WEBINARS
from lms.demo.data_types import OnDay, WebinarText, Within, held_at

NOW = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
NEW_YORK = ZoneInfo("America/New_York")
IN_SUMMER_AND_WINTER = [NOW, datetime(2027, 6, 30, 3, 59, tzinfo=UTC)]


def on_sale() -> list[WebinarText]:
    return [webinar for webinar in WEBINARS if not webinar.draft and not webinar.withdrawn]


def test_past_webinars_are_in_each_of_five_years() -> None:
    years = {webinar.held.day.year for webinar in on_sale() if isinstance(webinar.held, OnDay)}
    assert years == {2022, 2023, 2024, 2025, 2026}


def test_two_announced_webinars_are_upcoming() -> None:
    assert sum(isinstance(webinar.held, Within) for webinar in on_sale()) == 2


def test_one_webinar_is_a_draft_one_withdrawn_and_one_free() -> None:
    assert sum(webinar.draft for webinar in WEBINARS) == 1
    assert sum(webinar.withdrawn for webinar in WEBINARS) == 1
    assert sum(webinar.free for webinar in WEBINARS) == 1


def test_recordings_belong_to_past_webinars_on_sale() -> None:
    recorded = [webinar for webinar in WEBINARS if webinar.recording]
    assert len(recorded) >= 2
    assert all(isinstance(webinar.held, OnDay) and webinar in on_sale() for webinar in recorded)


@pytest.mark.parametrize("now", IN_SUMMER_AND_WINTER)
@pytest.mark.parametrize("webinar", WEBINARS, ids=lambda webinar: webinar.slug)
def test_every_webinar_is_on_a_thursday_at_2_pm_in_new_york(
    webinar: WebinarText, now: datetime
) -> None:
    there = held_at(webinar.held, now=now).astimezone(NEW_YORK)
    assert (there.time(), there.strftime("%A")) == (time(14, 0), "Thursday")


@pytest.mark.parametrize("now", IN_SUMMER_AND_WINTER)
def test_upcoming_webinars_are_up_to_a_week_beyond_their_days(now: datetime) -> None:
    for webinar in WEBINARS:
        if isinstance(webinar.held, Within):
            away = held_at(webinar.held, now=now).date() - now.astimezone(NEW_YORK).date()
            assert webinar.held.days <= away.days < webinar.held.days + 7


@pytest.mark.parametrize("webinar", WEBINARS, ids=lambda webinar: webinar.slug)
def test_every_announcement_has_a_reasonable_length(webinar: WebinarText) -> None:
    assert 150 <= len(webinar.overview.split()) <= 300
    assert 5 <= len(webinar.agenda) <= 7
    assert webinar.summary


def test_slugs_are_unique_and_every_reference_exists() -> None:
    slugs = [webinar.slug for webinar in WEBINARS]
    presenters = {presenter.slug for presenter in PRESENTERS}
    series = {one.slug for one in SERIES}
    assert len(set(slugs)) == len(slugs)
    assert {slug for webinar in WEBINARS for slug in webinar.presenters} == presenters
    assert {slug for webinar in WEBINARS for slug in webinar.series} == series
    assert {slug for person in CAST for slug in person.keeps} <= set(slugs)


def test_every_person_has_an_example_address() -> None:
    assert {person.email.split("@")[0] for person in CAST} == {
        "alice", "bob", "carol", "dan", "mia", "sam", "bea", "leo", "ada", "olive", "ben",
    }  # fmt: skip
    assert {person.email.split("@")[1] for person in CAST} == {"example.org", "example.com"}


def test_every_printed_password_is_long_enough_and_unique() -> None:
    passwords = {person.password for person in CAST}
    assert len(passwords) == len(CAST)
    assert min(map(len, passwords)) >= 12


def test_consortium_comes_before_its_members() -> None:
    known: set[str | None] = {None}
    for organization in ORGANIZATIONS:
        assert organization.parent in known
        known.add(organization.slug)
    assert len(known) == 6
    assert {person.organization for person in CAST} <= known


def test_prices_are_the_sellers() -> None:
    assert {(price.kind, price.minimum): price.cents for price in PRICES} == {
        ("single", 1): 9900,
        ("group_seats", 3): 7500,
        ("group_seats", 5): 6500,
        ("group_showing", 1): 29900,
        ("institutional", 1): 49900,
        ("pass", 1): 49900,
    }
