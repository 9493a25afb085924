"""SQL statements that open and end a playback session."""

from datetime import datetime
from typing import Final

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    String,
    Update,
    and_,
    bindparam,
    case,
    exists,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as insert_on_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_on_sqlite

from lms.access.merged_logins import logins_of
from lms.core.model_base import Base
from lms.models.catalog import Webinar
from lms.models.grants import Grant
from lms.models.organizations import Organization
from lms.models.playback import PlaybackEnd, PlaybackSession, Stream, WatchRecord
from lms.models.recordings import Recording
from lms.playback.slides import slide_rows
from lms.playback.watch_page import caption_rows

_SESSIONS: Final = Base.metadata.tables[PlaybackSession.__tablename__]
_RECORDS: Final = Base.metadata.tables[WatchRecord.__tablename__]
_session, _record = _SESSIONS.c, _RECORDS.c
_now: Final = bindparam("now", type_=_session.opened_at.type)

# One row for each login of the person that has watched it, the latest last.
PLAYED: Final = (
    select(
        Recording.id,
        Recording.public_id,
        Recording.state,
        Recording.run,
        Recording.seconds,
        caption_rows.label("captions"),
        slide_rows.label("slides"),
        WatchRecord.position_s,
        WatchRecord.buckets,
        WatchRecord.updated_at,
    )
    .outerjoin(
        WatchRecord,
        and_(
            WatchRecord.recording_id == Recording.id,
            WatchRecord.login_id.in_(logins_of(bindparam("login_id"))),
        ),
    )
    .where(
        Recording.webinar_id == bindparam("webinar_id"),
        Recording.is_current,
        Recording.run.is_not(None),
    )
    .order_by(WatchRecord.updated_at)
)
_given: Final = (
    "public_id",
    "login_id",
    "recording_id",
    "sign_in_id",
    "organization_id",
    "is_preview",
    "opened_at",
    "beat_at",
    "expires_at",
    "began_s",
    "reached_s",
)
_grant_id: Final = (
    select(Grant.id).where(Grant.public_id == bindparam("grant", type_=String)).scalar_subquery()
)
OPEN: Final = (
    insert(_SESSIONS)
    .values({name: bindparam(name, type_=_session[name].type) for name in _given})
    .values(grant_id=_grant_id)
    .inline()
)
FACTS: Final = (
    select(
        PlaybackSession.login_id,
        PlaybackSession.sign_in_id,
        func.coalesce(Organization.merged_into, Organization.id).label("organization_id"),
        Recording.webinar_id,
        Webinar.slug,
        PlaybackSession.expires_at,
        PlaybackSession.ended_as,
        PlaybackSession.is_preview,
    )
    .join_from(PlaybackSession, Recording, Recording.id == PlaybackSession.recording_id)
    .join(Webinar, Webinar.id == Recording.webinar_id)
    .outerjoin(Organization, Organization.id == PlaybackSession.organization_id)
    .where(PlaybackSession.public_id == bindparam("session_id"))
)
_beginning: Final = {
    "login_id": bindparam("login_id", type_=_record.login_id.type),
    "recording_id": bindparam("recording_id", type_=_record.recording_id.type),
    "buckets": b"",
    "watched_s": 0,
    "certify_at_s": 0,
    "position_s": 0.0,
    "earned_until": _now,
    "updated_at": _now,
}
# Inserted before the first beat, so that beats have a row to lock.
BEGIN_RECORD: Final = {
    "sqlite": insert_on_sqlite(_RECORDS).values(_beginning).on_conflict_do_nothing(),
    "postgresql": insert_on_postgresql(_RECORDS).values(_beginning).on_conflict_do_nothing(),
}

# The progress since the last note, only while the session has the stream: after another screen
# took it over, the record may include that screen's progress.
_seen_s = (
    select(_record.watched_s)
    .where(
        _record.login_id == _session.login_id,
        _record.recording_id == _session.recording_id,
        exists().where(Stream.session_id == _session.public_id).correlate(_SESSIONS),
    )
    .correlate(_SESSIONS)
    .scalar_subquery()
)
REACHED: Final = case(
    (_session.began_s.is_(None), _session.reached_s),
    else_=func.coalesce(_seen_s, _session.reached_s),
)


def ending(
    which: ColumnElement[bool],
    *,
    ended_as: PlaybackEnd,
    now: datetime | BindParameter[datetime],
) -> Update:
    """Return the statement that ends those of some sessions that have not ended."""
    return (
        update(_SESSIONS)
        .where(which, _session.ended_at.is_(None))
        .values(ended_at=now, ended_as=ended_as, reached_s=REACHED)
    )


END_OTHERS: Final = ending(
    _session.login_id.in_(logins_of(bindparam("person"))) & _session.is_preview.is_(False),
    ended_as=PlaybackEnd.TAKEN_OVER,
    now=_now,
)
