"""The mail schedule of a live webinar: which reminder or notice is due when, and to whom."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.access.decision_facts import load_case
from lms.access.policy import Action, Admitted, Code, decide
from lms.live import registrants
from lms.live.mails import CANCELED, MOVED, READY, RESTORED, SOON, TOMORROW, Kind, key_of, send
from lms.mail.links import Links
from lms.models.catalog import Webinar, WebinarState
from lms.models.recordings import Recording, RecordingState

DAY_BEFORE: Final = timedelta(days=1)
HOUR_BEFORE: Final = timedelta(hours=1)
TELLS_FOR: Final = timedelta(days=14)  # what was recorded before that is no news
AT_ONCE: Final = 100
CHANGES: Final = (MOVED, CANCELED, RESTORED)
_STANDS: Final = (WebinarState.ANNOUNCED, WebinarState.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class Telling:
    """A letter that is due to those who will come to a webinar, by its row id."""

    kind: Kind
    webinar_id: int


def due_tellings(session: Session, *, now: datetime) -> tuple[Telling, ...]:
    """Return the reminders and the news of recordings that are due, whoever has them already."""
    coming = session.execute(
        select(Webinar.id, Webinar.held_at)
        .where(
            Webinar.state.in_(_STANDS),
            Webinar.held_at > now,
            Webinar.held_at <= now + DAY_BEFORE,
        )
        .order_by(Webinar.held_at, Webinar.id)
    ).all()
    # the nearest reminder alone: who is reminded an hour before needs no "tomorrow"
    reminders = [
        Telling(SOON if row.held_at <= now + HOUR_BEFORE else TOMORROW, row.id) for row in coming
    ]
    ready = session.scalars(
        select(Recording.webinar_id)
        .join(Webinar, Webinar.id == Recording.webinar_id)
        .where(
            Recording.is_current,
            Recording.state == RecordingState.READY,
            Recording.ready_at > now - TELLS_FOR,
            Recording.ready_at > Webinar.held_at,
            Webinar.state.in_(_STANDS),
        )
        .order_by(Recording.webinar_id)
    )
    return (*reminders, *(Telling(READY, webinar_id) for webinar_id in ready))


def tell_some(
    session: Session, telling: Telling, after: int, *, links: Links, now: datetime
) -> int | None:
    """Write a letter to some of those who are owed it; returns from whom to go on, None at the end.

    A reminder is for who registered before it was due and may come in; the news of a recording for
    who may watch it. Of a change all are told from whom the webinar was not taken since.
    """
    webinar = session.get_one(Webinar, telling.webinar_id, populate_existing=True)
    kind = telling.kind
    readers = registrants.read_untold(
        session,
        webinar.id,
        key_of(kind, webinar),
        after=after,
        limit=AT_ONCE,
        registered_by=_due_since(kind, webinar),
    )
    for one in readers:
        if _is_owed(session, kind, webinar.id, one.login_id, now):
            send(session, kind, webinar, one, links=links, now=now)
    return readers[-1].login_id if len(readers) == AT_ONCE else None


def is_due(session: Session, telling: Telling, *, now: datetime) -> bool:
    """Tell whether a reminder or the news of a recording is still to be told."""
    return telling in due_tellings(session, now=now)


def changed_as(name: str) -> Kind:
    """Return the letter about a change by the name of its template."""
    return next(one for one in CHANGES if one.template == name)


def _due_since(kind: Kind, webinar: Webinar) -> datetime | None:
    """Return when a reminder fell due: who registers after it has just been told when it is.

    So has everybody, where the date was moved after it.
    """
    if kind not in (TOMORROW, SOON):
        return None
    mark = webinar.held_at - (DAY_BEFORE if kind is TOMORROW else HOUR_BEFORE)
    if webinar.moved_at is not None and webinar.moved_at > mark:
        return datetime.min.replace(tzinfo=mark.tzinfo)
    return mark


def _is_owed(session: Session, kind: Kind, webinar_id: int, login_id: int, now: datetime) -> bool:
    case = load_case(session, login_id=login_id, webinar_id=webinar_id)
    if kind in CHANGES:
        return not registrants.has_lost(case, now)
    action = Action.RECORDING if kind is READY else Action.LIVE
    decision = decide(case.login, case.webinar, action, now)
    return isinstance(decision, Admitted) or decision.code is Code.LIVE_NOT_OPEN
