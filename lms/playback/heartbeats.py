"""Heartbeats: a player reports its position every 15 seconds; its session continues or ends."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.access.decision_facts import load_case
from lms.access.policy import Action, Admitted, GrantFacts, LoginFacts, Turned, WebinarFacts, decide
from lms.core.compiled_statements import CompiledStatement, Driver
from lms.core.errors import or_not_found
from lms.models.playback import PlaybackEnd, WatchRecord
from lms.playback import sessions, stream_limit
from lms.playback.heartbeat_statements import (
    BEATING,
    BEATING_LOCKED,
    HOLD,
    KEEP,
    KEEP_IN_ONE,
    NOTE,
    Heard,
)
from lms.playback.progress_bitmap import Beat, Seen, Verdict, watched_seconds, weigh, without_last
from lms.playback.stream_limit import Claim

# Reports need this only to the minute; writing it at each beat would cost another row update.
BEAT_NOTED_EVERY: Final = timedelta(minutes=1)

_ENDS: Final = {
    "ACCOUNT_BLOCKED": PlaybackEnd.BLOCKED,
    "WEBINAR_PULLED": PlaybackEnd.PULLED,
    "PASS_EXPIRED": PlaybackEnd.EXPIRED,
    "CONTRACT_LAPSED": PlaybackEnd.LAPSED,
    "SEAT_RELEASED": PlaybackEnd.RELEASED,
    "PAYMENT_OVERDUE": PlaybackEnd.SUSPENDED,
    "SUSPENDED_DISPUTE": PlaybackEnd.SUSPENDED,
    "REFUNDED": PlaybackEnd.REFUNDED,
    "RECORDING_NOT_READY": PlaybackEnd.CLOSED,
}


# After these, another player has the stream, or the player has already sent its last beat.
_WITHOUT_LAST: Final = frozenset((PlaybackEnd.CLOSED, PlaybackEnd.TAKEN_OVER))


@dataclass(frozen=True, slots=True)
class Kept:
    """A stored beat, and what is now stored for the recording.

    If `is_due`, this beat may have earned the certificate; `eligibility.consider_session` decides.
    """

    verdict: Verdict
    buckets: bytes
    watched_s: float
    is_due: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """The session has ended, for this reason."""

    reason: PlaybackEnd


@dataclass(frozen=True, slots=True)
class Doubtful:
    """The session's grant no longer admits, or another session has the stream: `keep_beat` decides."""


def keep_beat(session: Session, session_id: str, *, beat: Beat, now: datetime) -> Kept | Ended:
    """Store a beat's position and earned buckets, or end the session and return the reason.

    Each beat asks the policy again (in a frame, within its organization only) and extends the stream's
    lease by 45 s; if another screen has the stream, this session ends (PRODUCT.md, G1 and E1). A beat
    after the end still stores what was watched before it, but not after. Raises NotFound for an unknown
    session.
    """
    answer = _keep_locked(Driver.of(session), session_id, beat=beat, now=now)
    if isinstance(answer, Ended):
        _keep_last(session, session_id, beat=beat, now=now)
    if not isinstance(answer, Doubtful):
        return answer
    reason = _reason_to_end(session, session_id, now=now)
    if reason is None:
        answer = _keep_locked(Driver.of(session), session_id, beat=beat, now=now)
        if not isinstance(answer, Doubtful):
            return answer
        reason = PlaybackEnd.REVOKED
    sessions.end_session(session, session_id, ended_as=reason, now=now)
    _keep_last(session, session_id, beat=beat, now=now)
    return Ended(reason)


def _keep_last(session: Session, session_id: str, *, beat: Beat, now: datetime) -> None:
    """Store what a player watched before its session ended, which this beat reports."""
    driver = Driver.of(session)
    found = or_not_found(BEATING_LOCKED.one(driver, {"session_id": session_id}))
    heard = Heard(*found)
    if heard.is_preview or heard.ended_as in _WITHOUT_LAST:
        return
    end = min(heard.ended_at or now, heard.expires_at)
    if end >= now or now - end > stream_limit.LEASE:
        return
    heard.earned_until = max(heard.earned_until, end - stream_limit.LEASE)
    before = without_last(beat, (now - end).total_seconds())
    _kept, values = _weighed(heard, beat=before, now=end)
    KEEP.count(driver, values | _place_at_end(session, heard, beat, before, end))
    sessions.note_reached(session, session_id)


def _place_at_end(
    session: Session, heard: Heard, told: Beat, before: Beat, end: datetime
) -> dict[str, object]:
    """Return the position to store if a beat arrives after the end of its session.

    An unchanged position between the two is kept, as is a later one from another session.
    """
    known = session.execute(
        select(WatchRecord.position_s, WatchRecord.updated_at).where(
            WatchRecord.id == heard.record_id
        )
    ).one()
    if known.updated_at > end:
        return {"kept_position": known.position_s, "kept_at": known.updated_at}
    if before.position_s <= known.position_s <= told.position_s:
        return {"kept_position": known.position_s}
    return {}


