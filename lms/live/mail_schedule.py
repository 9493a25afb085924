"""The mail schedule of a webinar: which reminder or notice is due when, and to whom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from lms.access.decision_facts import load_case
from lms.access.policy import Action, Admitted, Code, decide
from lms.audience.audience import Person, Told, audience, payers_of, told_of, unused_seats
from lms.audience.events import ATTENDING, PAYING, TOLD, Event, Role
from lms.audience.sentences import sentence
from lms.core.errors import N_
from lms.core.model_base import copied
from lms.live.change_notices import notice_key
from lms.live.mails import (
    AVAILABLE,
    CANCELED,
    MOVED,
    READY,
    REMOVED,
    RESTORED,
    SOON,
    TOMORROW,
    Kind,
    key_of,
    send,
)
from lms.live.registrants import Registrant
from lms.live.survey_links import survey_link_of
from lms.mail.links import Links
from lms.models.catalog import InsteadKind, PulledInstead, Webinar, WebinarState
from lms.models.jobs import Job
from lms.models.mail import Mail
from lms.models.recordings import Recording, RecordingState

DAY_BEFORE: Final = timedelta(days=1)
HOUR_BEFORE: Final = timedelta(hours=1)
TELLS_FOR: Final = timedelta(days=14)  # older recordings aren't news
AT_ONCE: Final = 100
KEYS_AT_ONCE: Final = 500
CHANGES: Final = (MOVED, CANCELED, RESTORED, REMOVED, AVAILABLE)
WITH_OFFERS: Final = (MOVED, CANCELED, RESTORED)  # payers get their own (lms/cancellation_offers)
_STANDS: Final = (WebinarState.ANNOUNCED, WebinarState.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class Telling:
    """A kind of email that is due to the audience of a webinar (a row id)."""

    kind: Kind
    webinar_id: int


def due_tellings(session: Session, *, now: datetime) -> tuple[Telling, ...]:
    """Return the reminders and recording notices that are due, whether or not some people already have them."""
    coming = session.execute(
        select(Webinar.id, Webinar.held_at)
        .where(
            Webinar.state.in_(_STANDS),
            Webinar.held_at > now,
            Webinar.held_at <= now + DAY_BEFORE,
        )
        .order_by(Webinar.held_at, Webinar.id)
    ).all()
    # Only the nearest reminder: a person reminded one hour before needs no "tomorrow" email.
    reminders = [
        Telling(SOON if row.held_at <= now + HOUR_BEFORE else TOMORROW, row.id) for row in coming
    ]
    since = now - TELLS_FOR
    recorded = session.execute(
        select(Webinar.id, Webinar.held_at, Webinar.minutes)
        .join(Recording, Recording.webinar_id == Webinar.id)
        .where(
            Recording.is_current,
            Recording.state == RecordingState.READY,
            or_(Recording.ready_at > since, Webinar.held_at > since),
            Webinar.held_at <= now,
            Webinar.state.in_(_STANDS),
        )
        .order_by(Webinar.id)
    ).all()
    # A recording can be ready earlier, but is announced once the webinar is over.
    ready = [row.id for row in recorded if row.held_at + timedelta(minutes=row.minutes) <= now]
    return (*reminders, *(Telling(READY, webinar_id) for webinar_id in ready))


def tell_some(
    session: Session, telling: Telling, after: str, *, links: Links, now: datetime
) -> str | None:
    """Email the next AT_ONCE people who should get it; return the last one's key, or None at the end.

    Reminders go to people who registered before they were due and who can join, recording notices to
    people who can watch it. Changes go to the whole audience, except payers who get an offer instead.
    """
    webinar = session.get_one(Webinar, telling.webinar_id, populate_existing=True)
    kind = telling.kind
    event = _event_of(kind)
    people = audience(session, webinar, now=now)
    readers = _readers(session, people, kind, webinar)
    untold = _untold(session, [one for one in readers if one.person.key > after], event, webinar)
    if not untold:
        return None
    facts = _facts(session, event, webinar, people, now)
    for one in untold[:AT_ONCE]:
        if _is_owed(session, kind, webinar.id, one, now):
            reader = _reader(one, kind, webinar, facts, now)
            send(session, kind, webinar, reader, links=links, now=now)
    return untold[AT_ONCE - 1].person.key if len(untold) > AT_ONCE else None


@dataclass(frozen=True, slots=True)
class _Facts:
    """Values for an event's sentences: unused seats by organization, number of recipients, replacement by role.

    `survey` is the link to the survey, after the live session.
    """

    unused: Mapping[int, int | None]
    told: int
    instead: Mapping[Role, str]
    survey: str


def _facts(
    session: Session, event: Event, webinar: Webinar, people: Sequence[Person], now: datetime
) -> _Facts:
    return _Facts(
        unused=unused_seats(session, webinar, now=now) if Role.MANAGER in TOLD[event] else {},
        told=sum(Role.TEAM not in one.person.roles for one in told_of(people, event)),
        instead=_instead(session, webinar) if event is Event.PULLED else {},
        survey=survey_link_of(session, webinar) if event is Event.READY else "",
    )


def _instead(session: Session, webinar: Webinar) -> Mapping[Role, str]:
    """Return what each role gets instead of a removed webinar; only payers and managers learn of refunds."""
    row = session.execute(
        select(PulledInstead.kind, PulledInstead.said, Webinar.title)
        .outerjoin(Webinar, Webinar.id == PulledInstead.other_id)
        .where(PulledInstead.webinar_id == webinar.id)
    ).one_or_none()
    if row is None:
        return {}
    if row.kind is InsteadKind.REFUND:
        text = N_("You can request a refund on its page.")
        return dict.fromkeys(PAYING | {Role.MANAGER}, text)
    text = row.said or N_("On its page, you can get “%(title)s” instead.") % {"title": row.title}
    return dict.fromkeys(ATTENDING | PAYING | {Role.MANAGER}, text)


def _readers(
    session: Session, people: Sequence[Person], kind: Kind, webinar: Webinar
) -> list[Told]:
    """Return the people of an audience who should get this email, sorted by key."""
    since, skipped = _due_since(session, kind, webinar), frozenset[str]()
    if kind in WITH_OFFERS:
        skipped = _deciding_keys(session, people, webinar)
    return sorted(
        (
            one
            for one in told_of(people, _event_of(kind))
            if one.person.key not in skipped and (since is None or _concerned_since(one) <= since)
        ),
        key=lambda one: one.person.key,
    )


def _deciding_keys(session: Session, people: Sequence[Person], webinar: Webinar) -> frozenset[str]:
    """Return the keys of people who decide about an order for the webinar and therefore get an offer."""
    payers = payers_of(session, webinar, people, before=bought_before(webinar))
    return frozenset(one.key for deciding in payers.values() for one in deciding)


def bought_before(webinar: Webinar) -> datetime | None:
    """Return when a webinar that will be held got its current date, else None; later buyers know that date."""
    return webinar.moved_at if webinar.state in _STANDS else None


def _untold(
    session: Session, readers: Sequence[Told], event: Event, webinar: Webinar
) -> list[Told]:
    """Return the people who don't have an email about this event yet."""
    keys = [key_of(event, webinar) + one.person.key for one in readers]
    told: set[str | None] = set()
    for start in range(0, len(keys), KEYS_AT_ONCE):
        some = keys[start : start + KEYS_AT_ONCE]
        told.update(session.scalars(select(Mail.unique_key).where(Mail.unique_key.in_(some))))
    return [one for one, key in zip(readers, keys, strict=True) if key not in told]


