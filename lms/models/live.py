"""Tables of live registrations and attendance, and of payers' choices for canceled webinars."""

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
    false,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.model_base import Base, Numbered, optional_reference, public_id_column, reference


class LiveJoin(Numbered, kw_only=True):
    """A person was let into the live room; only the room knows when they left."""

    __tablename__ = "live_join"
    __table_args__ = (Index("ix_live_join_webinar_id_login_id", "webinar_id", "login_id"),)

    webinar_id: Mapped[int] = mapped_column(ForeignKey("webinar.id", ondelete="CASCADE"))
    login_id: Mapped[int] = reference("login.id", "CASCADE")
    joined_at: Mapped[datetime]


class RoomReport(Numbered, kw_only=True):
    """A parsed report of a room that waits for review; nothing has been applied yet."""

    __tablename__ = "room_report"

    public_id: Mapped[str] = public_id_column()
    webinar_id: Mapped[int] = reference("webinar.id", "CASCADE")
    said: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime]


class RoomStay(Numbered, kw_only=True):
    """One stay in a room, as reported; `key` is the same for all stays of one participant.

    `login_id` is the participant's login, matched by address or by staff. Staff can ignore stays that
    match no one.
    """

    __tablename__ = "room_stay"
    __table_args__ = (
        UniqueConstraint("webinar_id", "key", "began_at", "ended_at"),
        CheckConstraint("ended_at >= began_at", name="ends_after_it_began"),
    )

    public_id: Mapped[str] = public_id_column()
    webinar_id: Mapped[int] = mapped_column(ForeignKey("webinar.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(330))
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(320))
    login_id: Mapped[int | None] = optional_reference("login.id", "SET NULL")
    ignored_at: Mapped[datetime | None] = mapped_column(default=None)
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime]


class Registration(Base, kw_only=True):
    """A person with access who plans to attend a live webinar (A6); it isn't an order.

    Buyers of the webinar itself are registered automatically. `left_at` is when the person canceled;
    `turns` counts how often they canceled or registered again. If the registration was moved to another
    webinar, `went_to` is the public id of that webinar and `went_with` that of the grant that moved
    along.
    """

    __tablename__ = "registration"

    login_id: Mapped[int] = reference("login.id", "CASCADE", primary_key=True, index=False)
    webinar_id: Mapped[int] = reference("webinar.id", "CASCADE", primary_key=True)
    registered_at: Mapped[datetime]
    left_at: Mapped[datetime | None] = mapped_column(default=None)
    turns: Mapped[int] = mapped_column(default=0, server_default="0")
    went_to: Mapped[str | None] = mapped_column(String(26), default=None)
    went_with: Mapped[str | None] = mapped_column(String(26), default=None)


class QuestionKind(StrEnum):
    """How a registration question is answered."""

    TEXT = "text"
    CHOICE = "choice"
    YES_NO = "yes_no"


class RegistrationQuestion(Numbered, kw_only=True):
    """A question to people who register: of one webinar, or without one, of all that have none of their own.

    `choices` has one choice per line. A removed question isn't asked anymore; answers to it stay.
    """

    __tablename__ = "registration_question"
    __table_args__ = (
        CheckConstraint("length(text) BETWEEN 1 AND 200", name="text_length"),
        CheckConstraint("(kind = 'choice') = (length(choices) > 0)", name="choices_to_choose"),
        CheckConstraint("position >= 1", name="position_from_one"),
    )

    public_id: Mapped[str] = public_id_column()
    webinar_id: Mapped[int | None] = optional_reference("webinar.id", "CASCADE")
    position: Mapped[int]
    kind: Mapped[QuestionKind]
    text: Mapped[str] = mapped_column(String(200))
    choices: Mapped[str] = mapped_column(Text, default="")
    is_required: Mapped[bool] = mapped_column(default=False)
    removed_at: Mapped[datetime | None] = mapped_column(default=None)


