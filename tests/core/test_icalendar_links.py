"""Links that add a webinar to Google Calendar and Outlook, at the right time."""

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

from lms.core.icalendar import CalendarLinks, calendar_links


def links_of(starts_at: datetime, *, minutes: int = 90) -> CalendarLinks:
    return calendar_links(
        title="Weeding & moving + more",
        address="https://example.org/webinars/weeding",
        starts_at=starts_at,
        zone="America/New_York",
        minutes=minutes,
    )


def values(link: str) -> dict[str, str]:
    return {name: each[0] for name, each in parse_qs(urlsplit(link).query).items()}


def test_google_gets_the_local_time_and_the_zones_name() -> None:
    links = links_of(datetime(2026, 3, 5, 19, tzinfo=UTC))
    assert urlsplit(links.google).hostname == "calendar.google.com"
    said = values(links.google)
    assert said["dates"] == "20260305T140000/20260305T153000"
    assert said["ctz"] == "America/New_York"
    assert said["text"] == "Weeding & moving + more"
    assert said["details"] == said["location"] == "https://example.org/webinars/weeding"


def test_outlook_gets_the_time_in_utc() -> None:
    links = links_of(datetime(2026, 3, 5, 19, tzinfo=UTC))
    assert urlsplit(links.outlook).hostname == "outlook.office.com"
    said = values(links.outlook)
    assert said["startdt"] == "2026-03-05T19:00:00Z"
    assert said["enddt"] == "2026-03-05T20:30:00Z"
    assert said["subject"] == "Weeding & moving + more"
    assert "+" not in links.outlook


def test_minutes_are_elapsed_minutes_when_clocks_change() -> None:
    # in New York, 2 AM on March 8, 2026, is 3 AM
    links = links_of(datetime(2026, 3, 8, 6, 30, tzinfo=UTC), minutes=60)
    assert values(links.google)["dates"] == "20260308T013000/20260308T033000"
    assert values(links.outlook)["enddt"] == "2026-03-08T07:30:00Z"


def test_links_contain_only_the_webinar() -> None:
    links = links_of(datetime(2026, 3, 5, 19, tzinfo=UTC))
    assert set(values(links.google)) == {"action", "text", "dates", "ctz", "details", "location"}
    known = {"path", "rru", "subject", "startdt", "enddt", "body", "location"}
    assert set(values(links.outlook)) == known
