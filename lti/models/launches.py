"""Tables of launches and framed sessions: pending logins, sessions, and the launch log."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.model_base import Numbered, optional_reference, public_id_column, reference


class Purpose(StrEnum):
    """What a framed session was opened for."""

    WATCH = "watch"  # LtiResourceLinkRequest
    PICK = "pick"  # LtiDeepLinkingRequest
    REVIEW = "review"  # LtiSubmissionReviewRequest
    PRIVACY = "privacy"  # LtiDataPrivacyLaunchRequest
    EMBED = "embed"  # an embed link, without LTI


class FrameRole(StrEnum):
    """The role in a framed session; unknown LTI roles count as LEARNER."""

    LEARNER = "learner"
    INSTRUCTOR = "instructor"
    ANONYMOUS = "anonymous"


class LaunchOutcome(StrEnum):
    """The outcome of a launch: opened, then played or refused; or refused at once."""

    LAUNCHED = "launched"
    PLAYED = "played"
    REFUSED = "refused"


class PendingLogin(Numbered, kw_only=True):
    """A login that was begun: its state and nonce as hashes, bound to each other, usable once.

    `browser_hash` is the hash of the browser's cookie; `storage_target` is the name of the platform's
    storage frame, if it has one.
    """

    __tablename__ = "lti_pending_login"
    __table_args__ = (
        CheckConstraint("length(state_hash) = 32", name="state_is_a_sha256"),
        CheckConstraint("length(nonce_hash) = 32", name="nonce_is_a_sha256"),
        CheckConstraint("length(browser_hash) = 32", name="browser_is_a_sha256"),
        CheckConstraint("expires_at > created_at", name="expires_after_creation"),
    )

    state_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    nonce_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    browser_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    registration_id: Mapped[int] = reference("lti_registration.id", "CASCADE")
    storage_target: Mapped[str | None] = mapped_column(String(255), default=None)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class FrameSession(Numbered, kw_only=True):
    """One launch, or one visit through an embed link: the person, their role, and what can be shown.

    Its secret is in the path of its pages. If a cookie survived in the frame, `browser_hash` also binds
    the session to that browser. It shows only webinars of `organization_id`. `login_id` and
    `identity_id` are empty for anonymous viewers. `target` is a Target as JSON, `services` the launch's
    deep linking, gradebook, roster and return settings; neither contains names or email addresses.
    `hand_over_hash` is the hash of a secret that opens the session once in its own window.
    """

    __tablename__ = "lti_frame_session"
    __table_args__ = (
        CheckConstraint("length(secret_hash) = 32", name="secret_is_a_sha256"),
        CheckConstraint("expires_at > created_at", name="expires_after_creation"),
        CheckConstraint(
            "purpose = 'embed' OR deployment_id IS NOT NULL", name="launched_by_a_deployment"
        ),
        CheckConstraint(
            "(purpose = 'embed') = (embed_link_id IS NOT NULL)", name="embedded_by_a_link"
        ),
        CheckConstraint(
            "role = 'anonymous' OR login_id IS NOT NULL", name="somebody_unless_anonymous"
        ),
    )

    public_id: Mapped[str] = public_id_column()
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    browser_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32), default=None)
    hand_over_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True, default=None)
    purpose: Mapped[Purpose]
    role: Mapped[FrameRole]
    organization_id: Mapped[int] = reference("organization.id", "CASCADE")
    deployment_id: Mapped[int | None] = optional_reference("lti_deployment.id", "CASCADE")
    context_id: Mapped[int | None] = optional_reference("lti_context.id", "CASCADE")
    link_id: Mapped[int | None] = optional_reference("lti_resource_link.id", "CASCADE")
    embed_link_id: Mapped[int | None] = optional_reference("embed_link.id", "CASCADE")
    identity_id: Mapped[int | None] = optional_reference("lti_identity.id", "CASCADE")
    login_id: Mapped[int | None] = optional_reference("login.id", "CASCADE")
    is_test_user: Mapped[bool] = mapped_column(default=False)
    target: Mapped[dict[str, Any] | None] = mapped_column(JSON, default=None)
    services: Mapped[dict[str, Any]] = mapped_column(JSON, default_factory=dict)
    origins: Mapped[str] = mapped_column(Text)
    locale: Mapped[str | None] = mapped_column(String(35), default=None)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None] = mapped_column(default=None)


class LaunchEntry(Numbered, kw_only=True):
    """One line of the launch log, kept for 90 days: the launch and its outcome, without names.

    It has the same `public_id` as the framed session of the launch, so that the outcome can be updated.
    """

    __tablename__ = "lti_launch_entry"

    public_id: Mapped[str] = public_id_column()
    at: Mapped[datetime] = mapped_column(index=True)
    registration_id: Mapped[int | None] = mapped_column(
        ForeignKey("lti_registration.id", ondelete="SET NULL"), index=True
    )
    deployment_id: Mapped[int | None] = mapped_column(
        ForeignKey("lti_deployment.id", ondelete="SET NULL"), index=True
    )
    message_type: Mapped[str] = mapped_column(String(80), default="")
    outcome: Mapped[LaunchOutcome]
    status: Mapped[int]
    code: Mapped[str] = mapped_column(String(60))
    reason: Mapped[str] = mapped_column(Text, default="")
