"""Tables of mail: emails, our team's words in them, opt-outs, mailings, and subscriptions."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
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
from lms.models.jobs import JobState

ALL_WEBINARS = "series_id IS NULL AND presenter_id IS NULL"


class MailLane(StrEnum):
    """Queues of email that never wait for one another; lms/mail/lanes.py maps kinds to lanes."""

    URGENT = "urgent"
    NORMAL = "normal"
    BULK = "bulk"


class Mail(Numbered, kw_only=True):
    """An email, written in the transaction that causes it and sent by the worker.

    `bounced_at` is when a mail server reported that the mailbox doesn't exist, and `unsubscribed_at`
    when the recipient used this email's link to unsubscribe. `invitation` is its calendar entry
    (lms/core/icalendar.py), `attachments` are stored files (lms/mail/attachments.py).
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

    public_id: Mapped[str] = public_id_column()
    kind: Mapped[str] = mapped_column(String(60))
    lane: Mapped[MailLane]
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
    state: Mapped[JobState] = mapped_column(default=JobState.QUEUED)
    tries: Mapped[int] = mapped_column(default=0)
    run_at: Mapped[datetime]
    lease_until: Mapped[datetime | None] = mapped_column(default=None)
    leased_by: Mapped[str | None] = mapped_column(String(80), default=None)
    request_id: Mapped[str | None] = mapped_column(String(64), default=None)
    failure: Mapped[str | None] = mapped_column(Text, default=None)
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None] = mapped_column(default=None)
    bounced_at: Mapped[datetime | None] = mapped_column(default=None)
    unsubscribed_at: Mapped[datetime | None] = mapped_column(default=None)
    mailing_id: Mapped[int | None] = optional_reference("mailing.id", "SET NULL")


class EmailText(Base, kw_only=True):
    """Our team's own words in one kind of email: its subject, and its passages by our text for them.

    A row without any stays for its history. `failed_at` is when they couldn't be used; ours are sent until our team saves them again.
    """

    __tablename__ = "email_text"

    kind: Mapped[str] = mapped_column(String(60), primary_key=True)
    public_id: Mapped[str] = public_id_column()
    subject: Mapped[str] = mapped_column(String(300), default="")
    passages: Mapped[dict[str, str]] = mapped_column(JSON, default_factory=dict)
    updated_at: Mapped[datetime]
    failed_at: Mapped[datetime | None] = mapped_column(default=None)


class MailOptOut(Base, kw_only=True):
    """An address that opted out of invitations and reminders; lms/mail/lanes.py names their kinds."""

    __tablename__ = "mail_opt_out"

    recipient_key: Mapped[str] = mapped_column(String(320), primary_key=True)
    created_at: Mapped[datetime]


class MailingPart(StrEnum):
    """Which people a mailing goes to: a part of a webinar's audience, or its subscribers."""

    EVERYONE = "everyone"
    REGISTERED = "registered"
    UNCLAIMED = "unclaimed"
    MISSED = "missed"
    PLANS = "plans"
    ACCESS = "access"
    SUBSCRIBERS = "subscribers"


class MailingState(StrEnum):
    """The state of a mailing; a stopped one can be sent to the people who didn't get it."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    SENT = "sent"
    STOPPED = "stopped"


class Mailing(Numbered, kw_only=True):
    """An email that staff write to people of a webinar; `body` is Markdown.

    Its emails are the rows of `mail` that refer to it.
    """

    __tablename__ = "mailing"
    __table_args__ = (
        CheckConstraint("length(subject) > 0", name="has_a_subject"),
        CheckConstraint(
            "(length(button_label) > 0) = (length(button_url) > 0)", name="button_with_a_link"
        ),
        CheckConstraint("(state = 'draft') = (send_at IS NULL)", name="sent_at_a_time"),
        CheckConstraint("(state = 'sent') = (finished_at IS NOT NULL)", name="sent_is_finished"),
    )

    public_id: Mapped[str] = public_id_column()
    webinar_id: Mapped[int] = reference("webinar.id", "CASCADE")
    part: Mapped[MailingPart]
    state: Mapped[MailingState] = mapped_column(default=MailingState.DRAFT)
    subject: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    button_label: Mapped[str] = mapped_column(String(60), default="")
    button_url: Mapped[str] = mapped_column(String(2000), default="")
    created_at: Mapped[datetime]
    send_at: Mapped[datetime | None] = mapped_column(default=None)
    finished_at: Mapped[datetime | None] = mapped_column(default=None)


class Subscription(Numbered, kw_only=True):
    """An address that asked for news of a series, of a presenter, or of all webinars.

    It gets none until the link in the first email is confirmed. Ending a subscription deletes the row.
    """

    __tablename__ = "subscription"
    __table_args__ = (
        UniqueConstraint("email_key", "series_id"),
        UniqueConstraint("email_key", "presenter_id"),
        partial_index(
            "uq_subscription_all_webinars", "email_key", unique=True, where=text(ALL_WEBINARS)
        ),
        CheckConstraint("series_id IS NULL OR presenter_id IS NULL", name="at_most_one_topic"),
    )

    public_id: Mapped[str] = public_id_column()
    email: Mapped[str] = mapped_column(String(320))
    email_key: Mapped[str] = mapped_column(String(320))
    series_id: Mapped[int | None] = optional_reference("series.id", "CASCADE")
    presenter_id: Mapped[int | None] = optional_reference("presenter.id", "CASCADE")
    asked_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None] = mapped_column(default=None)
