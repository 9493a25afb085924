"""Tables of accounts: logins, addresses, sign-ins, second factors, email tokens, and counted tries."""

from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.languages import Language
from lms.core.model_base import (
    Numbered,
    optional_reference,
    partial_index,
    public_id_column,
    reference,
)

ERASED_AS: Final = "Erased on request."  # the blocked_reason of a deleted account


class SellerRole(StrEnum):
    """A person's role in the seller's team."""

    OWNER = "owner"
    STAFF = "staff"
    BOOKKEEPER = "bookkeeper"  # can see money, but change nothing


class EmailPurpose(StrEnum):
    """What an emailed secret can be used for."""

    CONFIRM_SIGN_UP = "confirm_sign_up"
    RESET_PASSWORD = "reset_password"  # noqa: S105  (a purpose, not a secret)
    SET_PASSWORD = "set_password"  # noqa: S105
    SIGN_IN_CODE = "sign_in_code"
    CHANGE_EMAIL = "change_email"
    RESTORE_EMAIL = "restore_email"
    RECOVERY_ADDRESS = "recovery_address"
    CONFIRM_ORDER = "confirm_order"


class SecondStep(StrEnum):
    """Whether a sign-in needs a second step: a code from an app, a passkey, or a recovery code."""

    NONE = "none"  # the login has no second factor
    DUE = "due"  # the browser isn't signed in until it is done
    DONE = "done"


class FactorKind(StrEnum):
    """The kinds of second factor."""

    APP = "app"  # six-digit codes from an authenticator app
    PASSKEY = "passkey"


class Login(Numbered, kw_only=True):
    """A person's account; grants belong to it, so that changing the address changes no access."""

    __tablename__ = "login"
    __table_args__ = (
        CheckConstraint("(email IS NULL) = (email_key IS NULL)", name="email_with_key"),
        CheckConstraint("merged_into IS NULL OR merged_into <> id", name="not_merged_into_itself"),
        partial_index("ix_login_merged", "merged_into", where=text("merged_into IS NOT NULL")),
        CheckConstraint("length(name) BETWEEN 1 AND 200", name="name_length"),
    )

    public_id: Mapped[str] = public_id_column()
    email: Mapped[str | None] = mapped_column(String(320))
    email_key: Mapped[str | None] = mapped_column(String(320), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    password_hash: Mapped[str | None] = mapped_column(String(255), default=None)
    seller_role: Mapped[SellerRole | None] = mapped_column(default=None)
    zone: Mapped[str | None] = mapped_column(String(64), default=None)
    language: Mapped[Language | None] = mapped_column(default=None)
    confirmed_at: Mapped[datetime | None] = mapped_column(default=None)
    blocked_at: Mapped[datetime | None] = mapped_column(default=None)
    blocked_reason: Mapped[str | None] = mapped_column(Text, default=None)  # only staff see it
    recovery_email: Mapped[str | None] = mapped_column(String(320), default=None)
    recovery_key: Mapped[str | None] = mapped_column(String(320), default=None, index=True)
    recovery_confirmed_at: Mapped[datetime | None] = mapped_column(default=None)
    merged_into: Mapped[int | None] = optional_reference("login.id", "RESTRICT", index=False)
    created_at: Mapped[datetime]


class LoginAlias(Numbered, kw_only=True):
    """Another address of a person: for signing in, invitations and imports."""

    __tablename__ = "login_alias"

    public_id: Mapped[str] = public_id_column()
    login_id: Mapped[int] = reference("login.id", "CASCADE")
    email: Mapped[str] = mapped_column(String(320))
    email_key: Mapped[str] = mapped_column(String(320), unique=True)
    created_at: Mapped[datetime]


class SignIn(Numbered, kw_only=True):
    """One signed-in browser, with the hash of its opaque cookie, so that the sign-in can be ended remotely.

    `came_before_at` is when the person's previous visit ended, None on the first. `proved_at` is when
    they last proved their identity after signing in, None if they haven't. `challenge` is what a
    passkey was asked to sign; it is cleared afterward.
    """

    __tablename__ = "sign_in"
    __table_args__ = (
        CheckConstraint("expires_at > created_at", name="expires_after_creation"),
        CheckConstraint("length(token_hash) = 32", name="token_is_a_sha256"),
    )

    public_id: Mapped[str] = public_id_column()
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    login_id: Mapped[int] = reference("login.id", "CASCADE")
    remembered: Mapped[bool]
    agent: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    came_before_at: Mapped[datetime | None] = mapped_column(default=None)
    second_step: Mapped[SecondStep] = mapped_column(default=SecondStep.NONE)
    proved_at: Mapped[datetime | None] = mapped_column(default=None)
    challenge: Mapped[bytes | None] = mapped_column(LargeBinary(64), default=None)
    ended_at: Mapped[datetime | None] = mapped_column(default=None)


class EmailToken(Numbered, kw_only=True):
    """A secret sent by email, stored only as its hash; it works once and expires."""

    __tablename__ = "email_token"
    __table_args__ = (
        CheckConstraint("expires_at > created_at", name="expires_after_creation"),
        CheckConstraint("length(token_hash) = 32", name="token_is_a_sha256"),
        CheckConstraint("tries >= 0", name="tries_not_negative"),
        Index("ix_email_token_login_id_purpose", "login_id", "purpose"),
    )

    public_id: Mapped[str] = public_id_column()
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    purpose: Mapped[EmailPurpose]
    login_id: Mapped[int] = mapped_column(ForeignKey("login.id", ondelete="CASCADE"))
    email: Mapped[str] = mapped_column(String(320))
    tries: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None] = mapped_column(default=None)


