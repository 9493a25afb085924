"""Tables of certificates: rules, certificates, attendance, their design, and badge signing keys."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.model_base import (
    Base,
    Numbered,
    optional_reference,
    partial_index,
    public_id_column,
    reference,
)

STANDING = "revoked_at IS NULL AND replaced_at IS NULL"
OF_A_LOGIN = text(f"{STANDING} AND login_id IS NOT NULL")
OF_AN_ATTENDEE = text(f"{STANDING} AND attendee_id IS NOT NULL")


class CertificateKind(StrEnum):
    """How a certificate was earned."""

    WATCHED = "watched"
    LIVE = "live"
    GROUP = "group"
    BY_HAND = "by_hand"


class CertificateRule(Base, kw_only=True):
    """What earns the certificate of one webinar; without a row, the site's default rule applies.

    Without `live_minutes`, 50 of every 60 minutes are required; without `credit_minutes`, the credit is
    the webinar's length. Staff confirmed that certificates can state up to `confirmed_minutes`, even if the
    session or the recording is shorter.
    """

    __tablename__ = "certificate_rule"
    __table_args__ = (
        CheckConstraint("percent BETWEEN 1 AND 100", name="percent_is_a_share"),
        CheckConstraint("live_minutes BETWEEN 1 AND 1440", name="live_within_a_day"),
        CheckConstraint("credit_minutes BETWEEN 1 AND 6000", name="credit_within_reason"),
        CheckConstraint("confirmed_minutes BETWEEN 1 AND 6000", name="confirmed_within_reason"),
    )

    webinar_id: Mapped[int] = mapped_column(
        ForeignKey("webinar.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    is_offered: Mapped[bool] = mapped_column(default=True)
    percent: Mapped[int]
    live_minutes: Mapped[int | None] = mapped_column(default=None)
    credit_minutes: Mapped[int | None] = mapped_column(default=None)
    confirmed_minutes: Mapped[int | None] = mapped_column(default=None)


class Certificate(Numbered, kw_only=True):
    """One certificate as issued; a correction is another row that replaces it.

    `public_id` is printed on it and is the address of its page. It belongs to a login, or to an
    attendee of a group viewing. `holder` is empty once the name is withheld.
    """

    __tablename__ = "certificate"
    __table_args__ = (
        CheckConstraint("credit_minutes BETWEEN 1 AND 6000", name="credit_within_reason"),
        CheckConstraint(
            "(revoked_at IS NULL) = (revoked_reason IS NULL)", name="revoked_with_a_reason"
        ),
        CheckConstraint("kind <> 'by_hand' OR reason <> ''", name="by_hand_with_a_reason"),
        CheckConstraint("(withheld_at IS NULL) = (holder <> '')", name="named_until_withheld"),
        CheckConstraint("login_id IS NULL OR attendee_id IS NULL", name="one_holder"),
        partial_index(
            "uq_certificate_standing_login_id_webinar_id",
            "login_id",
            "webinar_id",
            unique=True,
            where=OF_A_LOGIN,
        ),
        partial_index(
            "uq_certificate_standing_attendee_id", "attendee_id", unique=True, where=OF_AN_ATTENDEE
        ),
    )

    public_id: Mapped[str] = public_id_column()
    login_id: Mapped[int | None] = optional_reference("login.id", "SET NULL")
    attendee_id: Mapped[int | None] = optional_reference("attendee.id", "SET NULL")
    webinar_id: Mapped[int] = reference("webinar.id", "RESTRICT")
    kind: Mapped[CertificateKind]
    holder: Mapped[str] = mapped_column(String(200))
    title: Mapped[str] = mapped_column(String(200))
    presenters: Mapped[str] = mapped_column(Text, default="")
    credit_minutes: Mapped[int]
    zone: Mapped[str] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(35), default="en")
    earned_at: Mapped[datetime]
    issued_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text, default="")
    revoked_at: Mapped[datetime | None] = mapped_column(default=None)
    revoked_reason: Mapped[str | None] = mapped_column(Text, default=None)
    replaces_id: Mapped[int | None] = mapped_column(
        ForeignKey("certificate.id", ondelete="RESTRICT"), default=None, unique=True
    )
    replaced_at: Mapped[datetime | None] = mapped_column(default=None)
    withheld_at: Mapped[datetime | None] = mapped_column(default=None)


class CertificateDesign(Numbered, kw_only=True):
    """The text and signature of certificates issued from `created_at` on.

    Certificates issued earlier are still printed with their own design.
    """

    __tablename__ = "certificate_design"
    __table_args__ = (
        CheckConstraint(
            "(signature IS NULL) = (signature_type IS NULL)", name="signature_with_its_type"
        ),
    )

    heading: Mapped[str] = mapped_column(String(80))
    before: Mapped[str] = mapped_column(String(200))
    note: Mapped[str] = mapped_column(String(300))
    signer: Mapped[str] = mapped_column(String(120))
    signer_role: Mapped[str] = mapped_column(String(120))
    signature: Mapped[bytes | None] = mapped_column(LargeBinary, default=None)
    signature_type: Mapped[str | None] = mapped_column(String(40), default=None)
    created_at: Mapped[datetime] = mapped_column(index=True)


SIGNS = text("state = 'active'")


class BadgeKeyState(StrEnum):
    """A key signs badges, then is published so that they can be verified, unless it was compromised."""

    ACTIVE = "active"
    RETIRED = "retired"
    WITHDRAWN = "withdrawn"


class BadgeKey(Numbered, kw_only=True):
    """An RSA key for badges; while active, `private_key` is PEM encrypted with the site's secret key."""

    __tablename__ = "badge_key"
    __table_args__ = (
        CheckConstraint("(state = 'active') = (retired_at IS NULL)", name="retired_at_a_time"),
        CheckConstraint(
            "(state = 'active') = (private_key IS NOT NULL)", name="signs_with_its_secret"
        ),
        partial_index("uq_badge_key_active", "state", unique=True, where=SIGNS),
    )

    kid: Mapped[str] = mapped_column(String(64), unique=True)
    private_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    public_jwk: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[BadgeKeyState]
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None] = mapped_column(default=None)