class RegistrationAnswer(Base, kw_only=True):
    """A person's answer to a question, for one webinar; to a yes-or-no question "yes" or "no"."""

    __tablename__ = "registration_answer"
    __table_args__ = (CheckConstraint("length(answer) >= 1", name="answer_given"),)

    login_id: Mapped[int] = reference("login.id", "CASCADE", primary_key=True, index=False)
    webinar_id: Mapped[int] = reference("webinar.id", "CASCADE", primary_key=True)
    question_id: Mapped[int] = reference("registration_question.id", "CASCADE", primary_key=True)
    answer: Mapped[str] = mapped_column(Text)
    answered_at: Mapped[datetime]


class LiveDefaults(Base, kw_only=True):
    """What applies to webinars that have none of their own; the table has one row."""

    __tablename__ = "live_defaults"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    survey_link: Mapped[str] = mapped_column(String(2000))


class Attendance(Base, kw_only=True):
    """How many minutes of a live webinar a person attended.

    Minutes entered by hand take precedence over the room's report, which is stored beside them.
    """

    __tablename__ = "attendance"
    __table_args__ = (
        CheckConstraint("minutes BETWEEN 0 AND 1440", name="minutes_within_a_day"),
        CheckConstraint("reported_minutes BETWEEN 0 AND 1440", name="reported_within_a_day"),
        CheckConstraint("by_hand OR reported_minutes = minutes", name="reported_unless_by_hand"),
    )

    login_id: Mapped[int] = reference("login.id", "CASCADE", primary_key=True, index=False)
    webinar_id: Mapped[int] = reference("webinar.id", "CASCADE", primary_key=True)
    minutes: Mapped[int]
    by_hand: Mapped[bool] = mapped_column(default=True, server_default=true())
    reported_minutes: Mapped[int | None] = mapped_column(default=None)
    noted_at: Mapped[datetime]


class OfferChoice(StrEnum):
    """A payer's choice for a canceled or postponed webinar; KEEP is for postponed ones only."""

    KEEP = "keep"
    REFUND = "refund"
    EXCHANGE = "exchange"
    CREDIT = "credit"


class CancellationOffer(Numbered, kw_only=True):
    """What a payer can choose for a canceled or postponed webinar, by an emailed link (M27).

    `notice` is the change of the webinar that it is about; `is_postponement` is set if the webinar got
    a new date. `other_id` is the webinar that it was exchanged for. It is withdrawn if the webinar is
    reinstated before a choice; what was refunded by then is offered again by the order `again_id`.
    """

    __tablename__ = "cancellation_offer"
    __table_args__ = (
        UniqueConstraint("webinar_id", "notice", "login_id"),
        UniqueConstraint("webinar_id", "notice", "organization_id"),
        CheckConstraint("(login_id IS NULL) <> (organization_id IS NULL)", name="one_payer"),
        CheckConstraint("(choice IS NULL) = (chosen_at IS NULL)", name="chosen_at_a_time"),
        CheckConstraint(
            "(other_id IS NOT NULL) = (choice IS NOT NULL AND choice = 'exchange')",
            name="exchanged_for_another",
        ),
        CheckConstraint("withdrawn_at IS NULL OR choice IS NULL", name="withdrawn_or_chosen"),
    )

    public_id: Mapped[str] = public_id_column()
    webinar_id: Mapped[int] = mapped_column(ForeignKey("webinar.id", ondelete="RESTRICT"))
    notice: Mapped[int]
    login_id: Mapped[int | None] = optional_reference("login.id", "RESTRICT")
    organization_id: Mapped[int | None] = optional_reference("organization.id", "RESTRICT")
    is_postponement: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[datetime]
    choice: Mapped[OfferChoice | None] = mapped_column(default=None)
    chosen_at: Mapped[datetime | None] = mapped_column(default=None)
    other_id: Mapped[int | None] = optional_reference("webinar.id", "RESTRICT", index=False)
    withdrawn_at: Mapped[datetime | None] = mapped_column(default=None)
    again_id: Mapped[int | None] = optional_reference("customer_order.id", "SET NULL", index=False)
