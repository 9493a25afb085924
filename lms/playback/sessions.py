"""Playback sessions: opened when policy and stream limit allow, ended with a reason."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Select, and_, delete, exists, func, select, update
from sqlalchemy.orm import Session, aliased

from lms.access.decision_facts import load_case
from lms.access.merged_logins import logins_of
from lms.access.merged_organizations import kept_id
from lms.access.policy import Action, Admitted, Turned, decide
from lms.core.errors import NotFound, or_not_found
from lms.core.list_queries import read_columns
from lms.core.model_base import new_public_id
from lms.models.grants import Grant
from lms.models.playback import PlaybackEnd, PlaybackSession
from lms.models.recordings import Recording, RecordingState
from lms.playback import stream_limit
from lms.playback.session_statements import (
    BEGIN_RECORD,
    END_OTHERS,
    FACTS,
    OPEN,
    PLAYED,
    REACHED,
    ending,
)
from lms.playback.slides import SlideFacts, read_slides
from lms.playback.stream_limit import Claim, Holder
from lms.playback.watch_page import CaptionFacts, captions_of
from lms.playback.watch_records import Place, place_of

LONGEST: Final = timedelta(hours=24)
IDLE_AFTER: Final = timedelta(hours=4)
PREVIEWS_KEPT: Final = timedelta(days=30)
REPEATS_KEPT: Final = timedelta(days=1096)  # reports of up to three years count every view


@dataclass(frozen=True, slots=True)
class Screen:
    """Who wants to watch, in which browser and sign-in; `sign_in_id` is None without a cookie.

    `within` is the organization (row id) of the frame, None outside of frames. `until` is when the
    playing page itself expires, if it does.
    """

    login_id: int
    sign_in_id: int | None
    browser: str = "A browser"
    within: int | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Playback:
    """An open session: what it plays, until when, and the person's place.

    `is_whole` is True if all renditions are ready, including the plain MP4. `access_ends_at` is when
    the person's access ends, if that is what ends the session.
    """

    session_id: str
    recording_id: str
    run: str
    is_whole: bool
    seconds: float
    expires_at: datetime
    access_ends_at: datetime | None
    place: Place
    captions: tuple[CaptionFacts, ...]
    slides: tuple[SlideFacts, ...]


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """A session's login, webinar and organization, when it expires, and how it ended.

    For a merged organization, the kept one.
    """

    login_id: int
    sign_in_id: int | None
    organization_id: int | None
    webinar_id: int
    slug: str
    expires_at: datetime
    ended_as: PlaybackEnd | None
    is_preview: bool


def open_playback(
    session: Session, *, screen: Screen, webinar_id: int, now: datetime, takes_over: bool = False
) -> Playback | Turned | Holder:
    """Open a session on the webinar's current recording if the policy admits, else return why not.

    It lasts 24 hours, but never longer than the admitting grant and its grace period (C1). Each person
    has one stream (PRODUCT.md, G1): if another screen is playing, returns its holder, unless this one
    `takes_over`. Other open sessions of the person end. Raises NotFound for an unknown webinar or
    login.
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
    """Open a session for a person whom the policy has just admitted; see `open_playback`."""
    session_id = new_public_id()
    wanted = Claim(screen.login_id, session_id, screen.browser)
    if takes_over:
        stream_limit.take_over(session, wanted, now=now)
    elif not stream_limit.claim(session, wanted, now=now):
        return stream_limit.find_holder(session, screen.login_id)
    session.execute(END_OTHERS, {"person": screen.login_id, "now": now})
    return _open(session, session_id, decision, screen=screen, webinar_id=webinar_id, now=now)


def open_preview(
    session: Session,
    *,
    screen: Screen,
    webinar_id: int,
    now: datetime,
    by: Admitted | None = None,
) -> Playback:
    """Open a preview session, which uses no stream and stores no progress.

    Staff can preview without access. Others preview `by` a grant of their organization, and stop when
    it ends. Raises NotFound if nothing can be played yet.
    """
    return _open(session, None, by, screen=screen, webinar_id=webinar_id, now=now)


