"""Tables of embed links, email codes, viewers, and completions reported from elsewhere."""

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
)
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.model_base import Base, Numbered, public_id_column, reference


class SeatRule(StrEnum):
    """Who can watch through an embed link.

    SEATED and NAMED require a name and an emailed code: SEATED admits people with a way to a seat of
    the organization, NAMED anyone, who then takes a free seat. INSTITUTION admits everyone who sees the
    page.
    """

    SEATED = "seated"
    NAMED = "named"
    INSTITUTION = "institution"


class EmbedLink(Numbered, kw_only=True):
    """An organization's link for an iframe; `origins` are the sites that can frame it, one per line.

    `uses` counts how often it was opened, last at `last_used_at`.
    """

    __tablename__ = "embed_link"
    __table_args__ = (
        CheckConstraint("length(token_hash) = 32", name="token_is_a_sha256"),
        CheckConstraint(
            "expires_at IS NULL OR expires_at > created_at", name="expires_after_creation"
        ),
        CheckConstraint("uses >= 0", name="uses_not_negative"),
    )

    public_id: Mapped[str] = public_id_column()
    organization_id: Mapped[int] = reference("organization.id", "CASCADE")
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    label: Mapped[str] = mapped_column(String(200))
    target: Mapped[dict[str, Any]] = mapped_column(JSON)
    origins: Mapped[str] = mapped_column(Text)
    seat_rule: Mapped[SeatRule]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None] = mapped_column(default=None)
    revoked_at: Mapped[datetime | None] = mapped_column(default=None)
    uses: Mapped[int] = mapped_column(default=0)
    last_used_at: Mapped[datetime | None] = mapped_column(default=None)


class EmbedPlace(Numbered, kw_only=True):
    """A site on which an embed link was opened, as browsers name the page around the frame."""

    __tablename__ = "embed_place"
    __table_args__ = (
        UniqueConstraint("embed_link_id", "origin"),
        CheckConstraint("uses >= 1", name="uses_at_least_one"),
        CheckConstraint("last_seen_at >= first_seen_at", name="seen_in_order"),
    )

    embed_link_id: Mapped[int] = mapped_column(ForeignKey("embed_link.id", ondelete="CASCADE"))
    origin: Mapped[str] = mapped_column(String(300))
    uses: Mapped[int] = mapped_column(default=1)
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]


class EmbedCode(Base, kw_only=True):
    """A code sent to an address entered in a frame: valid once, in that frame, for a few minutes.

    `name` is the name entered, used if the address is unknown.
    """

    __tablename__ = "embed_code"
    __table_args__ = (
        CheckConstraint("length(code_hash) = 32", name="code_is_a_sha256"),
        CheckConstraint("expires_at > created_at", name="expires_after_creation"),
        CheckConstraint("tries >= 0", name="tries_not_negative"),
    )

    frame_id: Mapped[int] = mapped_column(
        ForeignKey("lti_frame_session.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )
    email: Mapped[str] = mapped_column(String(320))
    email_key: Mapped[str] = mapped_column(String(320), index=True)
    name: Mapped[str] = mapped_column(String(200), default="")
    code_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    tries: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class EmbedViewer(Numbered, kw_only=True):
    """A person who gave their name to an embed link, with the address that they confirmed."""

    __tablename__ = "embed_viewer"
    __table_args__ = (UniqueConstraint("embed_link_id", "login_id"),)

    embed_link_id: Mapped[int] = mapped_column(ForeignKey("embed_link.id", ondelete="CASCADE"))
    login_id: Mapped[int] = reference("login.id", "CASCADE")
    email: Mapped[str] = mapped_column(String(320))
    email_key: Mapped[str] = mapped_column(String(320), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]


class OutsideCompletion(Numbered, kw_only=True):
    """A completion elsewhere that an organization reports; `source` says where.

    It appears only in the organization's own list; it gives no progress, seat or certificate.
    """

    __tablename__ = "outside_completion"
    __table_args__ = (UniqueConstraint("organization_id", "webinar_id", "email_key"),)

    public_id: Mapped[str] = public_id_column()
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id", ondelete="CASCADE"))
    webinar_id: Mapped[int] = reference("webinar.id", "CASCADE")
    email: Mapped[str] = mapped_column(String(320))
    email_key: Mapped[str] = mapped_column(String(320), index=True)
    name: Mapped[str] = mapped_column(String(200), default="")
    source: Mapped[str] = mapped_column(String(100))
    completed_at: Mapped[datetime]
    created_at: Mapped[datetime]
