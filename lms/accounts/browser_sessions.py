"""Browser sessions: each signed-in browser is a row that can be listed and ended.

If a login has a second factor, a sign-in gives no access until its second step is done.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, delete, exists, func, or_, select, update
from sqlalchemy.orm import Session

from lms import audit
from lms.access.merged_logins import logins_of
from lms.core.errors import N_, Forbidden, NotFound, or_not_found
from lms.core.runtime import hash_secret
from lms.mail import link_tokens_and_codes
from lms.models.accounts import Login, SecondFactor, SecondStep, SignIn
from lms.models.playback import PlaybackEnd
from lms.playback import sessions as playback_sessions

REMEMBERED_FOR: Final = timedelta(days=30)
IDLE_FOR: Final = timedelta(hours=12)
SECOND_STEP_WITHIN: Final = timedelta(minutes=15)
LONGEST: Final = timedelta(days=30)
NOTED_EVERY: Final = timedelta(minutes=5)  # the precision of "last seen", to save writes
A_VISIT_ENDS_AFTER: Final = timedelta(hours=4)
KEPT_AFTER_ITS_END: Final = timedelta(days=30)
LONGEST_AGENT: Final = 200
BLOCKED = N_("Your account is blocked.")


class Blocked(Forbidden):
    """The login is blocked; raised only after the person proved that it is theirs."""

    code = "account_blocked"


@dataclass(frozen=True, slots=True)
class Browser:
    """A browser that signs in; `agent` is a few words such as "Firefox on Windows".

    `earlier` is the hash of its previous sign-in cookie; that sign-in ends with the new one.
    """

    agent: str
    remembered: bool
    earlier: bytes | None


@dataclass(frozen=True, slots=True)
class Opened:
    """A new sign-in; only the browser stores the `cookie`.

    While its second step is due, it opens only the page of the second step.
    """

    cookie: str
    remembered: bool
    login_id: int
    is_second_step_due: bool


@dataclass(frozen=True, slots=True)
class Due:
    """A sign-in whose second step is due; `challenge` is what a passkey was asked to sign."""

    sign_in_id: int
    login_id: int
    login: str  # the public ID
    challenge: bytes | None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A signed-in browser as its person sees it."""

    id: str
    row_id: int
    agent: str
    remembered: bool
    created_at: datetime
    last_seen_at: datetime


def open_sign_in(session: Session, login_id: int, *, browser: Browser, now: datetime) -> Opened:
    """Sign a browser in with a new cookie of 256 random bits.

    A merged login signs in to the remaining one. If it has a second factor, the second step is due
    first (`finish`). Raises Blocked if the login is blocked, and NotFound if it doesn't exist.
    """
    merged_into = select(Login.merged_into).where(Login.id == login_id).scalar_subquery()
    login = session.execute(
        select(Login.id, Login.public_id, Login.blocked_at)
        .where(Login.id == func.coalesce(merged_into, login_id))
        .with_for_update(key_share=True)  # no factor can be added in the meantime
    ).one_or_none()
    if login is None:
        raise NotFound
    if login.blocked_at is not None:
        raise Blocked(BLOCKED)
    if browser.earlier is not None:
        _end(session, SignIn.token_hash == browser.earlier, now=now)
    cookie = secrets.token_urlsafe(32)
    is_due = has_second_factor(session, login.id)
    sign_in = SignIn(
        token_hash=hash_secret(cookie),
        login_id=login.id,
        remembered=browser.remembered,
        agent=browser.agent[:LONGEST_AGENT],
        created_at=now,
        last_seen_at=now,
        came_before_at=_last_seen(session, login.id),
        expires_at=now + (SECOND_STEP_WITHIN if is_due else _lasts(remembered=browser.remembered)),
        second_step=SecondStep.DUE if is_due else SecondStep.NONE,
    )
    session.add(sign_in)
    session.flush()
    act = "sign_in.second_step_asked" if is_due else "sign_in.opened"
    audit.record(session, act, sign_in.public_id, actor=login.public_id, now=now)
    return Opened(cookie, browser.remembered, login.id, is_due)


