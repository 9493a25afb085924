"""Name matches: participants with the name of exactly one registrant, matched in one click."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from lms import audit
from lms.attendance.attendance_spans import key_of
from lms.attendance.report_imports import have_counted
from lms.models.accounts import Login
from lms.models.catalog import Webinar
from lms.models.live import Registration, RoomStay


def read_name_matches(session: Session, webinar_id: int) -> Mapping[str, int]:
    """Return the login (row id) of each unknown participant with the name of exactly one registrant.

    Two participants with the same name are left to our team: they may be two people.
    """
    stays = session.execute(
        select(RoomStay.key, func.min(RoomStay.name))
        .where(RoomStay.webinar_id == webinar_id)
        .group_by(RoomStay.key)
        .having(func.max(RoomStay.login_id).is_(None), func.max(RoomStay.ignored_at).is_(None))
    )
    unknown = {row.key: key_of(row[1], "") for row in stays if row[1]}
    registered: dict[str, set[int]] = {}
    rows = session.execute(
        select(Login.name, func.coalesce(Login.merged_into, Login.id))
        .join(Registration, Registration.login_id == Login.id)
        .where(Registration.webinar_id == webinar_id)
    )
    for name, login_id in rows:
        registered.setdefault(key_of(name, ""), set()).add(login_id)
    times = Counter(unknown.values())
    return {
        key: next(iter(registered[name]))
        for key, name in unknown.items()
        if times[name] == 1 and len(registered.get(name, ())) == 1
    }


def match_names(session: Session, webinar_id: int, *, actor: str | None, now: datetime) -> int:
    """Match these participants and queue the count of their minutes; return how many there are."""
    found = read_name_matches(session, webinar_id)
    for key, login_id in found.items():
        session.execute(
            update(RoomStay)
            .where(RoomStay.webinar_id == webinar_id, RoomStay.key == key)
            .values(login_id=login_id)
            .execution_options(synchronize_session="fetch")
        )
    if found:
        webinar = session.get_one(Webinar, webinar_id)
        have_counted(session, webinar, now=now)
        detail = {"people": len(found)}
        subject = webinar.public_id
        audit.record(session, "webinar.names_matched", subject, actor=actor, now=now, detail=detail)
    return len(found)
