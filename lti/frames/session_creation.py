"""Session creation: what a framed session is opened with, and the row written for it.

A launch and a visit by an embed link write the same row; its secret is kept as a hash alone.
"""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import bindparam, insert, select
from sqlalchemy.orm import Session

from lms.core.compiled_statements import CompiledStatement, Driver
from lms.core.model_base import Base, new_public_id
from lti.models.launches import FrameRole, FrameSession, Purpose
from lti.protocol.content_target import Target

LASTS: Final = timedelta(hours=8)


@dataclass(frozen=True, slots=True)
class Opening:
    """A framed session to be opened; the ids are rows of ours. See FrameSession for what each means.

    `browser` is the cookie that survived in the frame, None where none did.
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


FRAMES: Final = Base.metadata.tables[FrameSession.__tablename__]
FRAME: Final = {
    column.name: bindparam(f"frame_{column.name}", type_=column.type)
    for column in FRAMES.c
    if column.name not in ("id", "hand_over_hash", "ended_at")
}
_OPEN: Final = CompiledStatement(insert(FRAMES).values(FRAME))
_OPENED: Final = CompiledStatement(
    select(FRAMES.c.id).where(
        FRAMES.c.secret_hash == bindparam("secret_hash", type_=FRAMES.c.secret_hash.type)
    )
)


def new_secret() -> str:
    """Return 256 random bits as text for an address or a cookie."""
    return secrets.token_urlsafe(32)


def hashed(secret: str) -> bytes:
    """Return the SHA-256 under which a secret is kept."""
    return hashlib.sha256(secret.encode()).digest()


def open_frame(session: Session, opening: Opening, *, now: datetime) -> str:
    """Open a framed session and return its secret, which is kept nowhere."""
    secret = new_secret()
    write_frame(Driver.of(session), frame_of(opening, secret, now=now))
    return secret


def frame_of(opening: Opening, secret: str, *, now: datetime) -> Mapping[str, Any]:
    """Return a framed session as the parameters of `FRAME`."""
    return {
        "frame_public_id": opening.public_id,
        "frame_secret_hash": hashed(secret),
        "frame_browser_hash": None if opening.browser is None else hashed(opening.browser),
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
        "frame_target": None if opening.target is None else opening.target.stored,
        "frame_services": dict(opening.services),
        "frame_origins": "\n".join(opening.origins),
        "frame_locale": opening.locale,
        "frame_created_at": now,
        "frame_expires_at": opening.lasts_until or now + LASTS,
    }


def write_frame(driver: Driver, frame: Mapping[str, Any]) -> None:
    """Open a framed session as `frame_of` returns it."""
    _OPEN.count(driver, frame)


def is_opened(driver: Driver, secret: str) -> bool:
    """Tell whether a session of this secret was opened: for who lost the answer on the way."""
    return _OPENED.one(driver, {"secret_hash": hashed(secret)}) is not None