def _reader(one: Told, kind: Kind, webinar: Webinar, facts: _Facts, now: datetime) -> Registrant:
    event, person = _event_of(kind), one.person
    can_watch = kind is READY and one.role in ATTENDING
    unused = facts.unused.get(one.reason.organization_id or 0, 0)
    texts = (
        facts.instead.get(one.role, ""),
        sentence(event, one, unused=unused, others=facts.told),
    )
    return copied(
        Registrant,
        person,
        sentences=tuple(text for text in texts if text),
        can_watch=can_watch,
        survey_url=facts.survey if can_watch else "",
        is_expected=person.registered_at is not None and webinar.held_at > now,
        key=key_of(event, webinar) + person.key,
    )


def _concerned_since(one: Told) -> datetime:
    if one.role in ATTENDING and one.person.registered_at is not None:
        return one.person.registered_at
    return one.reason.since


def _event_of(kind: Kind) -> Event:
    assert kind.event is not None  # noqa: S101  (only kinds about an event have an audience)
    return kind.event


def is_due(session: Session, telling: Telling, *, now: datetime) -> bool:
    """Return whether a reminder or a recording notice is still due."""
    return telling in due_tellings(session, now=now)


def changed_as(name: str) -> Kind:
    """Return the kind of email for a change, by the name of its template."""
    return next(one for one in CHANGES if one.template == name)


def _due_since(session: Session, kind: Kind, webinar: Webinar) -> datetime | None:
    """Return when a reminder or recording notice became due; people who join later already know.

    If everyone was notified after that of a new date, or that it is back on, no one is due.
    """
    if kind is READY:
        return _ready_since(session, webinar)
    if kind not in (TOMORROW, SOON):
        return None
    mark = webinar.held_at - (DAY_BEFORE if kind is TOMORROW else HOUR_BEFORE)
    changed_at = session.scalar(select(Job.created_at).where(Job.unique_key == notice_key(webinar)))
    if changed_at is not None and changed_at > mark:
        return datetime.min.replace(tzinfo=mark.tzinfo)
    return mark


def _ready_since(session: Session, webinar: Webinar) -> datetime | None:
    """Return when the webinar was over and its first recording was ready."""
    first = select(func.min(Recording.ready_at)).where(Recording.webinar_id == webinar.id)
    ready_at = session.scalar(first)
    over_at = webinar.held_at + timedelta(minutes=webinar.minutes)
    return ready_at and max(ready_at, over_at)


def _is_owed(session: Session, kind: Kind, webinar_id: int, one: Told, now: datetime) -> bool:
    """Return whether a person should get it: attendees only if they can join, or watch the recording."""
    if kind in CHANGES or one.role not in ATTENDING or one.person.login_id is None:
        return True
    if kind is not READY and one.person.has_left:
        return False
    case = load_case(session, login_id=one.person.login_id, webinar_id=webinar_id)
    action = Action.RECORDING if kind is READY else Action.LIVE
    decision = decide(case.login, case.webinar, action, now)
    return isinstance(decision, Admitted) or decision.code is Code.LIVE_NOT_OPEN
