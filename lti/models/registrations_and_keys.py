"""Tables of registrations, deployments, invites, and the keys of both sides."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.model_base import (
    Numbered,
    optional_reference,
    partial_index,
    public_id_column,
    reference,
)


class RegistrationState(StrEnum):
    """Whether launches of a platform are accepted."""

    PENDING = "pending"  # not approved by our team yet
    ACTIVE = "active"
    DISABLED = "disabled"


class DeploymentState(StrEnum):
    """Whether launches of a deployment are accepted; each belongs to one customer."""

    PENDING = "pending"
    APPROVED = "approved"
    REFUSED = "refused"


class KeyState(StrEnum):
    """The state of one of our keys: published first, then signing, then only published."""

    NEXT = "next"
    ACTIVE = "active"
    RETIRED = "retired"


class Registration(Numbered, kw_only=True):
    """A registered platform, identified by its issuer and our client ID there.

    Several customers may share it (Canvas, Blackboard): the deployment is the tenant. `organization_id`
    is its owner, who probably owns its deployments. `frame_origins` are additional origins that can
    frame the tool, one per line.
    """

    __tablename__ = "lti_registration"
    __table_args__ = (
        UniqueConstraint("issuer", "client_id"),
        CheckConstraint("leeway_s BETWEEN 0 AND 300", name="leeway_is_short"),
        CheckConstraint(
            "update_token_hash IS NULL OR length(update_token_hash) = 32",
            name="update_token_is_a_sha256",
        ),
    )

    public_id: Mapped[str] = public_id_column()
    organization_id: Mapped[int | None] = optional_reference("organization.id", "RESTRICT")
    name: Mapped[str] = mapped_column(String(200))
    product: Mapped[str] = mapped_column(String(60), default="")  # its product_family_code
    issuer: Mapped[str] = mapped_column(String(500))
    client_id: Mapped[str] = mapped_column(String(255))
    auth_url: Mapped[str] = mapped_column(String(1000))
    token_url: Mapped[str] = mapped_column(String(1000))
    jwks_url: Mapped[str] = mapped_column(String(1000))
    token_audience: Mapped[str | None] = mapped_column(String(1000), default=None)
    frame_origins: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[RegistrationState]
    leeway_s: Mapped[int] = mapped_column(default=60)
    admits_anonymous: Mapped[bool] = mapped_column(default=False)
    allows_loopback: Mapped[bool] = mapped_column(default=False)
    update_token_hash: Mapped[bytes | None] = mapped_column(
        LargeBinary(32), unique=True, default=None
    )
    created_at: Mapped[datetime]


class Deployment(Numbered, kw_only=True):
    """The tool as installed by one customer of a platform; its launches see that organization's webinars."""

    __tablename__ = "lti_deployment"
    __table_args__ = (
        UniqueConstraint("registration_id", "deployment_id"),
        CheckConstraint(
            "state <> 'approved' OR organization_id IS NOT NULL", name="approved_for_somebody"
        ),
    )

    public_id: Mapped[str] = public_id_column()
    registration_id: Mapped[int] = mapped_column(
        ForeignKey("lti_registration.id", ondelete="CASCADE")
    )
    deployment_id: Mapped[str] = mapped_column(String(255))
    organization_id: Mapped[int | None] = optional_reference("organization.id", "RESTRICT")
    state: Mapped[DeploymentState]
    seen_at: Mapped[datetime]
    decided_at: Mapped[datetime | None] = mapped_column(default=None)


class SigningKey(Numbered, kw_only=True):
    """One of our RSA keys. `private_key` is PEM, encrypted with the installation's secret key."""

    __tablename__ = "lti_signing_key"
    __table_args__ = (
        partial_index(
            "uq_lti_signing_key_active", "state", unique=True, where=text("state = 'active'")
        ),
        CheckConstraint("(state = 'next') = (active_since IS NULL)", name="next_was_never_active"),
        CheckConstraint("(state = 'retired') = (retired_at IS NOT NULL)", name="retired_at_a_time"),
    )

    kid: Mapped[str] = mapped_column(String(64), unique=True)
    private_key: Mapped[bytes] = mapped_column(LargeBinary)
    public_jwk: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[KeyState]
    created_at: Mapped[datetime]
    active_since: Mapped[datetime | None] = mapped_column(default=None)
    retired_at: Mapped[datetime | None] = mapped_column(default=None)


class PlatformKeys(Numbered, kw_only=True):
    """The keys that a platform last published at a URL, kept through its outages.

    `asked_at` is the last request, successful or not; `document` is the last good answer.
    """

    __tablename__ = "lti_platform_keys"

    jwks_url: Mapped[str] = mapped_column(String(1000), unique=True)
    document: Mapped[dict[str, Any] | None] = mapped_column(JSON, default=None)
    fetched_at: Mapped[datetime | None] = mapped_column(default=None)
    asked_at: Mapped[datetime]


class RegistrationInvite(Numbered, kw_only=True):
    """A one-time link with which an organization's platform registers itself (Dynamic Registration 1.0)."""

    __tablename__ = "lti_registration_invite"
    __table_args__ = (
        CheckConstraint("expires_at > created_at", name="expires_after_creation"),
        CheckConstraint("length(token_hash) = 32", name="token_is_a_sha256"),
    )

    public_id: Mapped[str] = public_id_column()
    organization_id: Mapped[int] = reference("organization.id", "CASCADE")
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    allows_loopback: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None] = mapped_column(default=None)
    registration_id: Mapped[int | None] = optional_reference("lti_registration.id", "SET NULL")
