"""Certificate rules and attendance minutes: what earns a certificate, and minutes attended live."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, bindparam, case, delete, func, select, update
from sqlalchemy.orm import Session

from lms.access.merged_logins import logins_of
from lms.core.database import insert_into
from lms.live.registrant_list import MINUTES
from lms.models.accounts import Login
from lms.models.catalog import Webinar
from lms.models.certificates import CertificateRule
from lms.models.live import Attendance
from lms.models.playback import WatchRecord
from lms.models.recordings import Recording

PERCENT: Final = 90  # of the recording
LIVE_OF_60: Final = 50  # of each hour of a live webinar (PRODUCT.md, Certificates)

_webinar: Final = bindparam("webinar", type_=Webinar.id.type)
_RULES: Final = select(
    Webinar.id,
    Webinar.minutes,
    CertificateRule.is_offered,
    CertificateRule.percent,
    CertificateRule.live_minutes,
    CertificateRule.credit_minutes,
    CertificateRule.confirmed_minutes,
).outerjoin_from(Webinar, CertificateRule, CertificateRule.webinar_id == Webinar.id)
_RULE: Final = _RULES.where(Webinar.id == _webinar)
_ATTENDED: Final = (
    select(MINUTES)
    .where(
        Attendance.login_id.in_(logins_of(bindparam("person", type_=Attendance.login_id.type))),
        Attendance.webinar_id == _webinar,
    )
    .scalar_subquery()
)
# Takes the parameters `person` and `webinar`.
RULE_AND_ATTENDANCE: Final = _RULE.add_columns(_ATTENDED.label("attended"))


@dataclass(frozen=True, slots=True)
class Rule:
    """What earns the certificate, and how many credit minutes it shows.

    Either `percent` of the recording or `live_minutes` of live attendance earns it, and so does
    half of each, or any such mix. `confirmed_minutes` is the credit up to which staff confirmed
    more than the length of the live session or the recording.
    """

    is_offered: bool
    percent: int
    live_minutes: int
    credit_minutes: int
    confirmed_minutes: int = 0

    def share_needed(self, live_minutes: int) -> float:
        """Return the share of the recording, 0 to 1, required after this many minutes of live attendance."""
        return self.percent / 100 * max(0.0, 1 - live_minutes / self.live_minutes)


@dataclass(frozen=True, slots=True)
class MinutesByHand:
    """Minutes that staff entered for a person; `reported` are a report's, None if there was none."""

    minutes: int
    reported: int | None


