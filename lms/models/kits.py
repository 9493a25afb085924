"""Tables of delivery kits: permits, kits, and ended links."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.model_base import Base, Numbered, public_id_column, reference


class KitState(StrEnum):
    """The state of a kit; the file of a kit that is gone was deleted."""

    MAKING = "making"
    READY = "ready"
    FAILED = "failed"
    CANCELED = "canceled"
    GONE = "gone"


class KitPermit(Base, kw_only=True):
    """Staff's permission for an organization to get kits, as its contract says."""

    __tablename__ = "kit_permit"

    organization_id: Mapped[int] = mapped_column(
        ForeignKey("organization.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    granted_at: Mapped[datetime]


class DeliveryKit(Numbered, kw_only=True):
    """One recording as a ZIP file for one organization, whose name is shown in the picture.

    `file_key` is where the file is stored until `expires_at`. `token_hash` is the hash of its link's
    token; a new link replaces it. `failure` is why it could not be created.
    """

    __tablename__ = "delivery_kit"
    __table_args__ = (
        CheckConstraint("(state = 'ready') = (file_key IS NOT NULL)", name="ready_with_a_file"),
        CheckConstraint("state <> 'ready' OR expires_at IS NOT NULL", name="ready_for_a_time"),
        CheckConstraint("token_hash IS NULL OR length(token_hash) = 32", name="token_is_a_sha256"),
        CheckConstraint("size_bytes >= 0 AND downloads >= 0", name="counts_not_negative"),
        Index("ix_delivery_kit_organization_id_id", "organization_id", "id"),
    )

    public_id: Mapped[str] = public_id_column()
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id", ondelete="CASCADE"))
    recording_id: Mapped[int] = reference("recording.id", "CASCADE")
    state: Mapped[KitState] = mapped_column(default=KitState.MAKING)
    file_key: Mapped[str | None] = mapped_column(String(200), default=None)
    size_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    token_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True, default=None)
    downloads: Mapped[int] = mapped_column(default=0)
    downloaded_at: Mapped[datetime | None] = mapped_column(default=None)
    failure: Mapped[str] = mapped_column(String(500), default="")
    failure_detail: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    ready_at: Mapped[datetime | None] = mapped_column(default=None)
    expires_at: Mapped[datetime | None] = mapped_column(default=None)


class EndedKitLink(Numbered, kw_only=True):
    """A kit link that no longer works, so that people who follow it can be shown why."""

    __tablename__ = "ended_kit_link"
    __table_args__ = (CheckConstraint("length(token_hash) = 32", name="token_is_a_sha256"),)

    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    kit_id: Mapped[int] = reference("delivery_kit.id", "CASCADE")
