"""Who is watching what, and how much of it they have seen."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base, UTCDateTime, public_id_column, words


class PlaybackEnd(StrEnum):
    """Why a playback session ended; the player tells it to the person."""

    CLOSED = "closed"
    SIGNED_OUT = "signed_out"
    REVOKED = "revoked"
    BLOCKED = "blocked"
    PULLED = "pulled"
    EXPIRED = "expired"
    IDLE = "idle"


class PlaybackSession(Base, kw_only=True):
    """One screen playing one recording; its signed token stands in the media addresses."""

    __tablename__ = "playback_session"
    __table_args__ = (
        CheckConstraint("expires_at > opened_at", name="expires_after_opening"),
        CheckConstraint("(ended_at IS NULL) = (ended_as IS NULL)", name="ended_with_a_reason"),
        Index("ix_playback_session_ended_at", "ended_at"),
        Index(
            "ix_playback_session_open_login_id",
            "login_id",
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    public_id: Mapped[str] = public_id_column()
    login_id: Mapped[int] = mapped_column(ForeignKey("login.id", ondelete="CASCADE"))
    recording_id: Mapped[int] = mapped_column(
        ForeignKey("recording.id", ondelete="CASCADE"), index=True
    )
    sign_in_id: Mapped[int | None] = mapped_column(
        ForeignKey("sign_in.id", ondelete="SET NULL"), index=True
    )
    opened_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    beat_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime, default=None)
    ended_as: Mapped[PlaybackEnd | None] = mapped_column(words(PlaybackEnd), default=None)


class WatchRecord(Base, kw_only=True):
    """What one login has seen of one version: a bitmap of 5-second buckets, and the place.

    `earned_until` is the moment up to which time that passed has been spent on buckets, so that
    no beat, from whatever screen, earns the same seconds of a person's life again.
    """

    __tablename__ = "watch_record"
    __table_args__ = (
        UniqueConstraint("login_id", "recording_id"),
        CheckConstraint("position_s >= 0", name="position_not_negative"),
        CheckConstraint("watched_s >= 0", name="watched_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    login_id: Mapped[int] = mapped_column(ForeignKey("login.id", ondelete="CASCADE"))
    recording_id: Mapped[int] = mapped_column(
        ForeignKey("recording.id", ondelete="CASCADE"), index=True
    )
    buckets: Mapped[bytes] = mapped_column(LargeBinary)
    watched_s: Mapped[int]
    position_s: Mapped[float]
    earned_until: Mapped[datetime] = mapped_column(UTCDateTime)
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime)
