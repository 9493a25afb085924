"""Calendar files: webinars as iCalendar (RFC 5545), which Outlook, Google and Apple read.

The room is never in them: an entry leads to the webinar's page, where the link to the room is
shown to who may have it, an hour before.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone

PRODUCT: Final = "-//Carrel//Webinars//EN"
REFRESH: Final = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Happening:
    """One webinar to come; `uid` stays for good, `sequence` grows when the entry has to move.

    A program that has the entry already puts the one with the higher sequence in its place (RFC
    5545, 3.8.7.4).
    """

    uid: str
    sequence: int
    title: str
    summary: str
    address: str
    starts_at: datetime
    zone: str
    minutes: int
    is_cancelled: bool
    changed_at: datetime


def write_calendar(happenings: Iterable[Happening], *, name: str = "") -> bytes:
    """Return a calendar of these webinars, each in its own zone; `name` is for those who follow it.

    The zones are described from the year before to the year after, as Outlook wants them.
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
    # the length is of minutes that pass, also over a change of the clocks
    event.add("duration", timedelta(minutes=entry.minutes))
    event.add("summary", entry.title)
    event.add("description", "\n\n".join(filter(None, (entry.summary, entry.address))))
    event.add("url", entry.address)
    event.add("location", entry.address)
    event.add("status", "CANCELLED" if entry.is_cancelled else "CONFIRMED")
    event.add("transp", "TRANSPARENT" if entry.is_cancelled else "OPAQUE")
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
