"""Emails about a live webinar, each with its calendar entry."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from lms.audience.events import Event
from lms.core.dates_and_time_zones import read_zone, say_datetime
from lms.core.errors import N_
from lms.core.icalendar import Happening, Invitation, Method
from lms.live.registrants import Registrant, read_standing
from lms.mail import outbox as mail_outbox
from lms.mail.links import Links
from lms.models.catalog import Webinar, WebinarState


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of email: its template, its subject, and its effect on a calendar.

    An email about an `event` is written once per reader, however often it is requested.
    """

    template: str
    subject: str
    method: Method | None = Method.REQUEST
    event: Event | None = None


MOVED: Final = Kind("live_rescheduled", N_("New date: %(title)s"), event=Event.POSTPONED)
CANCELED: Final = Kind(
    "live_canceled", N_("Canceled: %(title)s"), Method.CANCEL, event=Event.CANCELED
)
RESTORED: Final = Kind("live_reinstated", N_("“%(title)s” is back on"), event=Event.REINSTATED)
REMOVED: Final = Kind("live_removed", N_("Removed: %(title)s"), Method.CANCEL, event=Event.PULLED)
AVAILABLE: Final = Kind("live_available", N_("Available again: %(title)s"), event=Event.REINSTATED)
TOMORROW: Final = Kind("live_tomorrow", N_("Tomorrow: %(title)s"), event=Event.TOMORROW)
SOON: Final = Kind("live_soon", N_("Starts in an hour: %(title)s"), event=Event.SOON)
READY: Final = Kind(
    "recording_ready", N_("The recording is ready: %(title)s"), None, event=Event.READY
)
REGISTERED: Final = Kind("live_registered", N_("You're registered: %(title)s"))
LEFT: Final = Kind("live_unregistered", N_("You're no longer registered: %(title)s"), Method.CANCEL)


def key_of(event: Event, webinar: Webinar) -> str:
    """Return the prefix of the unique keys of emails about an event; the person's key follows.

    Each person therefore gets one of them, whatever its kind. After a change notice, another one
    becomes due.
    """
    turn = "" if event is Event.READY else f".{webinar.notice}"
    return f"{event}:{webinar.public_id}{turn}:"


def send(
    session: Session,
    kind: Kind,
    webinar: Webinar,
    reader: Registrant,
    *,
    links: Links,
    now: datetime,
) -> None:
    """Write an email about a webinar, with times in the reader's time zone."""
    zone = read_zone(reader.zone or webinar.zone)
    path = f"/webinars/{webinar.slug}"
    mail_outbox.post(
        session,
        kind=kind.template,
        to=reader.email,
        login_id=reader.login_id,
        subject=kind.subject % {"title": webinar.title},
        values={
            "name": reader.name,
            "title": webinar.title,
            "when": say_datetime(webinar.held_at, zone),
            "sentences": reader.sentences,
            "can_watch": reader.can_watch,
            "survey_url": reader.survey_url,
            "action_url": links.page(f"{path}/watch" if reader.can_watch else path),
            **changed(webinar, zone),
        },
        now=now,
        unique_key=reader.key,
        invitation=None
        if kind.method is None or not reader.is_expected
        else invitation_of(webinar, kind.method, turns=reader.turns, links=links, now=now),
    )


def changed(webinar: Webinar, zone: ZoneInfo) -> Mapping[str, object]:
    """Return the date that a webinar was moved from, and our team's message about the change."""
    was = "" if webinar.moved_from is None else say_datetime(webinar.moved_from, zone)
    said = [part.split("\n") for part in webinar.notice_said.split("\n\n") if part]
    return {"was": was, "said": said}


def invitation_of(
    webinar: Webinar, method: Method, *, turns: int, links: Links, now: datetime
) -> Invitation:
    """Return the calendar entry of a webinar for a person who has canceled or registered again `turns` times."""
    happening = Happening(
        uid=f"{webinar.public_id}@{urlsplit(links.base_url).hostname}",
        # neither ever decreases, so later entries always have higher numbers
        sequence=webinar.sequence + turns,
        title=webinar.title,
        summary=webinar.summary,
        address=links.page(f"/webinars/{webinar.slug}"),
        starts_at=webinar.held_at,
        zone=webinar.zone,
        minutes=webinar.minutes,
        is_canceled=method is Method.CANCEL,
        changed_at=now,
    )
    return Invitation(method, happening)


def entry_for(
    session: Session, webinar: Webinar, login_id: int, *, links: Links, now: datetime
) -> Invitation | None:
    """Return the calendar entry of an upcoming webinar for a buyer, who is registered automatically.

    Returns None if the webinar isn't upcoming or the person canceled their registration.
    """
    if webinar.state is not WebinarState.ANNOUNCED or webinar.held_at <= now:
        return None
    standing = read_standing(session, login_id=login_id, webinar_id=webinar.id)
    if standing is not None and not standing.is_coming:
        return None
    turns = 0 if standing is None else standing.turns
    return invitation_of(webinar, Method.REQUEST, turns=turns, links=links, now=now)
