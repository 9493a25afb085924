"""What a room's report says about who was there live: kept, matched with people, and counted.

A participant is one address, or one name where the room knew no address; all stays of one go
together, so that who was matched once is known in every later report of the same webinar.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as insert_on_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_on_sqlite
from sqlalchemy.orm import Session

from lms import accounts, audit, certificate_rules, earning, jobs, registrations
from lms.db import new_public_id
from lms.errors import N_, Conflict, Invalid, NotFound
from lms.letters import Doors
from lms.models.catalogue import Webinar
from lms.models.live import RoomReport, RoomStay
from lms.models.orders import Registration
from lms.models.people import Login
from lms.models.upkeep import Lane
from lms.room_stays import key_of, minutes_of
from lms.zoom_reports import Report

COUNT: Final = "live.count_minutes"
DRAFTS_KEPT: Final = timedelta(days=7)
NOT_STARTED: Final = N_("This webinar has not begun, so nobody can have been there.")
NO_LOGIN: Final = N_("Nobody here has a log-in under this address.")


@dataclass(frozen=True, slots=True)
class Participant:
    """Somebody in a report: minutes without overlap, and whose log-in it is, where that is known."""

    key: str
    name: str
    email: str
    began_at: datetime
    ended_at: datetime
    stays: int
    minutes: int
    login_id: int | None
    login_name: str
    is_ignored: bool
    suggested: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Preview:
    """What a report would do: participants by name, rows that can't be used, what it is near."""

    public_id: str
    participants: tuple[Participant, ...]
    faulty: tuple[tuple[int, str], ...]
    waited: int
    new_stays: int
    is_elsewhere: bool  # no stay lies in the webinar's own hour: a wrong zone or a wrong file


def keep_draft(session: Session, webinar_id: int, report: Report, *, now: datetime) -> str:
    """Keep what a report says until staff have looked at it; returns its outside id.

    Raises Conflict (nothing can have been reported) before the webinar begins.
    """
    if session.get_one(Webinar, webinar_id).held_at > now:
        raise Conflict(NOT_STARTED)
    forget_old(session, now=now)
    said = {
        "stays": [
            [one.line, one.name, one.email, one.began.isoformat(), one.ended.isoformat()]
            for one in report.stays
        ],
        "faulty": [[one.line, one.sentence] for one in report.faulty],
        "waited": report.waited,
    }
    row = RoomReport(webinar_id=webinar_id, said=said, created_at=now)
    session.add(row)
    session.flush()
    return row.public_id


def preview(session: Session, webinar_id: int, report_id: str) -> Preview:
    """Return what a draft would do; nothing is written. Raises NotFound."""
    row, webinar = _draft(session, webinar_id, report_id), session.get_one(Webinar, webinar_id)
    drafted = _drafted(row)
    known = {
        (one.key, one.began_at, one.ended_at)
        for one in session.scalars(select(RoomStay).where(RoomStay.webinar_id == webinar_id))
    }
    decided = _decided(session, webinar_id)
    logins = _logins(session, drafted, decided)
    ends_at = webinar.held_at + timedelta(minutes=webinar.minutes)
    return Preview(
        public_id=report_id,
        participants=_participants(session, webinar, drafted, logins, decided),
        faulty=tuple((line, sentence) for line, sentence in row.said["faulty"]),
        waited=row.said["waited"],
        new_stays=len({(one.key, one.began_at, one.ended_at) for one in drafted} - known),
        is_elsewhere=bool(drafted)
        and not any(one.began_at < ends_at and one.ended_at > webinar.held_at for one in drafted),
    )


def apply(
    session: Session, webinar_id: int, report_id: str, *, actor: str | None, now: datetime
) -> int:
    """Keep the stays of a draft and have the minutes counted; returns how many people are known.

    The same report twice changes nothing. Raises NotFound for a draft that is none any more.
    """
    row = _draft(session, webinar_id, report_id)
    drafted = _drafted(row)
    decided = _decided(session, webinar_id)
    logins = _logins(session, drafted, decided)
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    insert = (insert_on_sqlite if is_sqlite else insert_on_postgresql)(RoomStay)
    for one in drafted:
        ignored = decided.get(one.key, (None, None))[1]
        values = {
            "public_id": new_public_id(),
            "webinar_id": webinar_id,
            "key": one.key,
            "name": one.name,
            "email": one.email,
            "login_id": logins.get(one.key),
            "ignored_at": ignored,
            "began_at": one.began_at,
            "ended_at": one.ended_at,
        }
        session.execute(insert.values(**values).on_conflict_do_nothing())
    session.execute(delete(RoomReport).where(RoomReport.id == row.id))
    webinar = session.get_one(Webinar, webinar_id)
    jobs.enqueue(
        session, kind=COUNT, lane=Lane.PROMPT, subject=webinar.public_id, payload={}, now=now
    )
    known = len(set(logins.values()))
    detail = {"people": known}
    audit.record(
        session, "webinar.report_imported", webinar.public_id, actor=actor, now=now, detail=detail
    )
    return known