def read_session_facts(session: Session, session_id: str) -> SessionFacts:
    """Return a session's owner and end; raises NotFound."""
    row = or_not_found(read_columns(session, FACTS, {"session_id": session_id}).one_or_none())
    return SessionFacts(*row)


def note_grant(session: Session, session_id: str, grant_id: str | None) -> None:
    """Set the grant (public ID) by which a session continues; None for a free webinar."""
    session.execute(
        update(PlaybackSession)
        .where(PlaybackSession.public_id == session_id)
        .values(grant_id=select(Grant.id).where(Grant.public_id == grant_id).scalar_subquery())
    )


def note_reached(session: Session, session_id: str) -> None:
    """Store what was watched in a session whose last beat came after its end."""
    session.execute(
        update(PlaybackSession)
        .where(PlaybackSession.public_id == session_id)
        .values(reached_s=REACHED)
    )


def end_session(session: Session, session_id: str, *, ended_as: PlaybackEnd, now: datetime) -> int:
    """End a session by its public ID; return 0 if it had already ended."""
    return _end(session, PlaybackSession.public_id == session_id, ended_as=ended_as, now=now)


def end_for_sign_in(
    session: Session, sign_in_id: int, *, ended_as: PlaybackEnd, now: datetime
) -> int:
    """End the sessions of a signed-in browser; return how many."""
    return _end(session, PlaybackSession.sign_in_id == sign_in_id, ended_as=ended_as, now=now)


def end_for_login(session: Session, login_id: int, *, ended_as: PlaybackEnd, now: datetime) -> int:
    """End all sessions of a login; return how many.

    A player whose person still has access opens a new session automatically.
    """
    return _end(session, PlaybackSession.login_id == login_id, ended_as=ended_as, now=now)


def end_by_own_grants(
    session: Session, login_id: int, *, ended_as: PlaybackEnd, now: datetime
) -> int:
    """End the sessions that a person plays by their own grants; return how many.

    Includes merged logins. Sessions in frames use an organization's grants, so they continue.
    """
    theirs = PlaybackSession.login_id.in_(logins_of(login_id))
    outside = PlaybackSession.organization_id.is_(None)
    return _end(session, theirs & outside, ended_as=ended_as, now=now)


def end_in_frames(
    session: Session, logins: Select[int], *, ended_as: PlaybackEnd, now: datetime
) -> int:
    """End sessions and previews in frames of the logins in a subquery; return how many."""
    theirs = PlaybackSession.login_id.in_(logins)
    inside = PlaybackSession.organization_id.is_not(None)
    return _end(session, theirs & inside, ended_as=ended_as, now=now)


def end_for_logins(
    session: Session, logins: Select[int], *, ended_as: PlaybackEnd, now: datetime
) -> int:
    """End the sessions of the logins in a subquery, in one statement; return how many.

    Previews continue, since they need no seat. A player whose person still has access opens a new
    session automatically, unless another screen took over.
    """
    theirs = PlaybackSession.login_id.in_(logins) & PlaybackSession.is_preview.is_(False)
    return _end(session, theirs, ended_as=ended_as, now=now)


def end_previews(
    session: Session, grants: Select[int], *, ended_as: PlaybackEnd, now: datetime
) -> int:
    """End the previews by the grants in a subquery; return how many."""
    by_them = PlaybackSession.grant_id.in_(grants) & PlaybackSession.is_preview
    return _end(session, by_them, ended_as=ended_as, now=now)


def end_previews_of(
    session: Session,
    login_id: int,
    organizations: Select[int],
    *,
    ended_as: PlaybackEnd,
    now: datetime,
) -> int:
    """End a person's previews in frames of the organizations in a subquery; return how many."""
    theirs = PlaybackSession.login_id.in_(logins_of(login_id)) & PlaybackSession.is_preview
    inside = PlaybackSession.organization_id.in_(organizations)
    return _end(session, theirs & inside, ended_as=ended_as, now=now)


def end_for_webinar(
    session: Session, webinar_id: int, *, ended_as: PlaybackEnd, now: datetime
) -> int:
    """End all sessions of a webinar, of every version; return how many."""
    versions = select(Recording.id).where(Recording.webinar_id == webinar_id)
    return _end(session, PlaybackSession.recording_id.in_(versions), ended_as=ended_as, now=now)


