"""The table of uploads: files sent in chunks."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.model_base import Numbered, public_id_column


class UploadPurpose(StrEnum):
    """What a file is for."""

    RECORDING = "recording"
    HANDOUT = "handout"


class UploadState(StrEnum):
    """The state of a file: being sent, received and checked, added to its webinar, or unusable."""

    SENDING = "sending"
    ARRIVED = "arrived"
    DONE = "done"
    FAILED = "failed"


class Upload(Numbered, kw_only=True):
    """One file that is being sent to a webinar.

    Only the storage knows how much has arrived; `kept_bytes` is its last report, for display. `mark` is
    the storage's own identifier of the upload. `turn` is the request that may write a chunk at this
    moment, `turn_until` when that right lapses without a sign of life. `login_id` is None for uploads
    by the command line.
    """

    __tablename__ = "upload"
    __table_args__ = (
        CheckConstraint("size_bytes > 0", name="size_positive"),
        CheckConstraint("kept_bytes BETWEEN 0 AND size_bytes", name="kept_within_its_size"),
        CheckConstraint("expires_at > created_at", name="expires_after_creation"),
        CheckConstraint("(turn IS NULL) = (turn_until IS NULL)", name="turn_for_a_time"),
        CheckConstraint("(state = 'failed') = (failure IS NOT NULL)", name="failed_has_a_sentence"),
        Index("ix_upload_webinar_id_state", "webinar_id", "state"),
        Index("ix_upload_expires_at", "expires_at"),
    )

    public_id: Mapped[str] = public_id_column()
    webinar_id: Mapped[int] = mapped_column(ForeignKey("webinar.id", ondelete="CASCADE"))
    login_id: Mapped[int | None] = mapped_column(
        ForeignKey("login.id", ondelete="SET NULL"), index=True
    )
    purpose: Mapped[UploadPurpose]
    state: Mapped[UploadState] = mapped_column(default=UploadState.SENDING)
    name: Mapped[str] = mapped_column(String(255))
    fingerprint: Mapped[str] = mapped_column(String(300))
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    kept_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    key: Mapped[str] = mapped_column(String(400))
    mark: Mapped[str] = mapped_column(Text)
    turn: Mapped[str | None] = mapped_column(String(26), default=None)
    turn_until: Mapped[datetime | None] = mapped_column(default=None)
    failure: Mapped[str | None] = mapped_column(Text, default=None)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    expires_at: Mapped[datetime]
