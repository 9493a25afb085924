"""SQL statements that open and end a playback session, most compiled once."""

from datetime import datetime
from typing import Final

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Update,
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
from lms.core.compiled_statements import CompiledStatement, Query
from lms.core.model_base import Base
from lms.models.grants import Grant
from lms.models.organizations import Organization
from lms.models.playback import PlaybackEnd, PlaybackSession, Stream, WatchRecord
from lms.models.recordings import Recording

_SESSIONS: Final = Base.metadata.tables[PlaybackSession.__tablename__]
_RECORDS: Final = Base.metadata.tables[WatchRecord.__tablename__]
_session, _record = _SESSIONS.c, _RECORDS.c
_now: Final = bindparam("now", type_=_session.opened_at.type)
_seen_now: Final = bindparam("seen_s", type_=_session.began_s.type)

PLAYED: Final = Query(
    select(
        Recording.id, Recording.public_id, Recording.state, Recording.run, Recording.seconds
    ).where(
        Recording.webinar_id == bindparam("webinar_id"),
        Recording.is_current,
        Recording.run.is_not(None),
    )
)
FACTS: Final = Query(
    select(
        PlaybackSession.login_id,
        PlaybackSession.sign_in_id,
        func.coalesce(Organization.merged_into, Organization.id).label("organization_id"),
        Recording.webinar_id,
        PlaybackSession.expires_at,
        PlaybackSession.ended_as,
        PlaybackSession.is_preview,
    )
    .join_from(PlaybackSession, Recording, Recording.id == PlaybackSession.recording_id)
    .outerjoin(Organization, Organization.id == PlaybackSession.organization_id)
    .where(PlaybackSession.public_id == bindparam("session_id"))
)
BEGIN: Final = {
    name: CompiledStatement(
        insert_into(_RECORDS)
        .values(
            login_id=bindparam("new_login_id", type_=_record.login_id.type),
            recording_id=bindparam("new_recording_id", type_=_record.recording_id.type),
            buckets=b"",
            watched_s=0,
            certify_at_s=0,
            position_s=0.0,
            earned_until=_now,
            updated_at=_now,
        )
        .on_conflict_do_nothing()
    )
    for name, insert_into in (("sqlite", insert_on_sqlite), ("postgresql", insert_on_postgresql))
}
_given: Final = (
    *("public_id", "login_id", "recording_id", "sign_in_id", "organization_id"),
    *("is_preview", "expires_at"),
)
OPEN: Final = CompiledStatement(
    insert(_SESSIONS).values(
        **{name: bindparam(f"new_{name}", type_=_session[name].type) for name in _given},
        grant_id=select(Grant.id)
        .where(Grant.public_id == bindparam("grant", type_=Grant.public_id.type))
        .scalar_subquery(),
        opened_at=_now,
        beat_at=_now,
        began_s=_seen_now,
        reached_s=_seen_now,
    )
)

# What was seen since it was last noted is noted as a session ends, if it plays at this moment:
# after another screen took its stream, its person may have seen more by that one.
_seen_s = (
    select(_record.watched_s)
    .where(
        _record.login_id == _session.login_id,
        _record.recording_id == _session.recording_id,
        exists().where(Stream.session_id == _session.public_id),
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


END_OTHERS: Final = CompiledStatement(
    ending(
        _session.login_id.in_(logins_of(bindparam("person"))) & _session.is_preview.is_(False),
        ended_as=PlaybackEnd.TAKEN_OVER,
        now=_now,
    )
)
