"""Attendance report imports: an uploaded report is previewed, applied, or discarded.

lms/attendance/report_participants.py matches participants to people.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from lms import audit
from lms.accounts import login_lookup
from lms.attendance.attendance_spans import key_of
from lms.attendance.report_participants import Decided, Named, Participants, page_of, read_decided
from lms.attendance.zoom_csv import Report
from lms.core.database import insert_into
from lms.core.errors import N_, Conflict, or_not_found
from lms.core.model_base import new_public_id
from lms.jobs import queue as job_queue
from lms.models.catalog import Webinar
from lms.models.jobs import Lane
from lms.models.live import RoomReport, RoomStay

COUNT: Final = "live.count_minutes"
DRAFTS_KEPT: Final = timedelta(days=7)
NOT_STARTED: Final = N_("This webinar hasn't started, so there's no attendance yet.")


@dataclass(frozen=True, slots=True)
class Preview:
    """The preview of a report: participants by name, unusable rows, and its distance from the webinar."""

    public_id: str
    participants: Participants
    faulty: tuple[tuple[int, str], ...]
    waited: int
    new_stays: int
    is_elsewhere: bool  # no stay is during the webinar: probably a wrong zone or file


def keep_draft(session: Session, webinar_id: int, report: Report, *, now: datetime) -> str:
    """Store a report as a draft for review; return its public ID.

    Raises Conflict before the webinar begins, since there can't be a report yet.
    """
    if session.get_one(Webinar, webinar_id).held_at > now:
        raise Conflict(NOT_STARTED)
    forget_old(session, now=now)
    said = {
        "stays": [
            [
                one.line,
                one.name,
                one.email,
                one.began.isoformat(),
                one.ended.isoformat(),
                one.is_host,
            ]
            for one in report.stays
        ],
        "faulty": [[one.line, one.sentence] for one in report.faulty],
        "waited": report.waited,
    }
    row = RoomReport(webinar_id=webinar_id, said=said, created_at=now)
    session.add(row)
    session.flush()
    return row.public_id


def preview(session: Session, webinar_id: int, report_id: str, *, offset: int) -> Preview:
    """Return the preview of a draft with a page of participants; writes nothing. Raises NotFound."""
    row, webinar = _draft(session, webinar_id, report_id), session.get_one(Webinar, webinar_id)
    drafted = _drafted(row)
    rows = session.execute(
        select(RoomStay.key, RoomStay.began_at, RoomStay.ended_at).where(
            RoomStay.webinar_id == webinar_id
        )
    )
    known = {tuple(each) for each in rows}
    decided = _decided(session, row, drafted)
    named = Named(drafted, _logins(session, drafted, decided), decided)
    ends_at = webinar.held_at + timedelta(minutes=webinar.minutes)
    return Preview(
        public_id=report_id,
        participants=page_of(session, webinar_id, named, lambda _key: 0, offset=offset),
        faulty=tuple((line, sentence) for line, sentence in row.said["faulty"]),
        waited=row.said["waited"],
        new_stays=len({(one.key, one.began_at, one.ended_at) for one in drafted} - known),
        is_elsewhere=bool(drafted)
        and not any(one.began_at < ends_at and one.ended_at > webinar.held_at for one in drafted),
    )


def apply(
    session: Session, webinar_id: int, report_id: str, *, actor: str | None, now: datetime
) -> int:
    """Store the stays of a draft and queue the count of minutes; return how many people are known.

    Applying the same report twice changes nothing. Raises NotFound for a draft that no longer exists.
    """
    row = _draft(session, webinar_id, report_id)
    drafted = _drafted(row)
    decided = _decided(session, row, drafted)
    logins = _logins(session, drafted, decided)
    stays = [
        {
            "public_id": new_public_id(),
            "webinar_id": webinar_id,
            "key": one.key,
            "name": one.name,
            "email": one.email,
            "login_id": logins.get(one.key),
            "ignored_at": decided.get(one.key, (None, None))[1],
            "began_at": one.began_at,
            "ended_at": one.ended_at,
        }
        for one in drafted
    ]
    if stays:
        session.execute(insert_into(session, RoomStay).on_conflict_do_nothing(), stays)
    session.execute(delete(RoomReport).where(RoomReport.id == row.id))
    webinar = session.get_one(Webinar, webinar_id)
    have_counted(session, webinar, now=now)
    known = len(set(logins.values()))
    detail = {"people": known}
    audit.record(
        session, "webinar.report_imported", webinar.public_id, actor=actor, now=now, detail=detail
    )
    return known


def have_counted(session: Session, webinar: Webinar, *, now: datetime) -> None:
    """Queue the job that counts the minutes of everyone named in a webinar's reports."""
    job_queue.enqueue(
        session, kind=COUNT, lane=Lane.PROMPT, subject=webinar.public_id, payload={}, now=now
    )


def discard(session: Session, webinar_id: int, report_id: str) -> None:
    """Discard a draft; raises NotFound."""
    session.delete(_draft(session, webinar_id, report_id))
    session.flush()


def forget_old(session: Session, *, now: datetime) -> None:
    """Delete drafts that were not applied within 7 days."""
    session.execute(delete(RoomReport).where(RoomReport.created_at < now - DRAFTS_KEPT))


@dataclass(frozen=True, slots=True)
class _Drafted:
    key: str
    name: str
    email: str
    began_at: datetime
    ended_at: datetime
    is_host: bool


def _draft(session: Session, webinar_id: int, report_id: str) -> RoomReport:
    row = session.scalar(
        select(RoomReport)
        .where(RoomReport.public_id == report_id, RoomReport.webinar_id == webinar_id)
        .with_for_update()
    )
    return or_not_found(row)


def _drafted(row: RoomReport) -> tuple[_Drafted, ...]:
    return tuple(
        _Drafted(
            key_of(name, email),
            name,
            email,
            datetime.fromisoformat(began),
            datetime.fromisoformat(ended),
            is_host,
        )
        for _line, name, email, began, ended, is_host in row.said["stays"]
    )


def _decided(session: Session, row: RoomReport, drafted: Iterable[_Drafted]) -> Decided:
    """Return earlier decisions about each participant; new hosts and panelists are ignored by default."""
    hosts: Decided = {one.key: (None, row.created_at) for one in drafted if one.is_host}
    return {**hosts, **read_decided(session, row.webinar_id)}


def _logins(session: Session, drafted: Iterable[_Drafted], decided: Decided) -> dict[str, int]:
    """Return the login of each participant: by an earlier decision, or else by email address."""
    found = {
        one.key: login_id
        for one in drafted
        if (login_id := decided.get(one.key, (None, None))[0]) is not None
    }
    asked = {one.key for one in drafted if one.email and one.key not in decided}
    return found | login_lookup.find_many(session, asked)
