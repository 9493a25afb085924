"""Calendar links: addresses that open a new entry in Google Calendar or Outlook on the web.

They say when and where the webinar is and nothing about the reader. Neither service documents its
address; both are what their own pages use.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

GOOGLE: Final = "https://calendar.google.com/calendar/render"
OUTLOOK: Final = "https://outlook.office.com/calendar/0/deeplink/compose"
LOCAL_TIME: Final = "%Y%m%dT%H%M%S"


@dataclass(frozen=True, slots=True)
class CalendarLinks:
    """Where a person adds a webinar to Google Calendar, and to Outlook."""

    google: str
    outlook: str


def calendar_links(
    *, title: str, address: str, starts_at: datetime, zone: str, minutes: int
) -> CalendarLinks:
    """Return the links of a webinar; `address` is its page, never the room's link.

    Google gets the time on the clock of the webinar's zone with the zone's name, Outlook the time in
    UTC, which it shows in the reader's own zone.
    """
    starts = starts_at.astimezone(UTC)
    ends = starts + timedelta(minutes=minutes)  # elapsed, also across a clock change
    here = ZoneInfo(zone)
    dates = "/".join(each.astimezone(here).strftime(LOCAL_TIME) for each in (starts, ends))
    google = {
        "action": "TEMPLATE",
        "text": title,
        "dates": dates,
        "ctz": zone,
        "details": address,
        "location": address,
    }
    outlook = {
        "path": "/calendar/action/compose",
        "rru": "addevent",
        "subject": title,
        "startdt": f"{starts:%Y-%m-%dT%H:%M:%SZ}",
        "enddt": f"{ends:%Y-%m-%dT%H:%M:%SZ}",
        "body": address,
        "location": address,
    }
    # Outlook shows a plus sign as one, so spaces are written as %20
    return CalendarLinks(
        f"{GOOGLE}?{urlencode(google, quote_via=quote)}",
        f"{OUTLOOK}?{urlencode(outlook, quote_via=quote)}",
    )
