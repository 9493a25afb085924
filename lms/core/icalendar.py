"""iCalendar files (RFC 5545) of webinars, for Outlook, Google, and Apple calendars, and links to them.

They never contain the meeting link: an entry links to the webinar's page, which shows the meeting
link to people with access, starting an hour before.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, vCalAddress, vText

PRODUCT: Final = "-//Carrel//Webinars//EN"
REFRESH: Final = timedelta(hours=6)
# Neither service documents its address; both are what their own pages use.
GOOGLE: Final = "https://calendar.google.com/calendar/render"
OUTLOOK: Final = "https://outlook.office.com/calendar/0/deeplink/compose"
LOCAL_TIME: Final = "%Y%m%dT%H%M%S"


@dataclass(frozen=True, slots=True)
class Happening:
    """One upcoming webinar; `uid` never changes, and `sequence` grows with each change of the entry.

    A program that already has the entry replaces it with one of a higher sequence (RFC 5545,
    3.8.7.4).
    """

    uid: str
    sequence: int
    title: str
    summary: str
    address: str
    starts_at: datetime
    zone: str
    minutes: int
    is_canceled: bool
    changed_at: datetime


class Method(StrEnum):
    """What an email does to its reader's calendar (RFC 5546, 3.2.2 and 3.2.5).

    REQUEST and CANCEL add, change and remove an entry in Outlook, Google and Apple calendars; an
    imported PUBLISH entry stays as it is.
    """

    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


@dataclass(frozen=True, slots=True)
class Invitation:
    """A calendar entry attached to an email."""

    method: Method
    happening: Happening


@dataclass(frozen=True, slots=True)
class Party:
    """The organizer or the attendee of an invitation."""

    email: str
    name: str


def packed(invitation: Invitation) -> dict[str, Any]:
    """Return an invitation as values that JSON can store."""
    facts = asdict(invitation.happening)
    moments = {name: facts[name].isoformat() for name in ("starts_at", "changed_at")}
    return {"method": invitation.method.value, **facts, **moments}


def unpacked(kept: Mapping[str, Any]) -> Invitation:
    """Return an invitation from the values of `packed`."""
    facts = {name: kept[name] for name in Happening.__dataclass_fields__}
    moments = {name: datetime.fromisoformat(facts[name]) for name in ("starts_at", "changed_at")}
    return Invitation(Method(kept["method"]), Happening(**{**facts, **moments}))


def write_invitation(invitation: Invitation, *, organizer: Party, attendee: Party) -> bytes:
    """Return the calendar file of an email; it requests no reply.

    Google accepts it only if organizer and attendee are named and the method equals the one in the
    email part's content type.
    """
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", invitation.method.value)
    for zone in _zones([invitation.happening]):
        calendar.add_component(zone)
    event = _event(invitation.happening)
    event.add("organizer", _address_of(organizer))
    coming = _address_of(attendee)
    coming.params["role"] = vText("REQ-PARTICIPANT")
    coming.params["partstat"] = vText("ACCEPTED")
    coming.params["rsvp"] = vText("FALSE")
    event.add("attendee", coming)
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def _address_of(party: Party) -> vCalAddress:
    address = vCalAddress(f"mailto:{party.email}")
    # a parameter can't contain a quotation mark (RFC 5545, 3.1)
    address.params["cn"] = vText(party.name.replace('"', "'"))
    return address


def write_calendar(happenings: Iterable[Happening], *, name: str = "") -> bytes:
    """Return a calendar of these webinars, each in its own zone; `name` is for subscribers.

    The zones are described from the year before to the year after, as Outlook requires.
    """
    entries = tuple(happenings)
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    if name:
        calendar.add("x-wr-calname", name)
        calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    for zone in _zones(entries):
        calendar.add_component(zone)
    for entry in entries:
        calendar.add_component(_event(entry))
    return bytes(calendar.to_ical())


def _event(entry: Happening) -> Event:
    starts = entry.starts_at.astimezone(ZoneInfo(entry.zone))
    event = Event()
    event.add("uid", entry.uid)
    event.add("sequence", entry.sequence)
    event.add("dtstamp", entry.changed_at)
    event.add("last-modified", entry.changed_at)
    event.add("dtstart", starts)
    # elapsed minutes, also across a daylight saving change
    event.add("duration", timedelta(minutes=entry.minutes))
    event.add("summary", entry.title)
    event.add("description", "\n\n".join(filter(None, (entry.summary, entry.address))))
    event.add("url", entry.address)
    event.add("location", entry.address)
    event.add("status", "CANCELLED" if entry.is_canceled else "CONFIRMED")
    event.add("transp", "TRANSPARENT" if entry.is_canceled else "OPAQUE")
    return event


def _zones(entries: Sequence[Happening]) -> Iterable[Timezone]:
    years: dict[str, list[int]] = {}
    for entry in entries:
        years.setdefault(entry.zone, []).append(entry.starts_at.year)
    for zone, found in sorted(years.items()):
        yield Timezone.from_tzid(
            zone,
            first_date=date(min(found) - 1, 1, 1),
            last_date=date(max(found) + 1, 12, 31),
        )


@dataclass(frozen=True, slots=True)
class CalendarLinks:
    """Addresses that open a new entry in Google Calendar or Outlook; they say nothing about the reader."""

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