class SecondFactor(Numbered, kw_only=True):
    """One authenticator app or passkey of a login.

    `last_step` is the 30-second step (since 1970) of an app's last code, so that no code works twice.
    `host` is the host name for which a passkey was created, the only one where it works.
    """

    __tablename__ = "second_factor"
    __table_args__ = (
        CheckConstraint("kind <> 'app' OR sealed_secret IS NOT NULL", name="app_has_its_secret"),
        CheckConstraint(
            "kind <> 'passkey' OR (credential_id IS NOT NULL AND public_key IS NOT NULL"
            " AND host IS NOT NULL)",
            name="passkey_has_its_key",
        ),
        CheckConstraint("length(name) BETWEEN 1 AND 60", name="name_length"),
    )

    public_id: Mapped[str] = public_id_column()
    login_id: Mapped[int] = reference("login.id", "CASCADE")
    kind: Mapped[FactorKind]
    name: Mapped[str] = mapped_column(String(60))
    sealed_secret: Mapped[str | None] = mapped_column(Text, default=None)
    last_step: Mapped[int] = mapped_column(default=0)
    credential_id: Mapped[bytes | None] = mapped_column(
        LargeBinary(1023), default=None, unique=True
    )
    public_key: Mapped[bytes | None] = mapped_column(LargeBinary, default=None)
    sign_count: Mapped[int] = mapped_column(BigInteger, default=0)
    host: Mapped[str | None] = mapped_column(String(253), default=None)
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None] = mapped_column(default=None)


class RecoveryCode(Numbered, kw_only=True):
    """A one-time code for a person who lost their app and passkeys, stored as its hash."""

    __tablename__ = "recovery_code"
    __table_args__ = (CheckConstraint("length(code_hash) = 32", name="code_is_a_sha256"),)

    login_id: Mapped[int] = reference("login.id", "CASCADE")
    code_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None] = mapped_column(default=None)


class TryCount(Numbered, kw_only=True):
    """The number of tries of one key in one window; the key is hashed, so that it identifies no one."""

    __tablename__ = "try_count"
    __table_args__ = (CheckConstraint("tries >= 1", name="tries_at_least_one"),)

    key: Mapped[str] = mapped_column(String(100), unique=True)
    tries: Mapped[int]
    ends_at: Mapped[datetime] = mapped_column(index=True)