def keep_swiftly(
    driver: Driver, session_id: str, *, beat: Beat, now: datetime
) -> Kept | Ended | Doubtful:
    """Do what `keep_beat` does with a single read, if the session's own grant still admits.

    Additional grants never remove access, so checking one is enough. If it does not admit, or the
    record changed meanwhile, returns Doubtful and stores nothing; nothing is stored for an ended
    session either. On PostgreSQL it needs no surrounding transaction. Raises NotFound for an unknown
    session.
    """
    if driver.dialect.name != "postgresql":
        return _keep_locked(driver, session_id, beat=beat, now=now)
    heard = _hear(driver, BEATING, session_id, now)
    if not isinstance(heard, Heard):
        return heard
    kept, values = _weighed(heard, beat=beat, now=now)
    was = {"was_buckets": heard.buckets, "was_until": heard.earned_until}
    if not KEEP_IN_ONE.count(driver, values | was | _hold_of(heard, session_id, now)):
        return Doubtful()
    _note(driver, heard, kept, now)
    return kept


def _keep_locked(
    driver: Driver, session_id: str, *, beat: Beat, now: datetime
) -> Kept | Ended | Doubtful:
    heard = _hear(driver, BEATING_LOCKED, session_id, now)
    if not isinstance(heard, Heard):
        return heard
    if not HOLD.count(driver, _hold_of(heard, session_id, now)):
        return Doubtful()
    kept, values = _weighed(heard, beat=beat, now=now)
    KEEP.count(driver, values)
    _note(driver, heard, kept, now)
    return kept


def _hear(
    driver: Driver, reading: CompiledStatement, session_id: str, now: datetime
) -> Heard | Kept | Ended | Doubtful:
    """Return the row of the session for which to store a beat, or the answer if there is nothing to store."""
    found = or_not_found(reading.one(driver, {"session_id": session_id}))
    heard = Heard(*found)
    if heard.ended_as is not None:
        return Ended(heard.ended_as)
    if heard.is_preview:
        watched_s = watched_seconds(heard.buckets, heard.seconds)
        return Kept(Verdict.KEPT, heard.buckets, watched_s)
    if now >= heard.expires_at or not _still_admits(heard, now):
        return Doubtful()
    return heard


def _hold_of(heard: Heard, session_id: str, now: datetime) -> dict[str, object]:
    person = heard.merged_into or heard.login_id
    return {"person": person, "mine": session_id, "until": now + stream_limit.LEASE}


def _still_admits(heard: Heard, now: datetime) -> bool:
    grants: tuple[GrantFacts, ...] = ()
    is_own = heard.pool_id is None and heard.organization_id is None
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
        is_in_passes=bool(heard.is_in_passes),
    )
    login = LoginFacts(heard.login_id, heard.blocked_at, grants)
    return isinstance(decide(login, webinar, Action.RECORDING, now), Admitted)


def _weighed(heard: Heard, *, beat: Beat, now: datetime) -> tuple[Kept, dict[str, object]]:
    """Return the answer to a beat, and the values to store."""
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


def _is_due(heard: Heard, seen: Seen, watched_s: float) -> bool:
    asked_from = heard.certify_at_s
    return asked_from is not None and watched_s >= asked_from and seen.buckets != heard.buckets


def _note(driver: Driver, heard: Heard, kept: Kept, now: datetime) -> None:
    if now - heard.beat_at >= BEAT_NOTED_EVERY:
        noted = {"session_row": heard.id, "noted_at": now, "kept_seconds": round(kept.watched_s)}
        NOTE.count(driver, noted)


def _reason_to_end(session: Session, session_id: str, *, now: datetime) -> PlaybackEnd | None:
    """Ask the whole policy and claim the stream; return None if the session continues, with its new grant stored."""
    facts = sessions.read_session_facts(session, session_id)
    case = load_case(session, login_id=facts.login_id, webinar_id=facts.webinar_id)
    within = facts.organization_id
    decision = decide(case.login, case.webinar, Action.RECORDING, now, within=within)
    if isinstance(decision, Turned):
        return _ENDS.get(decision.code, PlaybackEnd.REVOKED)
    if now >= facts.expires_at:
        return PlaybackEnd.EXPIRED
    if not stream_limit.claim(session, Claim(facts.login_id, session_id, "A browser"), now=now):
        return PlaybackEnd.TAKEN_OVER
    admits_by = None if decision.grant is None else decision.grant.public_id
    sessions.note_grant(session, session_id, admits_by)
    return None
