"""Session creation: the values of a new framed session, and the row written for it.

Launches and embed links write the same kind of row; only the hash of its secret is stored.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import bindparam, insert, select
from sqlalchemy.orm import Session

from lms.core.compiled_statements import CompiledStatement
from lms.core.model_base import Base, new_public_id
from lms.core.runtime import hash_secret
from lti.models.launches import FrameRole, FrameSession, Purpose
from lti.protocol.content_target import Target

LASTS: Final = timedelta(hours=8)


def new_secret() -> str:
    """Return 256 random bits as text for a URL or a cookie."""
    return secrets.token_urlsafe(32)


@dataclass(frozen=True, slots=True)
class Opening:
    """A framed session to open; ids are row ids. FrameSession explains the fields.

    `browser` is the cookie that the frame's browser sent, None without one; `hand_over` is a secret
    that opens the session once in its own window, within 10 minutes.
    """

    purpose: Purpose
    role: FrameRole
    organization_id: int
    origins: tuple[str, ...]
    target: Target | None = None
    deployment_id: int | None = None
    context_id: int | None = None
    link_id: int | None = None
    embed_link_id: int | None = None
    identity_id: int | None = None
    login_id: int | None = None
    is_test_user: bool = False
    services: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    locale: str | None = None
    browser: str | None = None
    lasts_until: datetime | None = None
    public_id: str = field(default_factory=new_public_id)
    secret: str = field(default_factory=new_secret, repr=False)
    hand_over: str | None = field(default=None, repr=False)


_FRAMES: Final = Base.metadata.tables[FrameSession.__tablename__]
_OPEN: Final = CompiledStatement(
    insert(_FRAMES).values(
        {
            column.name: bindparam(f"frame_{column.name}", type_=column.type)
            for column in _FRAMES.c
            if column.name not in ("id", "ended_at")
        }
    )
)


def open_frame(session: Session, opening: Opening, *, now: datetime) -> str:
    """Open a framed session and return its secret, of which only the hash is stored."""
    values = {
        "frame_public_id": opening.public_id,
        "frame_secret_hash": hash_secret(opening.secret),
        "frame_hand_over_hash": None
        if opening.hand_over is None
        else hash_secret(opening.hand_over),
        "frame_browser_hash": None if opening.browser is None else hash_secret(opening.browser),
        "frame_purpose": opening.purpose,
        "frame_role": opening.role,
        "frame_organization_id": opening.organization_id,
        "frame_deployment_id": opening.deployment_id,
        "frame_context_id": opening.context_id,
        "frame_link_id": opening.link_id,
        "frame_embed_link_id": opening.embed_link_id,
        "frame_identity_id": opening.identity_id,
        "frame_login_id": opening.login_id,
        "frame_is_test_user": opening.is_test_user,
        "frame_target": None if opening.target is None else opening.target.custom,
        "frame_services": dict(opening.services),
        "frame_origins": "\n".join(opening.origins),
        "frame_locale": opening.locale,
        "frame_created_at": now,
        "frame_expires_at": opening.lasts_until or now + LASTS,
    }
    _OPEN.count(session, values)
    return opening.secret


def is_opened(session: Session, secret: str) -> bool:
    """Return whether a session with this secret exists, for a caller whose commit had an unknown outcome."""
    found = select(FrameSession.id).where(FrameSession.secret_hash == hash_secret(secret))
    return session.scalar(found) is not None