def usual_live_minutes(minutes: int) -> int:
    """Return the default for live attendance: 50 of each 60 minutes, rounded up, at least 1."""
    return max(1, -(-minutes * LIVE_OF_60 // 60))


def read_rule(session: Session, webinar_id: int) -> Rule:
    """Return the rule of an existing webinar, with defaults."""
    return rule_of(session.execute(_RULE, {"webinar": webinar_id}).one())


def read_rules(session: Session, webinar_ids: Collection[int]) -> dict[int, Rule]:
    """Return the rules of several webinars by ID."""
    rows = session.execute(_RULES.where(Webinar.id.in_(webinar_ids)))
    return {row.id: rule_of(row) for row in rows}


def rule_of(row: Any) -> Rule:  # noqa: ANN401  (a row, however it was read)
    """Return the rule in a row of `RULE_AND_ATTENDANCE`, with defaults."""
    return Rule(
        is_offered=row.is_offered is not False,
        percent=row.percent or PERCENT,
        live_minutes=row.live_minutes or usual_live_minutes(row.minutes),
        credit_minutes=row.credit_minutes or row.minutes,
        confirmed_minutes=row.confirmed_minutes or 0,
    )


def keep_rule(session: Session, webinar_id: int, rule: Rule) -> None:
    """Store the rule of a webinar, and have everyone who watched it checked again."""
    minutes = session.scalars(select(Webinar.minutes).where(Webinar.id == webinar_id)).one()
    usual = rule.live_minutes == usual_live_minutes(minutes)
    values = {
        "is_offered": rule.is_offered,
        "percent": rule.percent,
        "live_minutes": None if usual else rule.live_minutes,
        "credit_minutes": None if rule.credit_minutes == minutes else rule.credit_minutes,
        "confirmed_minutes": rule.confirmed_minutes or None,
    }
    put = insert_into(session, CertificateRule).values(webinar_id=webinar_id, **values)
    session.execute(put.on_conflict_do_update(index_elements=["webinar_id"], set_=values))
    versions = select(Recording.id).where(Recording.webinar_id == webinar_id)
    _look_again(session, WatchRecord.recording_id.in_(versions))


def look_at_person_again(session: Session, login_id: int) -> None:
    """Have everything a person watched checked again, including merged logins."""
    _look_again(session, WatchRecord.login_id.in_(logins_of(login_id)))


def note_attendance(
    session: Session, *, login_id: int, webinar_id: int, minutes: int, now: datetime
) -> None:
    """Store the minutes of live attendance that staff entered, which replace any others."""
    values = {"minutes": minutes, "by_hand": True, "noted_at": now}
    put = insert_into(session, Attendance).values(
        login_id=login_id, webinar_id=webinar_id, **values
    )
    session.execute(
        put.on_conflict_do_update(index_elements=["login_id", "webinar_id"], set_=values)
    )


def note_reported(
    session: Session, *, login_id: int, webinar_id: int, minutes: int, now: datetime
) -> None:
    """Store the minutes of a meeting report; they count unless staff entered some."""
    values = {"minutes": minutes, "reported_minutes": minutes, "by_hand": False, "noted_at": now}
    put = insert_into(session, Attendance).values(
        login_id=login_id, webinar_id=webinar_id, **values
    )
    said, kept = put.excluded, Attendance
    session.execute(
        put.on_conflict_do_update(
            index_elements=["login_id", "webinar_id"],
            set_={
                "reported_minutes": said.reported_minutes,
                "minutes": case((kept.by_hand, kept.minutes), else_=said.minutes),
                "noted_at": case((kept.by_hand, kept.noted_at), else_=said.noted_at),
            },
        )
    )


def go_by_report(session: Session, *, login_id: int, webinar_id: int, now: datetime) -> bool:
    """Use the report's minutes instead of those entered by staff; return False if there is no report.

    Of merged logins, those without a report lose what was entered.
    """
    theirs = (Attendance.login_id.in_(logins_of(login_id)), Attendance.webinar_id == webinar_id)
    changed = session.scalars(
        update(Attendance)
        .where(*theirs, Attendance.reported_minutes.is_not(None))
        .values(minutes=Attendance.reported_minutes, by_hand=False, noted_at=now)
        .returning(Attendance.login_id)
    ).all()
    if changed:
        session.execute(delete(Attendance).where(*theirs, Attendance.reported_minutes.is_(None)))
    return bool(changed)


def minutes_by_hand(session: Session, webinar_id: int) -> Mapping[int, MinutesByHand]:
    """Return the minutes that staff entered, by the row ID of the person's kept login."""
    person = func.coalesce(Login.merged_into, Login.id)
    entered = func.max(case((Attendance.by_hand, Attendance.minutes)))
    rows = session.execute(
        select(person, entered, func.max(Attendance.reported_minutes))
        .join_from(Attendance, Login, Login.id == Attendance.login_id)
        .where(Attendance.webinar_id == webinar_id)
        .group_by(person)
        .having(entered.is_not(None))
    )
    return {row[0]: MinutesByHand(row[1], row[2]) for row in rows}


def read_attendances(
    session: Session, login_id: int, webinar_ids: Collection[int]
) -> dict[int, int]:
    """Return a person's minutes of live attendance by webinar ID."""
    asked = (
        select(Attendance.webinar_id, MINUTES.label("minutes"))
        .where(Attendance.login_id.in_(logins_of(login_id)), Attendance.webinar_id.in_(webinar_ids))
        .group_by(Attendance.webinar_id)
    )
    return {row.webinar_id: row.minutes for row in session.execute(asked)}


def _look_again(session: Session, which: ColumnElement[bool]) -> None:
    session.execute(update(WatchRecord).where(which).values(certify_at_s=0))
