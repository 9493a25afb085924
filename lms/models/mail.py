"""Tables of mail: outgoing and sent emails, our team's words in them, and addresses that opted out."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.model_base import Base, UTCDateTime, public_id_column, words
from lms.models.jobs import JobState


class MailLane(StrEnum):
    """Queues of email that never wait for one another; lms/mail/lanes.py maps kinds to lanes."""

    URGENT = "urgent"
    NORMAL = "normal"
    BULK = "bulk"


class Mail(Base, kw_only=True):
    """An email, written in the transaction that causes it and sent by the worker.

    `bounced_at` is when a mail server reported that the mailbox doesn't exist. `invitation` is its
    calendar entry (lms/core/icalendar.py), `attachments` are stored files (lms/mail/attachments.py).
    """

    __tablename__ = "mail"
    __table_args__ = (
        CheckConstraint("tries >= 0", name="tries_not_negative"),
        CheckConstraint(
            "(state = 'running') = (lease_until IS NOT NULL)", name="running_is_leased"
        ),
        # Finding the next email of a lane is an index lookup, however many rows wait.
        Index("ix_mail_state_lane_run_at_id", "state", "lane", "run_at", "id"),
        Index("ix_mail_lane_sent_at", "lane", "sent_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    public_id: Mapped[str] = public_id_column()
    kind: Mapped[str] = mapped_column(String(60))
    lane: Mapped[MailLane] = mapped_column(words(MailLane))
    login_id: Mapped[int | None] = mapped_column(
        ForeignKey("login.id", ondelete="SET NULL"), index=True
    )
    recipient: Mapped[str] = mapped_column(String(320))
    recipient_key: Mapped[str | None] = mapped_column(String(320), default=None, index=True)
    subject: Mapped[str] = mapped_column(String(300))
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    invitation: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True), default=None)
    attachments: Mapped[list[dict[str, str]] | None] = mapped_column(
        JSON(none_as_null=True), default=None
    )
    unique_key: Mapped[str | None] = mapped_column(String(120), unique=True, default=None)
    state: Mapped[JobState] = mapped_column(words(JobState), default=JobState.QUEUED)
    tries: Mapped[int] = mapped_column(default=0)
    run_at: Mapped[datetime] = mapped_column(UTCDateTime)
    lease_until: Mapped[datetime | None] = mapped_column(UTCDateTime, default=None)
    leased_by: Mapped[str | None] = mapped_column(String(80), default=None)
    request_id: Mapped[str | None] = mapped_column(String(64), default=None)
    failure: Mapped[str | None] = mapped_column(Text, default=None)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime, default=None)
    bounced_at: Mapped[datetime | None] = mapped_column(UTCDateTime, default=None)


class EmailText(Base, kw_only=True):
    """Our team's own words in one kind of email: its subject, and its passages by our text for them.

    A row without any stays for its history. `failed_at` is when they couldn't be used; ours are sent until our team saves them again.
    """

    __tablename__ = "email_text"

    kind: Mapped[str] = mapped_column(String(60), primary_key=True)
    public_id: Mapped[str] = public_id_column()
    subject: Mapped[str] = mapped_column(String(300), default="")
    passages: Mapped[dict[str, str]] = mapped_column(JSON, default_factory=dict)
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime)
    failed_at: Mapped[datetime | None] = mapped_column(UTCDateTime, default=None)


class MailOptOut(Base, kw_only=True):
    """An address that opted out of invitations and reminders; lms/mail/lanes.py names their kinds."""

    __tablename__ = "mail_opt_out"

    recipient_key: Mapped[str] = mapped_column(String(320), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
