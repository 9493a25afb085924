"""Playback sessions: opened when policy and stream limit allow, ended with a reason."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Select, and_, delete, select, update
from sqlalchemy.orm import Session

from lms.access.decision_facts import load_case
from lms.access.merged_logins import logins_of
from lms.access.merged_organizations import kept_id
from lms.access.policy import Action, Admitted, Turned, decide
from lms.core.compiled_statements import Driver
from lms.core.errors import NotFound
from lms.core.model_base import new_public_id
from lms.models.grants import Grant
from lms.models.playback import PlaybackEnd, PlaybackSession
from lms.models.recordings import Recording, RecordingState
from lms.playback import stream_limit
from lms.playback.session_statements import BEGIN, END_OTHERS, FACTS, OPEN, PLAYED, REACHED, ending
from lms.playback.stream_limit import Claim, Holder
from lms.playback.watch_records import Place, read_places

LONGEST: Final = timedelta(hours=24)
IDLE_AFTER: Final = timedelta(hours=4)
PREVIEWS_KEPT: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Screen:
    """Who wants to watch, in which browser, by which sign-in; none where no cookie brought them.

    `within` is the organization (a row's id) in whose frame the screen stands, if in any.
    `until` is when the page itself that plays ends, if it does.
    """

    login_id: int
    sign_in_id: int | None
    browser: str = "A browser"
    within: int | None = None
    until: datetime | None = None


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
class SessionFacts:
    """Whose session it is, of which webinar, within which organization, until when, how it ended.

    Where that organization was merged into another, it is the other one.
    """

    login_id: int
    sign_in_id: int | None
    organization_id: int | None
    webinar_id: int
    expires_at: datetime
    ended_as: PlaybackEnd | None
    is_preview: bool


def open_playback(
    session: Session, *, screen: Screen, webinar_id: int, now: datetime, takes_over: bool = False
) -> Playback | Turned | Holder:
    """Open a session on the webinar's current recording if the policy admits, else say why not.

    It lasts 24 hours and never beyond the grant that lets in and its grace (C1). A person has one
    stream (PRODUCT.md, G1): where another screen plays, that one is answered, unless this one `takes_over`. Whatever
    else the person had open ends. Raises NotFound when there is no such webinar or login.
    """
    case = load_case(session, login_id=screen.login_id, webinar_id=webinar_id)
    within = None if screen.within is None else kept_id(session, screen.within)
    decision = decide(case.login, case.webinar, Action.RECORDING, now, within=within)
    if isinstance(decision, Turned):
        return decision
    return open_admitted(
        session, decision, screen=screen, webinar_id=webinar_id, now=now, takes_over=takes_over
    )


def open_admitted(
    session: Session,
    decision: Admitted,
    *,
    screen: Screen,
    webinar_id: int,
    now: datetime,
    takes_over: bool,
) -> Playback | Holder:
    """Open a session for somebody whom the policy has admitted just now; see `open_playback`."""
    session_id = new_public_id()
    wanted = Claim(screen.login_id, session_id, screen.browser)
    if takes_over:
        stream_limit.take_over(session, wanted, now=now)
    elif not stream_limit.claim(session, wanted, now=now):
        return stream_limit.find_holder(session, screen.login_id)
    END_OTHERS.count(Driver.of(session), {"person": screen.login_id, "now": now})
    played = _find_played(session, webinar_id)
    leave = _Leave(session_id, _grant_of(decision), _lets_in_until(decision), is_preview=False)
    return _open(session, screen=screen, played=played, leave=leave, now=now)


def open_preview(
    session: Session,
    *,
    screen: Screen,
    webinar_id: int,
    now: datetime,
    by: Admitted | None = None,
) -> Playback:
    """Open a session for somebody who looks a recording over: nobody's stream, and nothing is kept.

    Staff do whether or not they hold it. Others are let in `by` what their organization holds, and
    stop with it. Raises NotFound when nothing can be played yet.
    """
    played = _find_played(session, webinar_id)
    ends_at = None if by is None else _lets_in_until(by)
    grant_id = None if by is None else _grant_of(by)
    leave = _Leave(new_public_id(), grant_id, ends_at, is_preview=True)
    return _open(session, screen=screen, played=played, leave=leave, now=now)


def read_session_facts(session: Session, session_id: str) -> SessionFacts:
    """Return whose session it is and how it ended; raises NotFound."""
    rows = FACTS.rows(session, {"session_id": session_id})
    if not rows:
        raise NotFound
    return SessionFacts(*rows[0])


def note_grant(session: Session, session_id: str, grant_id: str | None) -> None:
    """Note by which grant, found by its outside id, a session goes on; none where it is free."""
    session.execute(
        update(PlaybackSession)
        .where(PlaybackSession.public_id == session_id)
        .values(grant_id=select(Grant.id).where(Grant.public_id == grant_id).scalar_subquery())
        .execution_options(synchronize_session=False)
    )


def note_reached(session: Session, session_id: str) -> None:
    """Note what was seen by a session whose last beat came after its end."""
    session.execute(
        update(PlaybackSession)
        .where(PlaybackSession.public_id == session_id)
        .values(reached_s=REACHED)
        .execution_options(synchronize_session=False)
    )


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


def end_by_own_grants(
    session: Session, login_id: int, *, ended_as: PlaybackEnd, now: datetime
) -> int:
    """End what a person plays by grants of their own; returns how many sessions that were.

    By whichever of their logins. In a frame they play by an organization alone, so that goes on.
    """
    theirs = PlaybackSession.login_id.in_(logins_of(login_id))
    outside = PlaybackSession.organization_id.is_(None)
    return _end(session, theirs & outside, ended_as=ended_as, now=now)


def end_in_frames(
    session: Session, logins: Select[int], *, ended_as: PlaybackEnd, now: datetime
) -> int:
    """End what the logins of a subquery play or look over in frames; returns how many that were."""
    theirs = PlaybackSession.login_id.in_(logins)
    inside = PlaybackSession.organization_id.is_not(None)
    return _end(session, theirs & inside, ended_as=ended_as, now=now)


def end_for_logins(
    session: Session, logins: Select[int], *, ended_as: PlaybackEnd, now: datetime
) -> int:
    """End what the logins of a subquery play, with one statement; returns how many that were.

    A preview goes on: it hangs on no seat. A player whose person may still watch opens
    a new session by itself, unless another screen took it over.
    """
    theirs = PlaybackSession.login_id.in_(logins) & PlaybackSession.is_preview.is_(False)
    return _end(session, theirs, ended_as=ended_as, now=now)


def end_previews(
    session: Session, grants: Select[int], *, ended_as: PlaybackEnd, now: datetime
) -> int:
    """End what is looked over by the grants of a subquery; returns how many sessions that were."""
    by_them = PlaybackSession.grant_id.in_(grants) & PlaybackSession.is_preview
    return _end(session, by_them, ended_as=ended_as, now=now)


def end_for_webinar(
    session: Session, webinar_id: int, *, ended_as: PlaybackEnd, now: datetime
) -> int:
    """End everything played of one webinar, in whichever version; returns how many that were."""
    versions = select(Recording.id).where(Recording.webinar_id == webinar_id)
    return _end(session, PlaybackSession.recording_id.in_(versions), ended_as=ended_as, now=now)


def forget_previews(session: Session, *, now: datetime) -> None:
    """Delete previews that ended a month ago: nothing counts them. What was watched stays in reports."""
    old = and_(PlaybackSession.is_preview, PlaybackSession.ended_at < now - PREVIEWS_KEPT)
    session.execute(delete(PlaybackSession).where(old).execution_options(synchronize_session=False))


def end_idle(session: Session, *, now: datetime) -> int:
    """End the sessions whose player has not been heard of for four hours; returns how many."""
    silent = PlaybackSession.beat_at <= now - IDLE_AFTER
    return _end(session, silent, ended_as=PlaybackEnd.IDLE, now=now)


@dataclass(frozen=True, slots=True)
class _Played:
    id: int
    public_id: str
    state: RecordingState
    run: str
    seconds: float


@dataclass(frozen=True, slots=True)
class _Leave:
    session_id: str
    grant_id: str | None
    ends_at: datetime | None
    is_preview: bool


def _lets_in_until(decision: Admitted) -> datetime | None:
    """Return when the grant that lets in stops to: who plays as the term ends goes on into grace."""
    grant = decision.grant
    if decision.ends_at is None or grant is None or grant.grace_until is None:
        return decision.ends_at
    return max(decision.ends_at, grant.grace_until)


def _grant_of(decision: Admitted) -> str | None:
    return None if decision.grant is None else decision.grant.public_id


def _find_played(session: Session, webinar_id: int) -> _Played:
    found = PLAYED.rows(session, {"webinar_id": webinar_id})
    if not found or found[0].seconds is None:
        raise NotFound
    return _Played(*found[0])


def _open(
    session: Session, *, screen: Screen, played: _Played, leave: _Leave, now: datetime
) -> Playback:
    _begin_record(session, login_id=screen.login_id, recording_id=played.id, now=now)
    places = read_places(session, login_id=screen.login_id, recording_ids=(played.id,))
    seen_s = round(places[played.id].watched_s)
    ends_at = leave.ends_at
    expires_at = min(filter(None, (now + LONGEST, ends_at, screen.until)))
    OPEN.count(
        Driver.of(session),
        {
            "new_public_id": leave.session_id,
            "new_login_id": screen.login_id,
            "new_recording_id": played.id,
            "new_sign_in_id": screen.sign_in_id,
            "grant": leave.grant_id,
            "new_organization_id": screen.within,
            "new_is_preview": leave.is_preview,
            "now": now,
            "new_expires_at": expires_at,
            "seen_s": seen_s,
        },
    )
    return Playback(
        session_id=leave.session_id,
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
    driver = Driver.of(session)
    values = {"new_login_id": login_id, "new_recording_id": recording_id, "now": now}
    BEGIN[driver.dialect.name].count(driver, values)


def _end(
    session: Session, which: ColumnElement[bool], *, ended_as: PlaybackEnd, now: datetime
) -> int:
    ended = session.execute(ending(which, ended_as=ended_as, now=now).returning(PlaybackSession.id))
    return len(ended.all())
