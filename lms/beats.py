"""Beats: a player tells its place every 15 seconds; its session goes on, or ends with a reason."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Update, and_, bindparam, or_, select, update
from sqlalchemy.orm import Session

from lms import streams, viewing
from lms.access import (
    Action,
    Admitted,
    GrantFacts,
    LoginFacts,
    Turned,
    WebinarFacts,
    decide,
)
from lms.cases import load_case
from lms.errors import NotFound
from lms.lean import Driver, Lean
from lms.models.catalogue import Recording, Webinar, WebinarState
from lms.models.holdings import Grant, Scope, Withdrawal
from lms.models.people import Login
from lms.models.seats import Assignment, AssignmentState, Pool
from lms.models.viewing import PlaybackEnd, PlaybackSession, Stream, WatchRecord
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
    """A beat that was taken in, and what is now kept of the recording.

    `is_due` tells that by this beat the certificate may be earned: `earning.consider` knows.
    """

    verdict: Verdict
    buckets: bytes
    watched_s: float
    is_due: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """The session is over, for this reason."""

    reason: PlaybackEnd


@dataclass(frozen=True, slots=True)
class Doubtful:
    """The grant that let in no longer does, or the stream is elsewhere: `keep_beat` finds out."""


@dataclass(slots=True)
class _Heard:
    """One row of `_BEATING`, in its order."""

    id: int
    login_id: int
    opened_at: datetime
    expires_at: datetime
    beat_at: datetime
    ended_as: PlaybackEnd | None
    is_preview: bool
    organisation_id: int | None
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

# A seat of the pool that holds the grant, or of a part of it that was allotted to a child; in a
# frame, of its organisation's.
_claimed_at = (
    select(_seat.claimed_at)
    .join_from(Assignment.__table__, Pool.__table__, _pool.id == _seat.pool_id)
    .where(
        _seat.login_id == _session.login_id,
        _seat.ended_at.is_(None),
        _seat.state == AssignmentState.CLAIMED,
        or_(_pool.id == _grant.pool_id, _pool.allotted_from_id == _grant.pool_id),
        or_(
            _session.organisation_id.is_(None),
            _pool.organisation_id == _session.organisation_id,
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
        _session.ended_as,
        _session.is_preview,
        _session.organisation_id,
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
_BEATING = Lean(_HEARD)
# On PostgreSQL two screens of one person wait for each other here; on SQLite they already did.
_BEATING_LOCKED = Lean(_HEARD.with_for_update(of=WatchRecord.__table__))
_HOLD = Lean(
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
_KEEP = Lean(_KEPT)


def _kept_in_one() -> Update:
    """Return what keeps a beat in one statement, unless the record or the stream changed meanwhile.

    The record is locked first and the stream after it, as everywhere.
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


_KEEP_IN_ONE = Lean(_kept_in_one())
_NOTE = Lean(
    update(PlaybackSession)
    .where(_session.id == bindparam("session_row"))
    .values(beat_at=bindparam("noted_at"), reached_s=bindparam("kept_seconds"))
)


def keep_beat(session: Session, session_id: str, *, beat: Beat, now: datetime) -> Kept | Ended:
    """Keep the place and the earned buckets of a beat, or end the session and say why.

    The policy is asked again at every beat, in a frame within its organisation alone, and the stream is held for another 45 s: where
    another screen has it, this session ends (PRODUCT.md, G1 and E1). Raises NotFound for a session
    that is not there.
    """
    answer = _keep_locked(Driver.of(session), session_id, beat=beat, now=now)
    if not isinstance(answer, Doubtful):
        return answer
    reason = _reason_to_end(session, session_id, now=now)
    if reason is None:
        answer = _keep_locked(Driver.of(session), session_id, beat=beat, now=now)
        if not isinstance(answer, Doubtful):
            return answer
        reason = PlaybackEnd.REVOKED
    viewing.end_session(session, session_id, ended_as=reason, now=now)
    return Ended(reason)


def keep_swiftly(
    driver: Driver, session_id: str, *, beat: Beat, now: datetime
) -> Kept | Ended | Doubtful:
    """Do what `keep_beat` does while the grant that let in still does, with one read.

    More grants never take access away, so that one is enough to go on by. Where it isn't, or the
    record changed meanwhile, nothing is kept and Doubtful returned. On PostgreSQL it needs no
    transaction around it. Raises NotFound for a session that is not there.
    """
    if driver.dialect.name != "postgresql":
        return _keep_locked(driver, session_id, beat=beat, now=now)
    heard = _hear(driver, _BEATING, session_id, now)
    if not isinstance(heard, _Heard):
        return heard
    kept, values = _weighed(heard, beat=beat, now=now)
    was = {"was_buckets": heard.buckets, "was_until": heard.earned_until}
    if not _KEEP_IN_ONE.count(driver, values | was | _hold_of(heard, session_id, now)):
        return Doubtful()
    _note(driver, heard, kept, now)
    return kept


