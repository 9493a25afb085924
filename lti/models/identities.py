"""Tables of identities on platforms and their links to logins here."""

from datetime import datetime

from sqlalchemy import CheckConstraint, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.model_base import (
    Numbered,
    optional_reference,
    partial_index,
    public_id_column,
    reference,
)


class Identity(Numbered, kw_only=True):
    """A person on one organization's platform (PRODUCT.md, I3), with a login that the first launch created.

    That login has no address and no password. `email` is the last one that the platform sent, and
    `sis_id` the institution's own ID, if sent: they help to find people in lists and never link
    accounts. `registration_id` is the registration of the last launch; `has_come` is False for an
    identity created before the first launch (lti/id_mappings/apply_and_undo_pairs.py).
    """

    __tablename__ = "lti_identity"
    __table_args__ = (
        UniqueConstraint("issuer", "organization_id", "sub"),
        CheckConstraint("(email IS NULL) = (email_key IS NULL)", name="email_with_key"),
    )

    public_id: Mapped[str] = public_id_column()
    issuer: Mapped[str] = mapped_column(String(500))
    organization_id: Mapped[int] = reference("organization.id", "RESTRICT")
    sub: Mapped[str] = mapped_column(String(255))
    login_id: Mapped[int] = reference("login.id", "CASCADE")
    email: Mapped[str | None] = mapped_column(String(320), default=None)
    email_key: Mapped[str | None] = mapped_column(String(320), default=None, index=True)
    sis_id: Mapped[str | None] = mapped_column(String(255), default=None)
    registration_id: Mapped[int | None] = optional_reference("lti_registration.id", "SET NULL")
    has_come: Mapped[bool] = mapped_column(default=True)
    is_test_user: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]


class IdentityLink(Numbered, kw_only=True):
    """A request from inside an LMS to link a login here, and then the link itself.

    `token_hash` is the hash of the emailed secret. The address is stored only while the request is
    open. `login_id` is the login that was linked; `ended_at` is when the request was declined, replaced
    or expired, or the link was undone.
    """

    __tablename__ = "lti_identity_link"
    __table_args__ = (
        CheckConstraint("length(token_hash) = 32", name="token_is_a_sha256"),
        CheckConstraint("expires_at > created_at", name="expires_after_creation"),
        CheckConstraint("(email IS NULL) = (email_key IS NULL)", name="email_with_key"),
        CheckConstraint(
            "(confirmed_at IS NULL) = (login_id IS NULL)", name="confirmed_with_a_login"
        ),
        CheckConstraint(
            "(confirmed_at IS NULL AND ended_at IS NULL) = (email IS NOT NULL)",
            name="addressed_while_open",
        ),
        partial_index(
            "uq_lti_identity_link_standing",
            "identity_id",
            unique=True,
            where=text("confirmed_at IS NOT NULL AND ended_at IS NULL"),
        ),
    )

    public_id: Mapped[str] = public_id_column()
    identity_id: Mapped[int] = reference("lti_identity.id", "CASCADE")
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    email: Mapped[str | None] = mapped_column(String(320))
    email_key: Mapped[str | None] = mapped_column(String(320), index=True)
    login_id: Mapped[int | None] = optional_reference("login.id", "CASCADE")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None] = mapped_column(default=None)
    ended_at: Mapped[datetime | None] = mapped_column(default=None)
