"""What keeps the house running: jobs, mail, the audit trail and the house's own page."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base, UTCDateTime, public_id_column, words


class Lane(StrEnum):
    """Queues that never wait for each other: encodes, what is short, and files that have arrived."""

    MEDIA = "media"
    PROMPT = "prompt"
    FILES = "files"


class JobState(StrEnum):
    """Where a job or a mail is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Job(Base, kw_only=True):
    """Work that happens after the commit; the row is the truth."""

    __tablename__ = "job"
    __table_args__ = (
        CheckConstraint("tries >= 0", name="tries_not_negative"),
        CheckConstraint("progress BETWEEN 0 AND 1", name="progress_is_a_share"),
        CheckConstraint(
            "(state = 'running') = (lease_until IS NOT NULL)", name="running_is_leased"
        ),
        Index("ix_job_lane_state_priority_run_at", "lane", "state", "priority", "run_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    public_id: Mapped[str] = public_id_column()
    kind: Mapped[str] = mapped_column(String(60))
    lane: Mapped[Lane] = mapped_column(words(Lane))
    subject: Mapped[str] = mapped_column(String(26), index=True)  # the outside id it is about
    payload: Mapped[dict[str, Any]] = mapped_column(JSON, default_factory=dict)
    unique_key: Mapped[str | None] = mapped_column(String(120), unique=True, default=None)
    state: Mapped[JobState] = mapped_column(words(JobState), default=JobState.QUEUED)
    priority: Mapped[int] = mapped_column(default=100)  # lower goes first
    tries: Mapped[int] = mapped_column(default=0)
    max_tries: Mapped[int] = mapped_column(default=3)
    run_at: Mapped[datetime] = mapped_column(UTCDateTime)
    lease_until: Mapped[datetime | None] = mapped_column(UTCDateTime, default=None)
    leased_by: Mapped[str | None] = mapped_column(String(80), default=None)
    progress: Mapped[float] = mapped_column(default=0.0)
    progress_note: Mapped[str] = mapped_column(String(200), default="")
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    failure: Mapped[str | None] = mapped_column(Text, default=None)
    failure_detail: Mapped[str | None] = mapped_column(Text, default=None)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UTCDateTime, default=None)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime, default=None)


class Mail(Base, kw_only=True):
    """A letter written in the transaction that wants it, sent by the worker.

    `bounced_at` is when a mail server said that there is no such mailbox. `invitation` is the
    calendar entry that goes with it (lms/calendar_files.py).
    """

    __tablename__ = "mail"
    __table_args__ = (
        CheckConstraint("tries >= 0", name="tries_not_negative"),
        CheckConstraint(
            "(state = 'running') = (lease_until IS NOT NULL)", name="running_is_leased"
        ),
        Index("ix_mail_state_run_at", "state", "run_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    public_id: Mapped[str] = public_id_column()
    kind: Mapped[str] = mapped_column(String(60))
    login_id: Mapped[int | None] = mapped_column(
        ForeignKey("login.id", ondelete="SET NULL"), index=True
    )
    recipient: Mapped[str] = mapped_column(String(320))
    recipient_key: Mapped[str | None] = mapped_column(String(320), default=None, index=True)
    subject: Mapped[str] = mapped_column(String(300))
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    invitation: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True), default=None)
    unique_key: Mapped[str | None] = mapped_column(String(120), unique=True, default=None)
    state: Mapped[JobState] = mapped_column(words(JobState), default=JobState.QUEUED)
    tries: Mapped[int] = mapped_column(default=0)
    run_at: Mapped[datetime] = mapped_column(UTCDateTime)
    lease_until: Mapped[datetime | None] = mapped_column(UTCDateTime, default=None)
    leased_by: Mapped[str | None] = mapped_column(String(80), default=None)
    failure: Mapped[str | None] = mapped_column(Text, default=None)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime, default=None)
    bounced_at: Mapped[datetime | None] = mapped_column(UTCDateTime, default=None)


class AuditEntry(Base, kw_only=True):
    """One act and who did it, by ids only, so that erasure reaches everything.

    Entries are written and never touched again: a trigger refuses to change or delete one.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_subject_at", "subject", "at"),
        Index("ix_audit_entry_actor_id", "actor", "id"),
        Index("ix_audit_entry_act_id", "act", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    actor: Mapped[str | None] = mapped_column(String(26))  # a login's outside id; none is the CLI
    act: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(26))
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default_factory=dict)


class House(Base, kw_only=True):
    """The seller's own page: there is one row."""

    __tablename__ = "house"
    __table_args__ = (
        CheckConstraint("id = 1", name="only_one"),
        CheckConstraint("length(accent) = 7", name="accent_is_a_hex_colour"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    name: Mapped[str] = mapped_column(String(120))
    accent: Mapped[str] = mapped_column(String(7))
    contact_email: Mapped[str] = mapped_column(String(320))
    sender_name: Mapped[str] = mapped_column(String(120))
    about: Mapped[str] = mapped_column(Text, default="")
    logo: Mapped[bytes | None] = mapped_column(LargeBinary, default=None)
    logo_type: Mapped[str | None] = mapped_column(String(40), default=None)
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime)