def _keep_locked(
    driver: Driver, session_id: str, *, beat: Beat, now: datetime
) -> Kept | Ended | Doubtful:
    heard = _hear(driver, _BEATING_LOCKED, session_id, now)
    if not isinstance(heard, _Heard):
        return heard
    if not _HOLD.count(driver, _hold_of(heard, session_id, now)):
        return Doubtful()
    kept, values = _weighed(heard, beat=beat, now=now)
    _KEEP.count(driver, values)
    _note(driver, heard, kept, now)
    return kept


def _hear(
    driver: Driver, reading: Lean, session_id: str, now: datetime
) -> _Heard | Kept | Ended | Doubtful:
    """Return what is known of the session whose beat is to be kept, or the answer to it."""
    found = reading.one(driver, {"session_id": session_id})
    if found is None:
        raise NotFound
    heard = _Heard(*found)
    if heard.ended_as is not None:
        return Ended(heard.ended_as)
    if heard.is_preview:
        watched_s = watched_seconds(heard.buckets, heard.seconds)
        return Kept(Verdict.KEPT, heard.buckets, watched_s)
    if now >= heard.expires_at or not _still_admits(heard, now):
        return Doubtful()
    return heard


def _hold_of(heard: _Heard, session_id: str, now: datetime) -> dict[str, object]:
    person = heard.merged_into or heard.login_id
    return {"person": person, "mine": session_id, "until": now + streams.LEASE}


def _still_admits(heard: _Heard, now: datetime) -> bool:
    grants: tuple[GrantFacts, ...] = ()
    is_own = heard.pool_id is None and heard.organisation_id is None
    is_theirs = is_own or heard.claimed_at is not None
    if heard.grant_id and heard.scope and heard.starts_at and is_theirs:
        grant = GrantFacts(
            public_id=heard.grant_id,
            scope=heard.scope,
            covers="",
            starts_at=heard.starts_at,
            ends_at=heard.ends_at,
            suspended_at=heard.suspended_at,
            revoked_at=heard.revoked_at,
            revoked_as=heard.revoked_as,
            grace_until=heard.grace_until,
            awaits_payment_since=heard.awaits_payment_since,
        )
        grants = (grant,)
    webinar = WebinarFacts(
        id=heard.webinar_id,
        state=heard.state,
        free=heard.free,
        held_at=heard.held_at,
        minutes=heard.minutes,
        playable=True,
    )
    login = LoginFacts(heard.login_id, heard.blocked_at, grants)
    return isinstance(decide(login, webinar, Action.RECORDING, now), Admitted)


def _weighed(heard: _Heard, *, beat: Beat, now: datetime) -> tuple[Kept, dict[str, object]]:
    """Return the answer to a beat, and what is to be kept of it."""
    seen = Seen(heard.buckets, max(heard.earned_until, heard.opened_at))
    seen, verdict = weigh(seen, beat, seconds=heard.seconds, now=now)
    watched_s = watched_seconds(seen.buckets, heard.seconds)
    values: dict[str, object] = {
        "record_id": heard.record_id,
        "kept_buckets": seen.buckets,
        "kept_seconds": round(watched_s),
        "kept_position": min(beat.position_s, heard.seconds),
        "kept_until": seen.earned_until,
        "kept_at": now,
    }
    return Kept(verdict, seen.buckets, watched_s, _is_due(heard, seen, watched_s)), values


def _is_due(heard: _Heard, seen: Seen, watched_s: float) -> bool:
    asked_from = heard.certify_at_s
    return asked_from is not None and watched_s >= asked_from and seen.buckets != heard.buckets


def _note(driver: Driver, heard: _Heard, kept: Kept, now: datetime) -> None:
    if now - heard.beat_at >= BEAT_NOTED_EVERY:
        noted = {"session_row": heard.id, "noted_at": now, "kept_seconds": round(kept.watched_s)}
        _NOTE.count(driver, noted)


def _reason_to_end(session: Session, session_id: str, *, now: datetime) -> PlaybackEnd | None:
    """Ask the whole policy, and for the stream; None when the session goes on, by which grant is noted."""
    facts = viewing.read_session_facts(session, session_id)
    case = load_case(session, login_id=facts.login_id, webinar_id=facts.webinar_id)
    within = facts.organisation_id
    decision = decide(case.login, case.webinar, Action.RECORDING, now, within=within)
    if isinstance(decision, Turned):
        return _ENDS.get(decision.code, PlaybackEnd.REVOKED)
    if now >= facts.expires_at:
        return PlaybackEnd.EXPIRED
    if not streams.claim(session, Claim(facts.login_id, session_id, "A browser"), now=now):
        return PlaybackEnd.TAKEN_OVER
    admits_by = None if decision.grant is None else decision.grant.public_id
    viewing.note_grant(session, session_id, admits_by)
    return None
