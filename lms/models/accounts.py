"""Tables of accounts: logins, further email addresses, sign-ins, and email tokens."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
)
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.model_base import Base, UTCDateTime, public_id_column, words


class SellerRole(StrEnum):
    """What a person is in the seller's team."""

    OWNER = "owner"
    STAFF = "staff"
    BOOKKEEPER = "bookkeeper"  # sees money, changes nothing


class EmailPurpose(StrEnum):
    """What a mailed secret is good for."""

    CONFIRM_SIGN_UP = "confirm_sign_up"
    RESET_PASSWORD = "reset_password"  # noqa: S105  (a purpose, not a secret)
    SET_PASSWORD = "set_password"  # noqa: S105
    SIGN_IN_CODE = "sign_in_code"
    CHANGE_EMAIL = "change_email"
    RESTORE_EMAIL = "restore_email"
    RECOVERY_ADDRESS = "recovery_address"
    CONFIRM_ORDER = "confirm_order"


class Login(Base, kw_only=True):
    """A person's account; grants hang on it, so a changed address changes nothing."""

    __tablename__ = "login"
    __table_args__ = (
        CheckConstraint("(email IS NULL) = (email_key IS NULL)", name="email_with_key"),
        CheckConstraint("merged_into IS NULL OR merged_into <> id", name="not_merged_into_itself"),
        CheckConstraint("length(name) BETWEEN 1 AND 200", name="name_length"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    public_id: Mapped[str] = public_id_column()
    email: Mapped[str | None] = mapped_column(String(320))
    email_key: Mapped[str | None] = mapped_column(String(320), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    password_hash: Mapped[str | None] = mapped_column(String(255), default=None)
    seller_role: Mapped[SellerRole | None] = mapped_column(words(SellerRole), default=None)
    zone: Mapped[str | None] = mapped_column(String(64), default=None)
    confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime, default=None)
    blocked_at: Mapped[datetime | None] = mapped_column(UTCDateTime, default=None)
    blocked_reason: Mapped[str | None] = mapped_column(Text, default=None)  # for staff's eyes
    recovery_email: Mapped[str | None] = mapped_column(String(320), default=None)
    recovery_key: Mapped[str | None] = mapped_column(String(320), default=None, index=True)
    recovery_confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime, default=None)
    merged_into: Mapped[int | None] = mapped_column(
        ForeignKey("login.id", ondelete="RESTRICT"), default=None, index=True
    )
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class LoginAlias(Base, kw_only=True):
    """A further address under which a person is known: for signing in, invitations and imports."""

    __tablename__ = "login_alias"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    public_id: Mapped[str] = public_id_column()
    login_id: Mapped[int] = mapped_column(ForeignKey("login.id", ondelete="CASCADE"), index=True)
    email: Mapped[str] = mapped_column(String(320))
    email_key: Mapped[str] = mapped_column(String(320), unique=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class SignIn(Base, kw_only=True):
    """One signed-in browser: the hash of its opaque cookie, so that it can be ended from here.

    `came_before_at` is when its person was last here before this visit, None at their first.
    """

    __tablename__ = "sign_in"
    __table_args__ = (
        CheckConstraint("expires_at > created_at", name="expires_after_creation"),
        CheckConstraint("length(token_hash) = 32", name="token_is_a_sha256"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    public_id: Mapped[str] = public_id_column()
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    login_id: Mapped[int] = mapped_column(ForeignKey("login.id", ondelete="CASCADE"), index=True)
    remembered: Mapped[bool]
    agent: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    came_before_at: Mapped[datetime | None] = mapped_column(UTCDateTime, default=None)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime, default=None)


class EmailToken(Base, kw_only=True):
    """A secret sent by mail, kept as its hash only; it works once and not for ever."""

    __tablename__ = "email_token"
    __table_args__ = (
        CheckConstraint("expires_at > created_at", name="expires_after_creation"),
        CheckConstraint("length(token_hash) = 32", name="token_is_a_sha256"),
        CheckConstraint("tries >= 0", name="tries_not_negative"),
        Index("ix_email_token_login_id_purpose", "login_id", "purpose"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    public_id: Mapped[str] = public_id_column()
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    purpose: Mapped[EmailPurpose] = mapped_column(words(EmailPurpose))
    login_id: Mapped[int] = mapped_column(ForeignKey("login.id", ondelete="CASCADE"))
    email: Mapped[str] = mapped_column(String(320))
    tries: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime, default=None)