def discard(session: Session, webinar_id: int, report_id: str) -> None:
    """Throw a draft away; raises NotFound."""
    session.delete(_draft(session, webinar_id, report_id))
    session.flush()


def read_participants(session: Session, webinar_id: int) -> tuple[Participant, ...]:
    """Return everybody whom reports of a webinar name, those whom nobody knows first."""
    stays = session.scalars(select(RoomStay).where(RoomStay.webinar_id == webinar_id)).all()
    decided = _decided(session, webinar_id)
    logins = {key: login_id for key, (login_id, _at) in decided.items() if login_id is not None}
    webinar = session.get_one(Webinar, webinar_id)
    found = _participants(session, webinar, stays, logins, decided)
    return tuple(
        sorted(
            found, key=lambda one: (one.login_id is not None, one.is_ignored, one.name.casefold())
        )
    )


def match(  # noqa: PLR0913  (it reads as one sentence, and each word is needed)
    session: Session,
    webinar_id: int,
    key: str,
    email: str,
    *,
    doors: Doors,
    actor: str | None,
    now: datetime,
) -> str:
    """Say whose stays those of a participant are, and count them; returns the person's name.

    Raises NotFound for no such participant, Invalid (field `email`) for no such log-in.
    """
    try:
        account = accounts.find_by_email(session, email)
    except NotFound:
        raise Invalid(NO_LOGIN, fields={"email": NO_LOGIN}) from None
    before = _set(session, webinar_id, key, login_id=account.id, ignored_at=None)
    for login_id in {*before, account.id}:
        count_one(session, webinar_id, login_id, doors=doors, now=now)
    _record(session, webinar_id, "webinar.participant_matched", actor, now)
    return account.name


def ignore(
    session: Session, webinar_id: int, key: str, *, actor: str | None, now: datetime
) -> None:
    """Say that a participant is nobody who is counted, such as the host; raises NotFound."""
    _set(session, webinar_id, key, login_id=None, ignored_at=now)
    _record(session, webinar_id, "webinar.participant_ignored", actor, now)


def put_back(
    session: Session,
    webinar_id: int,
    key: str,
    *,
    doors: Doors,
    actor: str | None,
    now: datetime,
) -> None:
    """Undo what was said of a participant; their minutes no longer count. Raises NotFound."""
    for login_id in _set(session, webinar_id, key, login_id=None, ignored_at=None):
        count_one(session, webinar_id, login_id, doors=doors, now=now)
    _record(session, webinar_id, "webinar.participant_put_back", actor, now)


def people_of(session: Session, webinar_id: int, *, after: int, limit: int) -> Sequence[int]:
    """Return some of those (row ids of log-ins) whom reports of a webinar name, after this one."""
    found = session.scalars(
        select(RoomStay.login_id)
        .where(RoomStay.webinar_id == webinar_id, RoomStay.login_id > after)
        .distinct()
        .order_by(RoomStay.login_id)
        .limit(limit)
    )
    return [one for one in found if one is not None]


def count_one(
    session: Session, webinar_id: int, login_id: int, *, doors: Doors, now: datetime
) -> None:
    """Count the minutes of a person anew from all their stays, and issue what they earn."""
    webinar = session.get_one(Webinar, webinar_id)
    stays = session.scalars(
        select(RoomStay).where(RoomStay.webinar_id == webinar_id, RoomStay.login_id == login_id)
    ).all()
    if stays:
        registrations.enter(session, login_id=login_id, webinar_id=webinar_id, now=now)
    certificate_rules.note_attendance(
        session,
        login_id=login_id,
        webinar_id=webinar_id,
        minutes=minutes_of(webinar.held_at, stays),
        now=now,
    )
    earning.consider(session, login_id, webinar_id, doors=doors, now=now)


def forget_old(session: Session, *, now: datetime) -> None:
    """Forget the drafts that nobody applied within a week."""
    session.execute(delete(RoomReport).where(RoomReport.created_at < now - DRAFTS_KEPT))


