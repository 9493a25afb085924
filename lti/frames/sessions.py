"""Framed sessions: opened by a launch or embed link, found by the secret in their path."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, case, delete, select, update
from sqlalchemy.orm import Session

from lms.core.errors import N_, Forbidden, Gone, NotFound, or_not_found
from lms.core.model_base import copied
from lms.core.runtime import hash_secret
from lms.lti_facade.frame_playback_sessions import end_in_frames
from lms.lti_facade.learner_logins import add_learner, blocked_since, forget_learners
from lms.lti_facade.organizations import may_preview
from lti.frames.session_creation import Opening, new_secret, open_frame
from lti.models.embed_links import EmbedLink, SeatRule
from lti.models.launches import FrameRole, FrameSession, Purpose
from lti.models.registrations_and_keys import (
    Deployment,
    DeploymentState,
    Registration,
    RegistrationState,
)
from lti.protocol.content_target import Target, read_target

HAND_OVER_WITHIN: Final = timedelta(minutes=10)
KEPT_AFTER_ITS_END: Final = timedelta(days=2)
OVER: Final = N_("This page has expired. Go back to your course and open it again.")
BLOCKED: Final = N_("This account is blocked.")
SWITCHED_OFF: Final = N_(
    "The connection to your LMS was turned off. Your progress is saved. Contact your LMS administrator."
)
LONG_OPEN: Final = N_("This page has expired. Reload it to continue.")
TAKEN_BACK: Final = N_("This link was revoked and no longer works.")
RUN_OUT: Final = N_("This link has expired.")


@dataclass(frozen=True, slots=True)
class Frame:
    """An open framed session; FrameSession explains the fields."""

    id: int
    public_id: str
    purpose: Purpose
    role: FrameRole
    organization_id: int
    origins: tuple[str, ...]
    target: Target | None
    deployment_id: int | None
    context_id: int | None
    link_id: int | None
    embed_link_id: int | None
    identity_id: int | None
    login_id: int | None
    is_test_user: bool
    services: Mapping[str, Any]
    locale: str | None
    expires_at: datetime
    seat_rule: SeatRule | None = None

    @property
    def asks_who(self) -> bool:
        """Return whether the visitor must identify themselves before anything is shown."""
        is_unknown = self.role is FrameRole.ANONYMOUS
        return is_unknown and self.seat_rule in (SeatRule.SEATED, SeatRule.NAMED)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What surrounds a framed session, open or ended: the origins that can frame it, and the return URL.

    `is_embedded` is True in an organization's own page, False in a course; `locale` is the reader's.
    """

    origins: tuple[str, ...]
    return_url: str | None
    is_embedded: bool = False
    locale: str | None = None


NOWHERE: Final = Surroundings((), None)


def find_frame(session: Session, secret: str, *, browser: str | None, now: datetime) -> Frame:
    """Return the framed session of a secret, checking the browser it is bound to, if any.

    Raises NotFound for an unknown secret, another browser, or a person whose role no longer allows the
    preview; Gone for an ended or expired session, or if its embed link was revoked or has expired;
    Forbidden while its LMS is turned off or belongs to another organization, and for a blocked instructor.
    """
    query = _FRAMES.where(FrameSession.secret_hash == hash_secret(secret))
    found = or_not_found(session.execute(query).one_or_none())
    row = found.FrameSession
    if row.browser_hash is not None:
        given = b"" if browser is None else hash_secret(browser)
        if not secrets.compare_digest(row.browser_hash, given):
            raise NotFound
    if row.embed_link_id is not None:
        check_link(found.revoked_at, found.ends_at, now=now)
    if row.ended_at is not None or row.expires_at <= now:
        raise Gone(OVER if row.embed_link_id is None else LONG_OPEN)
    if row.embed_link_id is not None and row.role is FrameRole.INSTRUCTOR:
        _check_previewer(session, row)
    is_off = (
        found.registration is RegistrationState.DISABLED
        or found.deployment is DeploymentState.REFUSED
        or found.organization_id not in (None, row.organization_id)
    )
    if is_off:
        raise Forbidden(SWITCHED_OFF, code="switched_off")
    if found.blocked_at is not None and row.role is FrameRole.INSTRUCTOR:
        raise Forbidden(BLOCKED, code="account_blocked")  # for learners, the access policy refuses
    return _frame(found)