def forget_previews(session: Session, *, now: datetime) -> None:
    """Delete previews that ended 30 days ago; nothing counts them."""
    old = and_(PlaybackSession.is_preview, PlaybackSession.ended_at < now - PREVIEWS_KEPT)
    session.execute(delete(PlaybackSession).where(old))


def forget_repeats(session: Session, *, now: datetime) -> None:
    """Delete sessions that ended three years ago and in which nothing new was watched.

    An earlier session of the same person, recording, grant and organization that reached as far stays,
    so progress, completions and minutes are unchanged; only old views decrease.
    """
    earlier = aliased(PlaybackSession)
    reached = func.coalesce(PlaybackSession.reached_s, 0)
    is_known = exists().where(
        earlier.id < PlaybackSession.id,
        earlier.login_id == PlaybackSession.login_id,
        earlier.recording_id == PlaybackSession.recording_id,
        earlier.grant_id.is_not_distinct_from(PlaybackSession.grant_id),
        earlier.organization_id.is_not_distinct_from(PlaybackSession.organization_id),
        earlier.is_preview == PlaybackSession.is_preview,
        func.coalesce(earlier.reached_s, 0) >= reached,
    )
    old = select(PlaybackSession.id).where(
        PlaybackSession.ended_at < now - REPEATS_KEPT,
        reached <= func.coalesce(PlaybackSession.began_s, 0),
        is_known,
    )
    session.execute(delete(PlaybackSession).where(PlaybackSession.id.in_(old)))


def end_idle(session: Session, *, now: datetime) -> int:
    """End the sessions without a beat for four hours; return how many."""
    silent = PlaybackSession.beat_at <= now - IDLE_AFTER
    return _end(session, silent, ended_as=PlaybackEnd.IDLE, now=now)


def _lets_in_until(decision: Admitted) -> datetime | None:
    """Return when the admitting grant stops admitting: people playing at its end continue into its grace period."""
    grant = decision.grant
    if decision.ends_at is None or grant is None or grant.grace_until is None:
        return decision.ends_at
    return max(decision.ends_at, grant.grace_until)


def _open(
    session: Session,
    streamed: str | None,
    by: Admitted | None,
    *,
    screen: Screen,
    webinar_id: int,
    now: datetime,
) -> Playback:
    """Open a session, or a preview if `streamed`, the ID of the session with the stream, is None.

    It ends no later than the admitting grant. Raises NotFound if nothing can be played yet.
    """
    asked = {"webinar_id": webinar_id, "login_id": screen.login_id}
    rows = read_columns(session, PLAYED, asked).all()
    if not rows:
        raise NotFound
    played, place = rows[-1], place_of(rows)
    record = {"login_id": screen.login_id, "recording_id": played.id, "now": now}
    session.execute(BEGIN_RECORD[session.get_bind().dialect.name], record)
    ends_at = None if by is None else _lets_in_until(by)
    expires_at = min(filter(None, (now + LONGEST, ends_at, screen.until)))
    grant = None if by is None else by.grant
    session_id, watched_s = streamed or new_public_id(), round(place.watched_s)
    session.execute(
        OPEN,
        {
            "public_id": session_id,
            "login_id": screen.login_id,
            "recording_id": played.id,
            "sign_in_id": screen.sign_in_id,
            "grant": None if grant is None else grant.public_id,
            "organization_id": screen.within,
            "is_preview": streamed is None,
            "opened_at": now,
            "beat_at": now,
            "expires_at": expires_at,
            "began_s": watched_s,
            "reached_s": watched_s,
        },
    )
    return Playback(
        session_id=session_id,
        recording_id=played.public_id,
        run=played.run,
        is_whole=played.state is RecordingState.READY,
        seconds=played.seconds,
        expires_at=expires_at,
        access_ends_at=ends_at if expires_at == ends_at else None,
        place=place,
        captions=captions_of(played.captions),
        slides=read_slides(played.slides, played.seconds),
    )


def _end(
    session: Session, which: ColumnElement[bool], *, ended_as: PlaybackEnd, now: datetime
) -> int:
    ended = session.execute(ending(which, ended_as=ended_as, now=now).returning(PlaybackSession.id))
    return len(ended.all())
