"""Playback sessions: opened when the policy admits, kept by beats, ended with a reason."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, bindparam, insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_on_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_on_sqlite
from sqlalchemy.orm import Session

from lms.access import Action, Admitted, Code, Decision, Turned, decide
from lms.cases import load_case
from lms.db import new_public_id
from lms.errors import NotFound
from lms.models.catalogue import Recording, RecordingState
from lms.models.viewing import PlaybackEnd, PlaybackSession, WatchRecord
from lms.progress import Beat, Seen, Verdict, watched_seconds, weigh
from lms.watching import Place, read_places

LONGEST: Final = timedelta(hours=24)
IDLE_AFTER: Final = timedelta(hours=4)
# Who is watching is known to the minute; each beat would write a second row for it otherwise.
BEAT_NOTED_EVERY: Final = timedelta(minutes=1)

_ENDS: Final = {
    Code.ACCOUNT_BLOCKED: PlaybackEnd.BLOCKED,
    Code.WEBINAR_PULLED: PlaybackEnd.PULLED,
    Code.PASS_EXPIRED: PlaybackEnd.EXPIRED,
    Code.RECORDING_NOT_READY: PlaybackEnd.CLOSED,
}


@dataclass(frozen=True, slots=True)
class Screen:
    """Who wants to watch, and by which sign-in; none where no cookie brought them here."""

    login_id: int
    sign_in_id: int | None


@dataclass(frozen=True, slots=True)
class Playback:
    """An open session: what it plays, until when, and where the person left off.

    `is_whole` tells that all renditions stand, the plain MP4 among them.
    `access_ends_at` is when the right to watch ends, where that is what ends the session.
    """

    session_id: str
    recording_id: str
    run: str
    is_whole: bool
    seconds: float
    expires_at: datetime
    access_ends_at: datetime | None
    place: Place


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


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """Whose session it is, of which webinar, and how it ended."""

    login_id: int
    sign_in_id: int | None
    webinar_id: int
    ended_as: PlaybackEnd | None


_PLAYED = select(
    Recording.id, Recording.public_id, Recording.state, Recording.run, Recording.seconds
).where(
    Recording.webinar_id == bindparam("webinar_id"),
    Recording.is_current,
    Recording.run.is_not(None),
)
_BEATING = (
    select(
        PlaybackSession.id,
        PlaybackSession.login_id,
        PlaybackSession.opened_at,
        PlaybackSession.expires_at,
        PlaybackSession.beat_at,
        PlaybackSession.ended_as,
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
_FACTS = (
    select(
        PlaybackSession.login_id,
        PlaybackSession.sign_in_id,
        Recording.webinar_id,
        PlaybackSession.ended_as,
    )
    .join_from(PlaybackSession, Recording, Recording.id == PlaybackSession.recording_id)
    .where(PlaybackSession.public_id == bindparam("session_id"))
)


def open_playback(
    session: Session, *, screen: Screen, webinar_id: int, now: datetime
) -> Playback | Turned:
    """Open a session on the webinar's current recording if the policy admits, else say why not.

    It lasts 24 hours and never beyond the grant that lets in. Raises NotFound when there is no
    such webinar or login.
    """
    case = load_case(session, login_id=screen.login_id, webinar_id=webinar_id)
    decision = decide(case.login, case.webinar, Action.RECORDING, now)
    if isinstance(decision, Turned):
        return decision
    return _open(session, screen=screen, webinar_id=webinar_id, ends_at=decision.ends_at, now=now)


def open_preview(session: Session, *, screen: Screen, webinar_id: int, now: datetime) -> Playback:
    """Open a session for staff who look a recording over, whether or not they hold it.

    Raises NotFound when nothing can be played yet.
    """
    return _open(session, screen=screen, webinar_id=webinar_id, ends_at=None, now=now)


def keep_beat(session: Session, session_id: str, *, beat: Beat, now: datetime) -> Kept | Ended:
    """Keep the place and the earned buckets of a beat, or end the session and say why.

    The policy is asked again at every beat. Raises NotFound for a session that is not there.
    """
    row = session.execute(_BEATING, {"session_id": session_id}).one_or_none()
    if row is None:
        raise NotFound
    if row.ended_as is not None:
        return Ended(row.ended_as)
    case = load_case(session, login_id=row.login_id, webinar_id=row.webinar_id)
    reason = _reason_to_end(decide(case.login, case.webinar, Action.RECORDING, now))
    if reason is None and now >= row.expires_at:
        reason = PlaybackEnd.EXPIRED
    if reason is not None:
        end_session(session, session_id, ended_as=reason, now=now)
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


def read_session_facts(session: Session, session_id: str) -> SessionFacts:
    """Return whose session it is and how it ended; raises NotFound."""
    row = session.execute(_FACTS, {"session_id": session_id}).one_or_none()
    if row is None:
        raise NotFound
    return SessionFacts(*row)


def end_session(session: Session, session_id: str, *, ended_as: PlaybackEnd, now: datetime) -> int:
    """End one session by its outside id; returns 0 when it had ended before."""
    return _end(session, PlaybackSession.public_id == session_id, ended_as=ended_as, now=now)


def end_for_sign_in(
    session: Session, sign_in_id: int, *, ended_as: PlaybackEnd, now: datetime
) -> int:
    """End what one signed-in browser plays; returns how many sessions that were."""
    return _end(session, PlaybackSession.sign_in_id == sign_in_id, ended_as=ended_as, now=now)


def end_for_login(session: Session, login_id: int, *, ended_as: PlaybackEnd, now: datetime) -> int:
    """End everything a login plays anywhere; returns how many sessions that were.

    A player whose person may still watch opens a new session by itself and goes on.
    """
    return _end(session, PlaybackSession.login_id == login_id, ended_as=ended_as, now=now)


def end_for_webinar(
    session: Session, webinar_id: int, *, ended_as: PlaybackEnd, now: datetime
) -> int:
    """End everything played of one webinar, in whichever version; returns how many that were."""
    versions = select(Recording.id).where(Recording.webinar_id == webinar_id)
    return _end(session, PlaybackSession.recording_id.in_(versions), ended_as=ended_as, now=now)


def end_idle(session: Session, *, now: datetime) -> int:
    """End the sessions whose player has not been heard of for four hours; returns how many."""
    silent = PlaybackSession.beat_at <= now - IDLE_AFTER
    return _end(session, silent, ended_as=PlaybackEnd.IDLE, now=now)


def _open(
    session: Session,
    *,
    screen: Screen,
    webinar_id: int,
    ends_at: datetime | None,
    now: datetime,
) -> Playback:
    played = session.execute(_PLAYED, {"webinar_id": webinar_id}).one_or_none()
    if played is None:
        raise NotFound
    _begin_record(session, login_id=screen.login_id, recording_id=played.id, now=now)
    places = read_places(session, login_id=screen.login_id, recording_ids=(played.id,))
    expires_at = now + LONGEST if ends_at is None else min(now + LONGEST, ends_at)
    session_id = new_public_id()
    session.execute(
        insert(PlaybackSession).values(
            public_id=session_id,
            login_id=screen.login_id,
            recording_id=played.id,
            sign_in_id=screen.sign_in_id,
            opened_at=now,
            expires_at=expires_at,
            beat_at=now,
        )
    )
    return Playback(
        session_id=session_id,
        recording_id=played.public_id,
        run=played.run,
        is_whole=played.state is RecordingState.READY,
        seconds=played.seconds,
        expires_at=expires_at,
        access_ends_at=ends_at if expires_at == ends_at else None,
        place=places[played.id],
    )


def _begin_record(session: Session, *, login_id: int, recording_id: int, now: datetime) -> None:
    # It stands before the first beat, so that beats have a row to lock.
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    begin = (insert_on_sqlite if on_sqlite else insert_on_postgresql)(WatchRecord).values(
        login_id=login_id,
        recording_id=recording_id,
        buckets=b"",
        watched_s=0,
        position_s=0.0,
        earned_until=now,
        updated_at=now,
    )
    session.execute(begin.on_conflict_do_nothing())


def _reason_to_end(decision: Decision) -> PlaybackEnd | None:
    if isinstance(decision, Admitted):
        return None
    return _ENDS.get(decision.code, PlaybackEnd.REVOKED)


def _end(
    session: Session, which: ColumnElement[bool], *, ended_as: PlaybackEnd, now: datetime
) -> int:
    ended = session.execute(
        update(PlaybackSession)
        .where(which, PlaybackSession.ended_at.is_(None))
        .values(ended_at=now, ended_as=ended_as)
        .returning(PlaybackSession.id)
        .execution_options(synchronize_session=False)
    )
    return len(ended.all())