def has_second_factor(session: Session, login_id: int) -> bool:
    """Return whether a person has an authenticator app or a passkey, including merged logins."""
    theirs = SecondFactor.login_id.in_(logins_of(login_id))
    return bool(session.scalar(select(exists().where(theirs))))


def read_due(session: Session, cookie: str, *, now: datetime) -> Due | None:
    """Return the sign-in of a cookie if its second step is due, or else None."""
    row = session.execute(
        select(SignIn.id, SignIn.login_id, Login.public_id, SignIn.challenge)
        .join(Login, Login.id == SignIn.login_id)
        .where(
            SignIn.token_hash == hash_secret(cookie),
            SignIn.second_step == SecondStep.DUE,
            SignIn.ended_at.is_(None),
            SignIn.expires_at > now,
            Login.blocked_at.is_(None),
        )
    ).one_or_none()
    return None if row is None else Due(*row)


def finish(session: Session, due: Due, *, now: datetime) -> Opened:
    """Complete a sign-in after its second step, with a new cookie; raises NotFound if it ended."""
    cookie = secrets.token_urlsafe(32)
    query = (
        select(SignIn)
        .where(
            SignIn.id == due.sign_in_id,
            SignIn.second_step == SecondStep.DUE,
            SignIn.ended_at.is_(None),
        )
        .with_for_update()
    )
    sign_in = or_not_found(session.scalar(query))
    sign_in.token_hash = hash_secret(cookie)
    sign_in.second_step = SecondStep.DONE
    sign_in.proved_at = now
    sign_in.expires_at = now + _lasts(remembered=sign_in.remembered)
    session.flush()
    audit.record(session, "sign_in.opened", sign_in.public_id, actor=due.login, now=now)
    return Opened(cookie, sign_in.remembered, due.login_id, is_second_step_due=False)


def note_proof(
    session: Session, sign_in_id: int, *, now: datetime, second_step: SecondStep | None = None
) -> None:
    """Note that a signed-in person has just proved their identity again."""
    values: dict[str, object] = {"proved_at": now}
    if second_step is not None:
        values["second_step"] = second_step
    session.execute(
        update(SignIn)
        .where(SignIn.id == sign_in_id, SignIn.second_step != SecondStep.DUE)
        .values(**values)
    )


def read_challenge(session: Session, sign_in_id: int) -> bytes | None:
    """Return the challenge that a passkey was asked to sign in this browser, if still unanswered."""
    return session.scalar(select(SignIn.challenge).where(SignIn.id == sign_in_id))


def set_challenge(session: Session, sign_in_id: int, challenge: bytes) -> None:
    """Store the challenge that a passkey is asked to sign in this browser."""
    session.execute(update(SignIn).where(SignIn.id == sign_in_id).values(challenge=challenge))


def use_challenge(session: Session, challenge: bytes) -> bool:
    """Use a challenge up; return False if it was already answered."""
    used = session.scalar(
        update(SignIn)
        .where(SignIn.challenge == challenge)
        .values(challenge=None)
        .returning(SignIn.id)
    )
    return used is not None


def is_due(last_seen_at: datetime, *, now: datetime) -> bool:
    """Return whether `note_seen` should be called."""
    return now - last_seen_at >= NOTED_EVERY


def begins_a_visit(last_seen_at: datetime, *, now: datetime) -> bool:
    """Return whether a person last seen at that time is starting a new visit."""
    return now - last_seen_at >= A_VISIT_ENDS_AFTER


