"""Frame playback sessions: start one, claiming a seat where needed, and end those in frames."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from lms.access.policy import Action, Admitted
from lms.core.errors import NotFound
from lms.lti_facade.viewer_access_facts import (
    CLAIMED_BY_PLAYING,
    NAMED,
    Standing,
    Visitor,
    read_standing,
)
from lms.models.accounts import Login
from lms.models.playback import PlaybackEnd
from lms.models.seats import Pool
from lms.playback import sessions as playback_sessions
from lms.playback.sessions import Playback as Playback
from lms.playback.sessions import Screen
from lms.playback.sessions import read_session_facts as read_session_facts
from lms.playback.stream_limit import Holder as Holder
from lms.playback.stream_limit import find_holder as find_holder
from lms.seats.claims import claim

# A person has seats in few pools; each pool that fills up meanwhile costs one more try.
TRIES: Final = 5
TAKEN_OVER: Final = PlaybackEnd.TAKEN_OVER


@dataclass(frozen=True, slots=True)
class Wish:
    """A request to play in a frame: the browser, and whether to take over from another screen.

    `until` is when the frame itself ends, if that is before the access does.
    """

    browser: str
    takes_over: bool
    until: datetime | None = None


def begin(
    session: Session, visitor: Visitor, webinar_id: int, wish: Wish, *, now: datetime
) -> Playback | Holder | Standing:
    """Open a playback session in a frame, or return where the person already plays, or their access.

    A learner who needs a seat claims one, once per person and pool; if another screen of theirs plays,
    no seat is claimed. Instructors and test users get a preview. Raises NotFound.
    """
    if visitor.login_id is None:
        raise NotFound
    standing = read_standing(session, visitor, webinar_id)
    if visitor.presence not in NAMED:
        return _look_over(session, standing, webinar_id, wish, now=now)
    try:
        with session.begin_nested():  # rolls back a claimed seat if nothing is played
            return _play(session, visitor, standing, wish, now=now)
    except _Withheld as withheld:
        return withheld.answer


class _Withheld(Exception):
    """Nothing is played, so the claimed seat must be rolled back."""

    def __init__(self, answer: Holder | Standing) -> None:
        super().__init__()
        self.answer = answer


def _play(
    session: Session, visitor: Visitor, standing: Standing, wish: Wish, *, now: datetime
) -> Playback:
    standing = _seated(session, visitor, standing, now=now)
    decision = standing.decide(Action.RECORDING, now)
    if not isinstance(decision, Admitted):
        raise _Withheld(standing)
    answer = playback_sessions.open_admitted(
        session,
        decision,
        screen=_screen(standing, wish),
        webinar_id=standing.case.webinar.id,
        now=now,
        takes_over=wish.takes_over,
    )
    if isinstance(answer, Holder):
        raise _Withheld(answer)
    return answer


def _look_over(
    session: Session, standing: Standing, webinar_id: int, wish: Wish, *, now: datetime
) -> Playback | Standing:
    decision = standing.decide(Action.RECORDING, now)
    if not isinstance(decision, Admitted):
        return standing
    return playback_sessions.open_preview(
        session, screen=_screen(standing, wish), webinar_id=webinar_id, now=now, by=decision
    )


def end_in_frames(session: Session, logins: Select[int | None], *, now: datetime) -> None:
    """End playback in frames for a subquery of logins, because their frame was turned off.

    People who can continue in another frame do so automatically.
    """
    asking = aliased(Login)
    kept = select(func.coalesce(asking.merged_into, asking.id)).where(asking.id.in_(logins))
    playback_sessions.end_in_frames(session, kept, ended_as=PlaybackEnd.REVOKED, now=now)


def _seated(session: Session, visitor: Visitor, standing: Standing, *, now: datetime) -> Standing:
    """Claim a seat if that is what is missing, and return the access afterward."""
    person = replace(visitor, login_id=standing.login_id)
    for _ in range(TRIES):
        decision = standing.decide(Action.RECORDING, now)
        place = decision.grant.place if decision.grant else None
        is_missing = decision.code in CLAIMED_BY_PLAYING and standing.case.webinar.playable
        if not is_missing or place is None or standing.login_id is None:
            return standing
        pool_id = session.scalars(select(Pool.id).where(Pool.public_id == place.pool)).one()
        claim(session, pool_id, standing.login_id, actor=None, now=now)
        standing = read_standing(session, person, standing.case.webinar.id)
    return standing


def _screen(standing: Standing, wish: Wish) -> Screen:
    if standing.login_id is None:
        raise NotFound
    return Screen(standing.login_id, None, wish.browser, standing.frame_of, wish.until)
