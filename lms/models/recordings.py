"""Tables of recordings: their versions, slides, and captions."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.model_base import Numbered, partial_index, public_id_column, reference

LARGE = BigInteger().with_variant(Integer, "sqlite")  # SQLite's integers always have 64 bits


class RecordingState(StrEnum):
    """The state of a recording version on its way from a file to a stream."""

    WAITING = "waiting"
    PROCESSING = "processing"
    READY = "ready"
    FAILED = "failed"
    CANCELED = "canceled"


class SlideFate(StrEnum):
    """What staff did with a detected slide: shown, joined to the one before, or removed."""

    SHOWN = "shown"
    JOINED = "joined"
    REMOVED = "removed"


class Recording(Numbered, kw_only=True):
    """One version of a webinar's recording; the original is kept, and `run` names the encoded files.

    `run` is set as soon as something is playable, which can be before `state` is ready. A deleted
    version (`removed_at`) keeps its files for 30 days. After that, it has no `run` and an empty
    `original_key`; the row remains for the watch records.
    """

    __tablename__ = "recording"
    __table_args__ = (
        UniqueConstraint("webinar_id", "number"),
        CheckConstraint("size_bytes >= 0", name="size_not_negative"),
        CheckConstraint("seconds IS NULL OR seconds > 0", name="seconds_positive"),
        CheckConstraint("state <> 'ready' OR run IS NOT NULL", name="ready_has_a_run"),
        CheckConstraint("run IS NULL OR seconds IS NOT NULL", name="playable_has_a_length"),
        Index("ix_recording_created_at", "created_at"),
        partial_index(
            "uq_recording_current_webinar_id", "webinar_id", unique=True, where=text("is_current")
        ),
    )

    public_id: Mapped[str] = public_id_column()
    webinar_id: Mapped[int] = mapped_column(ForeignKey("webinar.id", ondelete="RESTRICT"))
    number: Mapped[int]
    is_current: Mapped[bool]
    state: Mapped[RecordingState] = mapped_column(default=RecordingState.WAITING)
    original_key: Mapped[str] = mapped_column(String(400))
    original_name: Mapped[str] = mapped_column(String(255))
    size_bytes: Mapped[int] = mapped_column(LARGE)
    sha256: Mapped[str] = mapped_column(String(64))
    seconds: Mapped[float | None] = mapped_column(default=None)
    has_video: Mapped[bool] = mapped_column(default=True)
    width: Mapped[int | None] = mapped_column(default=None)
    height: Mapped[int | None] = mapped_column(default=None)
    run: Mapped[str | None] = mapped_column(String(26), default=None)
    failure: Mapped[str | None] = mapped_column(Text, default=None)
    failure_detail: Mapped[str | None] = mapped_column(Text, default=None)
    created_at: Mapped[datetime]
    ready_at: Mapped[datetime | None] = mapped_column(default=None)
    # Once staff edit the slides, later detection doesn't change them.
    slides_edited_at: Mapped[datetime | None] = mapped_column(default=None)
    removed_at: Mapped[datetime | None] = mapped_column(default=None)


class Slide(Numbered, kw_only=True):
    """A slide detected in a version of a recording; times in seconds, `picture_s` names its picture.

    A row stays as detected: joining it to the one before only adds its time and picture to that one.
    """

    __tablename__ = "slide"
    __table_args__ = (
        UniqueConstraint("recording_id", "starts_s"),
        CheckConstraint("starts_s >= 0", name="starts_not_negative"),
        CheckConstraint("picture_s >= starts_s", name="pictured_while_seen"),
    )

    public_id: Mapped[str] = public_id_column()
    recording_id: Mapped[int] = mapped_column(ForeignKey("recording.id", ondelete="CASCADE"))
    starts_s: Mapped[float]
    picture_s: Mapped[float]
    is_chapter: Mapped[bool]
    title: Mapped[str] = mapped_column(String(200), default="")
    fate: Mapped[SlideFate] = mapped_column(default=SlideFate.SHOWN)


class Caption(Numbered, kw_only=True):
    """A caption track of one version of a recording, as WebVTT.

    `key` is the file that players fetch and `shown` its text (None until it is read from the file). A
    track without a key is hidden. `draft` is what staff changed but haven't published; `version` counts
    saves.
    """

    __tablename__ = "caption"
    __table_args__ = (
        UniqueConstraint("recording_id", "language"),
        CheckConstraint("key IS NOT NULL OR draft IS NOT NULL", name="shown_or_drafted"),
        CheckConstraint("shown IS NULL OR key IS NOT NULL", name="shown_with_its_file"),
        partial_index(
            "uq_caption_default_recording_id", "recording_id", unique=True, where=text("is_default")
        ),
    )

    public_id: Mapped[str] = public_id_column()
    recording_id: Mapped[int] = mapped_column(ForeignKey("recording.id", ondelete="CASCADE"))
    language: Mapped[str] = mapped_column(String(35))
    label: Mapped[str] = mapped_column(String(80))
    is_default: Mapped[bool] = mapped_column(default=False)
    key: Mapped[str | None] = mapped_column(String(400), default=None)
    shown: Mapped[str | None] = mapped_column(Text, default=None)
    draft: Mapped[str | None] = mapped_column(Text, default=None)
    version: Mapped[int] = mapped_column(default=1)
    edited_by: Mapped[str | None] = mapped_column(String(26), default=None)
    edited_at: Mapped[datetime | None] = mapped_column(default=None)
    created_at: Mapped[datetime]


class FormerCaption(Numbered, kw_only=True):
    """A caption track that was removed or replaced; it can be restored until its file is deleted."""

    __tablename__ = "former_caption"

    public_id: Mapped[str] = public_id_column()
    recording_id: Mapped[int] = reference("recording.id", "CASCADE")
    language: Mapped[str] = mapped_column(String(35))
    label: Mapped[str] = mapped_column(String(80))
    key: Mapped[str | None] = mapped_column(String(400))
    shown: Mapped[str | None] = mapped_column(Text)
    draft: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    removed_at: Mapped[datetime] = mapped_column(index=True)
