"""Beats: a player tells its place every 15 seconds; its session goes on, or ends with a reason."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, bindparam, select, update
from sqlalchemy.orm import Session

from lms import streams, viewing
from lms.access import Action, Turned, decide
from lms.cases import load_case
from lms.errors import NotFound
from lms.models.catalogue import Recording
from lms.models.viewing import PlaybackEnd, PlaybackSession, WatchRecord
from lms.progress import Beat, Seen, Verdict, watched_seconds, weigh
from lms.streams import Claim

# Who is watching is known to the minute; each beat would write one row more for it otherwise.
BEAT_NOTED_EVERY: Final = timedelta(minutes=1)

_ENDS: Final = {
    "ACCOUNT_BLOCKED": PlaybackEnd.BLOCKED,
    "WEBINAR_PULLED": PlaybackEnd.PULLED,
    "PASS_EXPIRED": PlaybackEnd.EXPIRED,
    "CONTRACT_LAPSED": PlaybackEnd.LAPSED,
    "SEAT_RELEASED": PlaybackEnd.RELEASED,
    "SUSPENDED_DISPUTE": PlaybackEnd.SUSPENDED,
    "REFUNDED": PlaybackEnd.REFUNDED,
    "RECORDING_NOT_READY": PlaybackEnd.CLOSED,
}


@dataclass(frozen=True, slots=True)
class Kept:
    """A beat that was taken in, and what is now kept of the recording."""

    verdict: Verdict
    buckets: bytes
    watched_s: float


@dataclass(frozen=True, slots=True)
class Ended:
    """The session is over, for this reason."""

    reason: PlaybackEnd


_BEATING = (
    select(
        PlaybackSession.id,
        PlaybackSession.login_id,
        PlaybackSession.opened_at,
        PlaybackSession.expires_at,
        PlaybackSession.beat_at,
        PlaybackSession.ended_as,
        PlaybackSession.is_preview,
        Recording.webinar_id,
        Recording.seconds,
        WatchRecord.id.label("record_id"),
        WatchRecord.buckets,
        WatchRecord.earned_until,
    )
    .join_from(PlaybackSession, Recording, Recording.id == PlaybackSession.recording_id)
    .join(
        WatchRecord,
        (WatchRecord.login_id == PlaybackSession.login_id)
        & (WatchRecord.recording_id == PlaybackSession.recording_id),
    )
    .where(PlaybackSession.public_id == bindparam("session_id"))
    # On PostgreSQL two screens of one person wait for each other here; on SQLite they already did.
    .with_for_update(of=WatchRecord)
)
_KEEP = (
    update(WatchRecord)
    .where(WatchRecord.id == bindparam("record_id"))
    .values(
        buckets=bindparam("kept_buckets"),
        watched_s=bindparam("kept_seconds"),
        position_s=bindparam("kept_position"),
        earned_until=bindparam("kept_until"),
        updated_at=bindparam("kept_at"),
    )
)
_NOTE_BEAT = (
    update(PlaybackSession)
    .where(PlaybackSession.id == bindparam("session_row"))
    .values(beat_at=bindparam("noted_at"))
)


def keep_beat(session: Session, session_id: str, *, beat: Beat, now: datetime) -> Kept | Ended:
    """Keep the place and the earned buckets of a beat, or end the session and say why.

    The policy is asked again at every beat, and the stream is held for another 45 s: where
    another screen has it, this session ends (PRODUCT.md, G1 and E1). Raises NotFound for a session
    that is not there.
    """
    row = session.execute(_BEATING, {"session_id": session_id}).one_or_none()
    if row is None:
        raise NotFound
    if row.ended_as is not None:
        return Ended(row.ended_as)
    if row.is_preview:
        return Kept(Verdict.KEPT, row.buckets, watched_seconds(row.buckets, row.seconds))
    reason = _reason_to_end(session, row, session_id, now)
    if reason is not None:
        viewing.end_session(session, session_id, ended_as=reason, now=now)
        return Ended(reason)
    seen = Seen(row.buckets, max(row.earned_until, row.opened_at))
    seen, verdict = weigh(seen, beat, seconds=row.seconds, now=now)
    watched_s = watched_seconds(seen.buckets, row.seconds)
    session.execute(
        _KEEP,
        {
            "record_id": row.record_id,
            "kept_buckets": seen.buckets,
            "kept_seconds": round(watched_s),
            "kept_position": min(beat.position_s, row.seconds),
            "kept_until": seen.earned_until,
            "kept_at": now,
        },
    )
    if now - row.beat_at >= BEAT_NOTED_EVERY:
        session.execute(_NOTE_BEAT, {"session_row": row.id, "noted_at": now})
    return Kept(verdict, seen.buckets, watched_s)


def _reason_to_end(
    session: Session, row: Row[*tuple[Any, ...]], session_id: str, now: datetime
) -> PlaybackEnd | None:
    case = load_case(session, login_id=row.login_id, webinar_id=row.webinar_id)
    decision = decide(case.login, case.webinar, Action.RECORDING, now)
    if isinstance(decision, Turned):
        return _ENDS.get(decision.code, PlaybackEnd.REVOKED)
    if now >= row.expires_at:
        return PlaybackEnd.EXPIRED
    if streams.renew(session, row.login_id, session_id, now=now):
        return None
    # Its person was merged with another since: they share one stream from now on.
    is_mine = streams.claim(session, Claim(row.login_id, session_id, "A browser"), now=now)
    return None if is_mine else PlaybackEnd.TAKEN_OVER
