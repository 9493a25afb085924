"""Compiled SQL statements of a heartbeat."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Update, and_, bindparam, or_, select, update

from lms.access.merged_organizations import family_of
from lms.core.compiled_statements import CompiledStatement
from lms.models.accounts import Login
from lms.models.catalog import Webinar, WebinarState
from lms.models.grants import Grant, Scope, Withdrawal
from lms.models.playback import PlaybackEnd, PlaybackSession, Stream, WatchRecord
from lms.models.recordings import Recording
from lms.models.seats import Assignment, AssignmentState, Pool


@dataclass(slots=True)
class Heard:
    """One row of `BEATING`, in column order."""

    id: int
    login_id: int
    opened_at: datetime
    expires_at: datetime
    beat_at: datetime
    ended_at: datetime | None
    ended_as: PlaybackEnd | None
    is_preview: bool
    organization_id: int | None
    webinar_id: int
    seconds: float
    record_id: int
    buckets: bytes
    earned_until: datetime
    certify_at_s: int | None
    merged_into: int | None
    blocked_at: datetime | None
    state: WebinarState
    free: bool
    is_in_passes: bool
    held_at: datetime
    minutes: int
    grant_id: str | None
    scope: Scope | None
    starts_at: datetime | None
    ends_at: datetime | None
    grace_until: datetime | None
    awaits_payment_since: datetime | None
    suspended_at: datetime | None
    revoked_at: datetime | None
    revoked_as: Withdrawal | None
    pool_id: int | None
    claimed_at: datetime | None


_session, _record = PlaybackSession.__table__.c, WatchRecord.__table__.c
_recording, _webinar, _login = Recording.__table__.c, Webinar.__table__.c, Login.__table__.c
_grant, _seat, _pool = Grant.__table__.c, Assignment.__table__.c, Pool.__table__.c
_stream = Stream.__table__.c

# When the person claimed a seat in the pool with the grant, or in a part of it allotted to a member
# organization; for playback in a frame, in a pool of the frame's organization.
_claimed_at = (
    select(_seat.claimed_at)
    .join_from(Assignment.__table__, Pool.__table__, _pool.id == _seat.pool_id)
    .where(
        _seat.login_id == _session.login_id,
        _seat.ended_at.is_(None),
        _seat.state == AssignmentState.CLAIMED,
        or_(_pool.id == _grant.pool_id, _pool.allotted_from_id == _grant.pool_id),
        or_(
            _session.organization_id.is_(None),
            _pool.organization_id.in_(family_of(_session.organization_id)),
        ),
    )
    .limit(1)
    .scalar_subquery()
)
_HEARD = (
    select(
        _session.id,
        _session.login_id,
        _session.opened_at,
        _session.expires_at,
        _session.beat_at,
        _session.ended_at,
        _session.ended_as,
        _session.is_preview,
        _session.organization_id,
        _recording.webinar_id,
        _recording.seconds,
        _record.id.label("record_id"),
        _record.buckets,
        _record.earned_until,
        _record.certify_at_s,
        _login.merged_into,
        _login.blocked_at,
        _webinar.state,
        _webinar.free,
        _webinar.is_in_passes,
        _webinar.held_at,
        _webinar.minutes,
        _grant.public_id,
        _grant.scope,
        _grant.starts_at,
        _grant.ends_at,
        _grant.grace_until,
        _grant.awaits_payment_since,
        _grant.suspended_at,
        _grant.revoked_at,
        _grant.revoked_as,
        _grant.pool_id,
        _claimed_at.label("claimed_at"),
    )
    .select_from(PlaybackSession.__table__)
    .join(Recording.__table__, _recording.id == _session.recording_id)
    .join(Webinar.__table__, _webinar.id == _recording.webinar_id)
    .join(Login.__table__, _login.id == _session.login_id)
    .join(
        WatchRecord.__table__,
        and_(_record.login_id == _session.login_id, _record.recording_id == _session.recording_id),
    )
    .outerjoin(Grant.__table__, _grant.id == _session.grant_id)
    .where(_session.public_id == bindparam("session_id"))
)
BEATING = CompiledStatement(_HEARD)
# On PostgreSQL, two screens of one person wait for each other here; on SQLite, BEGIN IMMEDIATE does
# that.
BEATING_LOCKED = CompiledStatement(_HEARD.with_for_update(of=WatchRecord.__table__))
HOLD = CompiledStatement(
    update(Stream)
    .where(_stream.login_id == bindparam("person"), _stream.session_id == bindparam("mine"))
    .values(held_until=bindparam("until"))
)
_KEPT = (
    update(WatchRecord)
    .where(_record.id == bindparam("record_id"))
    .values(
        buckets=bindparam("kept_buckets"),
        watched_s=bindparam("kept_seconds"),
        position_s=bindparam("kept_position"),
        earned_until=bindparam("kept_until"),
        updated_at=bindparam("kept_at"),
    )
)
KEEP = CompiledStatement(_KEPT)


def _kept_in_one() -> Update:
    """Return one statement that stores a beat, unless the record or the stream changed meanwhile.

    It locks the record before the stream, as everywhere, to avoid deadlocks.
    """
    unchanged = (
        select(_record.id)
        .where(
            _record.id == bindparam("record_id"),
            _record.buckets == bindparam("was_buckets"),
            _record.earned_until == bindparam("was_until"),
        )
        .with_for_update()
        .cte("unchanged")
    )
    held = (
        update(Stream)
        .where(
            _stream.login_id == bindparam("person"),
            _stream.session_id == bindparam("mine"),
            unchanged.c.id == bindparam("record_id"),
        )
        .values(held_until=bindparam("until"))
        .returning(_stream.login_id)
        .cte("held")
    )
    return _KEPT.where(held.c.login_id == bindparam("person"))


KEEP_IN_ONE = CompiledStatement(_kept_in_one())
NOTE = CompiledStatement(
    update(PlaybackSession)
    .where(_session.id == bindparam("session_row"))
    .values(beat_at=bindparam("noted_at"), reached_s=bindparam("kept_seconds"))
)
