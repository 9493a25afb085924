"""Tables of live registrations and attendance, and of what payers choose when one is canceled."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    false,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.model_base import Base, UTCDateTime, public_id_column, words


class LiveJoin(Base, kw_only=True):
    """Somebody was let into the room at a time; when they left, the room alone knows."""

    __tablename__ = "live_join"
    __table_args__ = (Index("ix_live_join_webinar_id_login_id", "webinar_id", "login_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    webinar_id: Mapped[int] = mapped_column(ForeignKey("webinar.id", ondelete="CASCADE"))
    login_id: Mapped[int] = mapped_column(ForeignKey("login.id", ondelete="CASCADE"), index=True)
    joined_at: Mapped[datetime] = mapped_column(UTCDateTime)


class RoomReport(Base, kw_only=True):
    """A report of a room that was read and waits to be looked at: what it says, and nothing done."""

    __tablename__ = "room_report"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    public_id: Mapped[str] = public_id_column()
    webinar_id: Mapped[int] = mapped_column(
        ForeignKey("webinar.id", ondelete="CASCADE"), index=True
    )
    said: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class RoomStay(Base, kw_only=True):
    """One stay in a room, as a report tells it; `key` is the same for all stays of one participant.

    `login_id` is whose it is, as the address or staff tell; staff ignore those that are nobody's.
    """

    __tablename__ = "room_stay"
    __table_args__ = (
        UniqueConstraint("webinar_id", "key", "began_at", "ended_at"),
        CheckConstraint("ended_at >= began_at", name="ends_after_it_began"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    public_id: Mapped[str] = public_id_column()
    webinar_id: Mapped[int] = mapped_column(ForeignKey("webinar.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(330))
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(320))
    login_id: Mapped[int | None] = mapped_column(
        ForeignKey("login.id", ondelete="SET NULL"), default=None, index=True
    )
    ignored_at: Mapped[datetime | None] = mapped_column(UTCDateTime, default=None)
    began_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Registration(Base, kw_only=True):
    """Somebody who holds a webinar to come and will be there (A6): no order.

    Who bought the webinar itself is noted here by the house. `left_at` is when they said that they
    won't come; `turns` counts how often they went and came back. Of one that was moved to another
    webinar, `went_to` is the outside id of that, `went_with` of the grant that was moved along.
    """

    __tablename__ = "registration"

    login_id: Mapped[int] = mapped_column(
        ForeignKey("login.id", ondelete="CASCADE"), primary_key=True
    )
    webinar_id: Mapped[int] = mapped_column(
        ForeignKey("webinar.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    registered_at: Mapped[datetime] = mapped_column(UTCDateTime)
    left_at: Mapped[datetime | None] = mapped_column(UTCDateTime, default=None)
    turns: Mapped[int] = mapped_column(default=0, server_default="0")
    went_to: Mapped[str | None] = mapped_column(String(26), default=None)
    went_with: Mapped[str | None] = mapped_column(String(26), default=None)


class Attendance(Base, kw_only=True):
    """How many minutes of a live webinar somebody was there.

    Those that staff entered by hand count, whatever a room's report says: that stands beside them.
    """

    __tablename__ = "attendance"
    __table_args__ = (
        CheckConstraint("minutes BETWEEN 0 AND 1440", name="minutes_within_a_day"),
        CheckConstraint("reported_minutes BETWEEN 0 AND 1440", name="reported_within_a_day"),
        CheckConstraint("by_hand OR reported_minutes = minutes", name="reported_unless_by_hand"),
    )

    login_id: Mapped[int] = mapped_column(
        ForeignKey("login.id", ondelete="CASCADE"), primary_key=True
    )
    webinar_id: Mapped[int] = mapped_column(
        ForeignKey("webinar.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    minutes: Mapped[int]
    by_hand: Mapped[bool] = mapped_column(default=True, server_default=true())
    reported_minutes: Mapped[int | None] = mapped_column(default=None)
    noted_at: Mapped[datetime] = mapped_column(UTCDateTime)


class OfferChoice(StrEnum):
    """What a payer chose for a webinar that was canceled, or got a new date (then also to keep it)."""

    KEEP = "keep"
    REFUND = "refund"
    EXCHANGE = "exchange"
    CREDIT = "credit"


class CancellationOffer(Base, kw_only=True):
    """What a payer may choose for a webinar that was canceled or postponed, by a mailed link (M27).

    `notice` tells one change of a webinar from the next; it `is_postponement` where the webinar got
    a new date. `other_id` is the webinar it was
    exchanged for. It is withdrawn where the webinar is reinstated before a choice; what was paid
    back by then is offered again by an order, `again_id`.
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

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    public_id: Mapped[str] = public_id_column()
    webinar_id: Mapped[int] = mapped_column(ForeignKey("webinar.id", ondelete="RESTRICT"))
    notice: Mapped[int]
    login_id: Mapped[int | None] = mapped_column(
        ForeignKey("login.id", ondelete="RESTRICT"), default=None, index=True
    )
    organization_id: Mapped[int | None] = mapped_column(
        ForeignKey("organization.id", ondelete="RESTRICT"), default=None, index=True
    )
    is_postponement: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    choice: Mapped[OfferChoice | None] = mapped_column(words(OfferChoice), default=None)
    chosen_at: Mapped[datetime | None] = mapped_column(UTCDateTime, default=None)
    other_id: Mapped[int | None] = mapped_column(
        ForeignKey("webinar.id", ondelete="RESTRICT"), default=None
    )
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime, default=None)
    again_id: Mapped[int | None] = mapped_column(
        ForeignKey("customer_order.id", ondelete="SET NULL"), default=None
    )