@dataclass(frozen=True, slots=True)
class _Drafted:
    key: str
    name: str
    email: str
    began_at: datetime
    ended_at: datetime


_Span = _Drafted | RoomStay
_Decided = Mapping[str, tuple[int | None, datetime | None]]


def _draft(session: Session, webinar_id: int, report_id: str) -> RoomReport:
    row = session.scalar(
        select(RoomReport)
        .where(RoomReport.public_id == report_id, RoomReport.webinar_id == webinar_id)
        .with_for_update()
    )
    if row is None:
        raise NotFound
    return row


def _drafted(row: RoomReport) -> tuple[_Drafted, ...]:
    return tuple(
        _Drafted(
            key_of(name, email),
            name,
            email,
            datetime.fromisoformat(began),
            datetime.fromisoformat(ended),
        )
        for _line, name, email, began, ended in row.said["stays"]
    )


def _decided(session: Session, webinar_id: int) -> _Decided:
    """Return what is known of each participant from earlier: whose it is, or since when ignored."""
    rows = session.execute(
        select(RoomStay.key, func.max(RoomStay.login_id), func.max(RoomStay.ignored_at))
        .where(RoomStay.webinar_id == webinar_id)
        .group_by(RoomStay.key)
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def _logins(session: Session, drafted: Iterable[_Drafted], decided: _Decided) -> dict[str, int]:
    """Return whose each participant is: as it was said before, or else by the address."""
    found: dict[str, int] = {}
    for key, email in {one.key: one.email for one in drafted}.items():
        login_id, _ignored = decided.get(key, (None, None))
        if login_id is not None:
            found[key] = login_id
        elif key not in decided and email:
            try:
                found[key] = accounts.find_by_email(session, email).id
            except NotFound:
                continue
    return found


def _participants(
    session: Session,
    webinar: Webinar,
    stays: Iterable[_Span],
    logins: Mapping[str, int],
    decided: _Decided,
) -> tuple[Participant, ...]:
    by_key: dict[str, list[_Span]] = {}
    for one in stays:
        by_key.setdefault(one.key, []).append(one)
    names = {
        row.id: row.name
        for row in session.execute(
            select(Login.id, Login.name).where(Login.id.in_(set(logins.values())))
        )
    }
    alike = _registered_names(session, webinar.id)
    made = []
    for key, own in by_key.items():
        login_id = logins.get(key)
        plain = key_of(own[0].name, "")
        made.append(
            Participant(
                key=key,
                name=own[0].name or own[0].email,
                email=own[0].email,
                began_at=min(one.began_at for one in own),
                ended_at=max(one.ended_at for one in own),
                stays=len(own),
                minutes=minutes_of(webinar.held_at, own),
                login_id=login_id,
                login_name=names.get(login_id, "") if login_id is not None else "",
                is_ignored=decided.get(key, (None, None))[1] is not None,
                suggested=alike.get(plain, ()) if login_id is None else (),
            )
        )
    return tuple(sorted(made, key=lambda one: one.name.casefold()))


def _registered_names(session: Session, webinar_id: int) -> Mapping[str, tuple[str, ...]]:
    """Return the addresses of those registered, by their name as a participant would have it."""
    rows = session.execute(
        select(Login.name, Login.email)
        .join(Registration, Registration.login_id == Login.id)
        .where(Registration.webinar_id == webinar_id, Login.email.is_not(None))
    )
    found: dict[str, tuple[str, ...]] = {}
    for name, email in rows:
        key = key_of(name, "")
        found[key] = (*found.get(key, ()), email or "")
    return found


def _set(
    session: Session,
    webinar_id: int,
    key: str,
    *,
    login_id: int | None,
    ignored_at: datetime | None,
) -> set[int]:
    """Say something of all stays of a participant; returns whose they were. Raises NotFound."""
    of_key = (RoomStay.webinar_id == webinar_id, RoomStay.key == key)
    before = session.scalars(select(RoomStay.login_id).where(*of_key)).all()
    if not before:
        raise NotFound
    session.execute(
        update(RoomStay)
        .where(*of_key)
        .values(login_id=login_id, ignored_at=ignored_at)
        .execution_options(synchronize_session="fetch")
    )
    return {one for one in before if one is not None}


def _record(session: Session, webinar_id: int, act: str, actor: str | None, now: datetime) -> None:
    public_id = session.get_one(Webinar, webinar_id).public_id
    audit.record(session, act, public_id, actor=actor, now=now)