def _check_previewer(session: Session, row: FrameSession) -> None:
    """Raise NotFound for the preview of an embed link by a person whose role ended."""
    if row.login_id is None or not may_preview(session, row.login_id, row.organization_id):
        raise NotFound


def check_link(revoked_at: datetime | None, ends_at: datetime | None, *, now: datetime) -> None:
    """Raise Gone, with the reason, for an embed link that is revoked or expired."""
    if revoked_at is not None:
        raise Gone(TAKEN_BACK, code="embed_taken_back")
    if ends_at is not None and ends_at <= now:
        raise Gone(RUN_OUT, code="embed_run_out")


def stop_frames_of(session: Session, deployments: Select[int], *, now: datetime) -> None:
    """End playback in the frames of the deployments in a subquery, because they were turned off.

    People who also play in another deployment's frame continue there automatically.
    """
    logins = select(FrameSession.login_id).where(
        FrameSession.deployment_id.in_(deployments), FrameSession.login_id.is_not(None)
    )
    end_in_frames(session, logins, now=now)


def surroundings_of(session: Session, secret: str, *, browser: str | None) -> Surroundings:
    """Return where an error page of this session can be framed; only its own browser gets the return URL."""
    row = session.execute(
        select(
            _origins,
            FrameSession.services,
            FrameSession.browser_hash,
            FrameSession.locale,
            FrameSession.embed_link_id.is_not(None).label("is_embedded"),
        )
        .outerjoin(EmbedLink, EmbedLink.id == FrameSession.embed_link_id)
        .where(FrameSession.secret_hash == hash_secret(secret))
    ).one_or_none()
    if row is None:
        return NOWHERE
    given = b"" if browser is None else hash_secret(browser)
    is_theirs = row.browser_hash is None or secrets.compare_digest(row.browser_hash, given)
    return_url = way_back(row.services) if is_theirs else None
    origins = tuple(row.origins.split())
    return Surroundings(origins, return_url, bool(row.is_embedded), row.locale)


def way_back(services: Mapping[str, Any]) -> str | None:
    """Return the return URL that a launch named, None unless it is a web address."""
    url = services.get("return_url")
    if not isinstance(url, str):
        return None
    return url if url.startswith(("https://", "http://")) else None


def hand_over(session: Session, token: str, *, browser: str | None, now: datetime) -> str:
    """Move a session to the window that presents its one-time token, and return its new secret.

    The session is bound to that window's browser if it keeps cookies; otherwise the secret alone opens
    it.

    Raises Gone for a token that is unknown, used, or more than 10 minutes old.
    """
    secret = new_secret()
    moved = session.execute(
        update(FrameSession)
        .where(
            FrameSession.hand_over_hash == hash_secret(token),
            FrameSession.created_at > now - HAND_OVER_WITHIN,
            FrameSession.ended_at.is_(None),
        )
        .values(
            hand_over_hash=None,
            secret_hash=hash_secret(secret),
            browser_hash=None if browser is None else hash_secret(browser),
        )
        .returning(FrameSession.id)
    ).one_or_none()
    if moved is None:
        raise Gone(OVER)
    return secret


def name_frame(
    session: Session, frame: Frame, login_id: int, *, browser: str | None, now: datetime
) -> str:
    """Replace a session by one for a person who has identified themselves; return its secret.

    The secret is new, so that anyone who saw the old one can't see this person's data.
    """
    session.execute(update(FrameSession).where(FrameSession.id == frame.id).values(ended_at=now))
    opening = Opening(
        purpose=frame.purpose,
        role=FrameRole.LEARNER,
        organization_id=frame.organization_id,
        origins=frame.origins,
        target=frame.target,
        embed_link_id=frame.embed_link_id,
        login_id=login_id,
        browser=browser,
    )
    return open_frame(session, opening, now=now)


