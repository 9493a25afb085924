"""Tables of playback: sessions, streams, watch records, and notes."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.model_base import (
    Base,
    Numbered,
    optional_reference,
    partial_index,
    public_id_column,
    reference,
)


class PlaybackEnd(StrEnum):
    """Why a playback session ended; the player shows it."""

    CLOSED = "closed"
    SIGNED_OUT = "signed_out"
    REVOKED = "revoked"
    BLOCKED = "blocked"
    PULLED = "pulled"
    EXPIRED = "expired"
    IDLE = "idle"
    RELEASED = "released"
    REFUNDED = "refunded"
    SUSPENDED = "suspended"
    LAPSED = "lapsed"
    TAKEN_OVER = "taken_over"


class PlaybackSession(Numbered, kw_only=True):
    """One screen playing one recording; its signed token is part of the media URLs.

    `grant_id` is the grant that admitted it, NULL if the webinar is free. `organization_id` is set for
    sessions in a frame of that organization: only its pools are considered. A preview by staff doesn't
    count as a stream. `began_s` is how many seconds of the recording the person had seen when it was
    opened, `reached_s` when that was last noted; older sessions have neither.
    """

    __tablename__ = "playback_session"
    __table_args__ = (
        CheckConstraint("(began_s IS NULL) = (reached_s IS NULL)", name="reached_from_a_beginning"),
        CheckConstraint("began_s >= 0 AND reached_s >= 0", name="seen_not_negative"),
        Index("ix_playback_session_login_id_recording_id", "login_id", "recording_id"),
        CheckConstraint("expires_at > opened_at", name="expires_after_opening"),
        CheckConstraint("(ended_at IS NULL) = (ended_as IS NULL)", name="ended_with_a_reason"),
        Index("ix_playback_session_ended_at", "ended_at"),
        Index("ix_playback_session_opened_at", "opened_at"),
        partial_index(
            "ix_playback_session_open_login_id", "login_id", where=text("ended_at IS NULL")
        ),
    )

    public_id: Mapped[str] = public_id_column()
    login_id: Mapped[int] = mapped_column(ForeignKey("login.id", ondelete="CASCADE"))
    recording_id: Mapped[int] = reference("recording.id", "CASCADE")
    sign_in_id: Mapped[int | None] = mapped_column(
        ForeignKey("sign_in.id", ondelete="SET NULL"), index=True
    )
    grant_id: Mapped[int | None] = optional_reference("grant_line.id", "SET NULL")
    organization_id: Mapped[int | None] = optional_reference("organization.id", "CASCADE")
    is_preview: Mapped[bool] = mapped_column(default=False)
    opened_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    beat_at: Mapped[datetime]
    began_s: Mapped[int | None] = mapped_column(default=None)
    reached_s: Mapped[int | None] = mapped_column(default=None)
    ended_at: Mapped[datetime | None] = mapped_column(default=None)
    ended_as: Mapped[PlaybackEnd | None] = mapped_column(default=None)


class Stream(Base, kw_only=True):
    """A person's only stream: the playback session that has it, and when it lapses without heartbeats.

    For merged logins, the row belongs to the one that remains. `session_id` is the public id of a
    session whose row may be written later; `browser` is a short description ("Firefox on Windows").
    """

    __tablename__ = "stream"
    __table_args__ = (CheckConstraint("held_until > since", name="held_after_it_began"),)

    login_id: Mapped[int] = mapped_column(
        ForeignKey("login.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    session_id: Mapped[str] = mapped_column(String(26))
    browser: Mapped[str] = mapped_column(String(200))
    since: Mapped[datetime]
    held_until: Mapped[datetime]


class WatchRecord(Numbered, kw_only=True):
    """What one login has watched of one version: a bitmap of 5-second buckets, and the last position.

    `earned_until` is the time up to which elapsed time was already spent on buckets, so that no
    heartbeat, from any screen, earns the same seconds again. `certify_at_s` is the number of watched
    seconds at which to check whether the certificate is earned; None if there is nothing left to check.
    """

    __tablename__ = "watch_record"
    __table_args__ = (
        UniqueConstraint("login_id", "recording_id"),
        CheckConstraint("position_s >= 0", name="position_not_negative"),
        CheckConstraint("watched_s >= 0", name="watched_not_negative"),
    )

    login_id: Mapped[int] = mapped_column(ForeignKey("login.id", ondelete="CASCADE"))
    recording_id: Mapped[int] = reference("recording.id", "CASCADE")
    buckets: Mapped[bytes] = mapped_column(LargeBinary)
    watched_s: Mapped[int]
    certify_at_s: Mapped[int | None] = mapped_column(default=0, server_default="0")
    position_s: Mapped[float]
    earned_until: Mapped[datetime]
    updated_at: Mapped[datetime]


class Note(Numbered, kw_only=True):
    """A private note of a person at a position of a webinar's recording.

    A deleted note is kept for an hour, so that it can be restored.
    """

    __tablename__ = "note"
    __table_args__ = (
        CheckConstraint("at_s >= 0", name="moment_not_negative"),
        CheckConstraint("length(text) BETWEEN 1 AND 4000", name="text_length"),
        Index("ix_note_login_id_webinar_id", "login_id", "webinar_id"),
        partial_index("ix_note_deleted_at", "deleted_at", where=text("deleted_at IS NOT NULL")),
    )

    public_id: Mapped[str] = public_id_column()
    login_id: Mapped[int] = mapped_column(ForeignKey("login.id", ondelete="CASCADE"))
    webinar_id: Mapped[int] = reference("webinar.id", "CASCADE")
    at_s: Mapped[float]
    text: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None] = mapped_column(default=None)
