"""Who is at the other end: the sign-in cookie, read once a request."""

import hashlib
from dataclasses import dataclass
from typing import ClassVar

from flask import Flask, Request
from flask_login import LoginManager, current_user
from sqlalchemy import bindparam, select

from lms.clock import now
from lms.errors import N_, Forbidden
from lms.models.people import Login, SignIn
from lms.settings import Settings
from lms.web.kit import carrel, read_session

_SIGNED_IN = (
    select(
        Login.id.label("login_id"),
        Login.public_id,
        Login.name,
        Login.email,
        Login.is_staff,
        Login.zone,
        SignIn.id.label("sign_in_id"),
    )
    .join_from(SignIn, Login, SignIn.login_id == Login.id)
    .where(
        SignIn.token_hash == bindparam("token_hash"),
        SignIn.ended_at.is_(None),
        SignIn.expires_at > bindparam("now"),
        Login.blocked_at.is_(None),
    )
)


@dataclass(frozen=True, kw_only=True)
class Viewer:
    """The signed-in person of this request."""

    login_id: int
    public_id: str
    name: str
    email: str | None
    is_staff: bool
    zone: str | None
    sign_in_id: int
    cookie_hash: bytes  # SHA-256 of the cookie's value

    is_authenticated: ClassVar[bool] = True
    is_active: ClassVar[bool] = True
    is_anonymous: ClassVar[bool] = False

    def get_id(self) -> str:
        """Return the outside id; Flask-Login asks for it."""
        return self.public_id


def cookie_name(settings: Settings) -> str:
    """Return the sign-in cookie's name; `__Host-` pins it to this host whenever https is used."""
    return "__Host-carrel" if settings.is_https else "carrel"


def hash_cookie(value: str) -> bytes:
    """Return what is stored of a cookie: its SHA-256, 32 bytes."""
    return hashlib.sha256(value.encode()).digest()


def viewer() -> Viewer | None:
    """Return the signed-in person, or None."""
    person = current_user._get_current_object()  # noqa: SLF001  (the proxy's own way to its object)
    return person if isinstance(person, Viewer) else None


def required_viewer() -> Viewer:
    """Return the signed-in person; raises Forbidden, which a guarded route never meets."""
    person = viewer()
    if person is None:
        raise Forbidden(N_("Sign in first, then try again."), code="sign_in_first")
    return person


def init_sign_in(app: Flask) -> None:
    """Let Flask-Login load the viewer from the opaque cookie."""
    manager = LoginManager()
    manager.session_protection = None
    manager.init_app(app, add_context_processor=False)
    manager.request_loader(_load_viewer)


def _load_viewer(request: Request) -> Viewer | None:
    value = request.cookies.get(cookie_name(carrel().settings))
    if not value:
        return None
    token_hash = hash_cookie(value)
    with read_session() as session:
        row = session.execute(_SIGNED_IN, {"token_hash": token_hash, "now": now()}).one_or_none()
    if row is None:
        return None
    return Viewer(**row._mapping, cookie_hash=token_hash)  # noqa: SLF001  (SQLAlchemy's public name)