def forget_name(session: Session, frame: Frame, *, now: datetime) -> None:
    """End every session in which this person is known to an embed link."""
    session.execute(
        update(FrameSession)
        .where(
            FrameSession.embed_link_id == frame.embed_link_id,
            FrameSession.login_id == frame.login_id,
            FrameSession.ended_at.is_(None),
        )
        .values(ended_at=now)
    )


def known_here(
    session: Session, embed_link_id: int, browser: str, *, now: datetime
) -> tuple[int, datetime] | None:
    """Return the login that an embed link knows in this browser and when that expires, or None."""
    row = session.execute(
        select(FrameSession.login_id, FrameSession.expires_at)
        .where(
            FrameSession.embed_link_id == embed_link_id,
            FrameSession.browser_hash == hash_secret(browser),
            FrameSession.role == FrameRole.LEARNER,
            FrameSession.ended_at.is_(None),
            FrameSession.expires_at > now,
        )
        .order_by(FrameSession.id.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None or row.login_id is None else (row.login_id, row.expires_at)


def stop_frames_by(session: Session, embed_link_id: int, *, now: datetime) -> None:
    """End playback in the frames of an embed link."""
    logins = select(FrameSession.login_id).where(
        FrameSession.embed_link_id == embed_link_id, FrameSession.login_id.is_not(None)
    )
    end_in_frames(session, logins, now=now)


def name_visitor(session: Session, frame: Frame, *, now: datetime) -> int:
    """Return the login of a frame's visitor; an anonymous one gets a temporary login."""
    if frame.login_id is not None:
        return frame.login_id
    login_id = add_learner(session, name=None, now=now)
    session.execute(
        update(FrameSession)
        .where(FrameSession.id == frame.id, FrameSession.login_id.is_(None))
        .values(login_id=login_id)
    )
    return login_id


def forget_old(session: Session, *, now: datetime) -> None:
    """Delete framed sessions that expired two days ago, and the logins of their anonymous visitors."""
    is_old = FrameSession.expires_at < now - KEPT_AFTER_ITS_END
    unknown = select(FrameSession.login_id).where(
        is_old, FrameSession.role == FrameRole.ANONYMOUS, FrameSession.login_id.is_not(None)
    )
    forget_learners(session, unknown)
    session.execute(delete(FrameSession).where(is_old))


# Managers preview a link on our own page, so only that page can frame the session.
_origins: ColumnElement[str] = case(
    (EmbedLink.id.is_(None), FrameSession.origins),
    (FrameSession.role == FrameRole.INSTRUCTOR, FrameSession.origins),
    else_=EmbedLink.origins,
).label("origins")
_FOUND: Final = select(
    FrameSession,
    blocked_since(FrameSession.login_id).label("blocked_at"),
    _origins,
    EmbedLink.revoked_at,
    EmbedLink.expires_at.label("ends_at"),
    EmbedLink.seat_rule,
    Registration.state.label("registration"),
    Deployment.state.label("deployment"),
    Deployment.organization_id,
)
_FRAMES: Final = (
    _FOUND.outerjoin(EmbedLink, EmbedLink.id == FrameSession.embed_link_id)
    .outerjoin(Deployment, Deployment.id == FrameSession.deployment_id)
    .outerjoin(Registration, Registration.id == Deployment.registration_id)
)


def _frame(found: Row[*tuple[Any, ...]]) -> Frame:
    row: FrameSession = found.FrameSession
    ends_at = row.expires_at if found.ends_at is None else min(row.expires_at, found.ends_at)
    return copied(
        Frame,
        row,
        origins=tuple(found.origins.split()),
        target=None if row.target is None else read_target(row.target),
        services=MappingProxyType(row.services),
        expires_at=ends_at,
        seat_rule=found.seat_rule,
    )
