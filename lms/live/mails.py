"""Emails about a live webinar, each with its calendar entry."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from lms.core.dates_and_time_zones import read_zone, say_datetime
from lms.core.errors import N_
from lms.core.icalendar import Happening, Invitation, Method
from lms.live.registrants import Registrant, read_standing
from lms.mail import outbox as mail_outbox
from lms.mail.links import Links
from lms.models.catalog import Webinar, WebinarState


@dataclass(frozen=True, slots=True)
class Kind:
    """A letter: its template, its subject, and what it does in a calendar.

    One that `is_once` is written once for each reader, however often it is asked for.
    """

    template: str
    subject: str
    method: Method | None = Method.REQUEST
    is_once: bool = True


MOVED: Final = Kind("live_rescheduled", N_("New date: %(title)s"))
CANCELED: Final = Kind("live_canceled", N_("Canceled: %(title)s"), Method.CANCEL)
RESTORED: Final = Kind("live_reinstated", N_("It will be held after all: %(title)s"))
TOMORROW: Final = Kind("live_tomorrow", N_("Tomorrow: %(title)s"))
SOON: Final = Kind("live_soon", N_("In an hour: %(title)s"))
READY: Final = Kind("recording_ready", N_("Your recording is ready: %(title)s"), None)
REGISTERED: Final = Kind("live_registered", N_("You are registered: %(title)s"), is_once=False)
LEFT: Final = Kind(
    "live_unregistered", N_("You are no longer registered: %(title)s"), Method.CANCEL, is_once=False
)


def key_of(kind: Kind, webinar: Webinar) -> str:
    """Return what begins the key of a letter of which everybody gets one; their outside id follows.

    After a change that all are told of, another one is due.
    """
    turn = "" if kind is READY else f".{webinar.notice}"
    return f"{kind.template}:{webinar.public_id}{turn}:"


def send(
    session: Session,
    kind: Kind,
    webinar: Webinar,
    reader: Registrant,
    *,
    links: Links,
    now: datetime,
) -> None:
    """Write a letter about a webinar, with times by the reader's own clock."""
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
            "action_url": links.page(f"{path}/watch" if kind is READY else path),
            **_changed(webinar, zone),
        },
        now=now,
        unique_key=key_of(kind, webinar) + reader.public_id if kind.is_once else None,
        invitation=None
        if kind.method is None
        else invitation_of(webinar, kind.method, turns=reader.turns, links=links, now=now),
    )


def _changed(webinar: Webinar, zone: ZoneInfo) -> Mapping[str, object]:
    was = "" if webinar.moved_from is None else say_datetime(webinar.moved_from, zone)
    said = [part.split("\n") for part in webinar.notice_said.split("\n\n") if part]
    return {"was": was, "said": said}


def invitation_of(
    webinar: Webinar, method: Method, *, turns: int, links: Links, now: datetime
) -> Invitation:
    """Return the entry of a webinar for the calendar of somebody who went and came back `turns` times."""
    happening = Happening(
        uid=f"{webinar.public_id}@{urlsplit(links.base_url).hostname}",
        # both only grow, so what comes later always has the higher number
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
    """Return the entry of a webinar to come for who got it by itself, and so will come; None for others.

    Whoever said that they won't come gets none.
    """
    if webinar.state is not WebinarState.ANNOUNCED or webinar.held_at <= now:
        return None
    standing = read_standing(session, login_id=login_id, webinar_id=webinar.id)
    if standing is not None and not standing.is_coming:
        return None
    turns = 0 if standing is None else standing.turns
    return invitation_of(webinar, Method.REQUEST, turns=turns, links=links, now=now)