def note_seen(session: Session, sign_in_id: int, *, now: datetime) -> None:
    """Note that the browser was seen; one that isn't remembered stays signed in for 12 more hours.

    After four hours of inactivity a new visit starts, and the end of the previous one is stored.
    """
    row = session.execute(
        select(
            SignIn.login_id,
            SignIn.remembered,
            SignIn.created_at,
            SignIn.last_seen_at,
            SignIn.expires_at,
            SignIn.came_before_at,
        ).where(SignIn.id == sign_in_id)
    ).one()
    before = row.came_before_at
    if begins_a_visit(row.last_seen_at, now=now):
        before = _last_seen(session, row.login_id)
    until = row.expires_at if row.remembered else min(now + IDLE_FOR, row.created_at + LONGEST)
    session.execute(
        update(SignIn)
        .where(SignIn.id == sign_in_id, SignIn.ended_at.is_(None), SignIn.last_seen_at < now)
        .values(last_seen_at=now, expires_at=until, came_before_at=before)
    )


def _last_seen(session: Session, login_id: int) -> datetime | None:
    """Return when a person was last seen in any browser."""
    was_in = (SignIn.login_id == login_id) & (SignIn.second_step != SecondStep.DUE)
    return session.scalar(select(func.max(SignIn.last_seen_at)).where(was_in))


def _lasts(*, remembered: bool) -> timedelta:
    return REMEMBERED_FOR if remembered else IDLE_FOR


def list_for(session: Session, login_id: int, *, now: datetime) -> tuple[SignedIn, ...]:
    """Return the signed-in browsers, the latest seen first."""
    rows = session.execute(
        select(
            SignIn.public_id,
            SignIn.id,
            SignIn.agent,
            SignIn.remembered,
            SignIn.created_at,
            SignIn.last_seen_at,
        )
        .where(
            SignIn.login_id == login_id,
            SignIn.second_step != SecondStep.DUE,
            SignIn.ended_at.is_(None),
            SignIn.expires_at > now,
        )
        .order_by(SignIn.last_seen_at.desc(), SignIn.id.desc())
    )
    return tuple(SignedIn(*row) for row in rows)


def end(session: Session, sign_in_id: int, *, now: datetime) -> None:
    """Sign one browser out, and end its playback."""
    _end(session, SignIn.id == sign_in_id, now=now)


def end_by_public_id(session: Session, login_id: int, public_id: str, *, now: datetime) -> None:
    """Sign one of a person's browsers out; raises NotFound for another person's."""
    mine = (SignIn.login_id == login_id) & (SignIn.public_id == public_id)
    if session.scalar(select(SignIn.id).where(mine)) is None:
        raise NotFound
    _end(session, mine, now=now)


def end_all(session: Session, login_id: int, *, now: datetime, but: int | None = None) -> None:
    """Sign all browsers of a person out, except the sign-in `but`."""
    which = SignIn.login_id == login_id
    _end(session, which if but is None else which & (SignIn.id != but), now=now)


def end_ways_in(session: Session, login_id: int, *, now: datetime) -> None:
    """Close what another person may have opened, such as by an address that was this person's.

    All their browsers are signed out, and links and codes that were emailed stop working.
    """
    link_tokens_and_codes.void(session, login_id, *link_tokens_and_codes.WAYS_IN, now=now)
    end_all(session, login_id, now=now)


def end_without_second_step(session: Session, login_id: int, *, now: datetime) -> None:
    """Sign out a person's browsers without a second step, because a second factor was added."""
    which = (SignIn.login_id == login_id) & (SignIn.second_step == SecondStep.NONE)
    _end(session, which, now=now)


def forget_old(session: Session, *, now: datetime) -> None:
    """Delete sign-ins that ended or expired more than a month ago."""
    before = now - KEPT_AFTER_ITS_END
    session.execute(delete(SignIn).where(or_(SignIn.ended_at < before, SignIn.expires_at < before)))


def _end(session: Session, which: ColumnElement[bool], *, now: datetime) -> None:
    ended = session.scalars(
        update(SignIn)
        .where(which, SignIn.ended_at.is_(None))
        .values(ended_at=now)
        .returning(SignIn.id)
    ).all()
    for sign_in_id in ended:
        playback_sessions.end_for_sign_in(
            session, sign_in_id, ended_as=PlaybackEnd.SIGNED_OUT, now=now
        )
