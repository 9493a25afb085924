"""What was sold on which terms, and what people ask the house for."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base, UTCDateTime, public_id_column, words
from lms.models.holdings import OfferKind


class Terms(StrEnum):
    """How a sale is paid."""

    CARD = "card"
    INVOICE = "invoice"
    PURCHASE_ORDER = "purchase_order"
    CHECK = "check"
    COMPLIMENTARY = "complimentary"
    HISTORY = "history"


class DeliveredThrough(StrEnum):
    """Where an institution's people watch; the sale records which."""

    HERE = "here"
    LMS = "lms"


class RequestKind(StrEnum):
    """What somebody asks for."""

    REGISTER = "register"
    GROUP = "group"
    SHOWING = "showing"
    INSTITUTION = "institution"
    PASS = "pass"  # noqa: S105  (an all-access pass)
    CONTRACT = "contract"
    PURCHASE_ORDER = "purchase_order"
    INVOICE = "invoice"
    CHECK = "check"
    TROUBLE = "trouble"
    MORE_SEATS = "more_seats"
    REASSIGN = "reassign"
    DOMAIN = "domain"


class RequestState(StrEnum):
    """Where a request is on the staff's desk."""

    NEW = "new"
    IN_HAND = "in_hand"
    DONE = "done"
    DECLINED = "declined"


class Sale(Base, kw_only=True):
    """Something sold to a person or an organisation, at the price it was sold at (P6).

    `contact_id` is whom letters about it go to; `due_at` is until when it is to be paid, where it
    is paid later. A dispute is open while `disputed_at` stands.
    """

    __tablename__ = "sale"
    __table_args__ = (
        CheckConstraint(
            "(login_id IS NULL) <> (organisation_id IS NULL)", name="to_a_person_or_organisation"
        ),
        CheckConstraint("quantity IS NULL OR quantity >= 1", name="quantity_at_least_one"),
        CheckConstraint("price_minor >= 0", name="price_not_negative"),
        CheckConstraint("length(currency) = 3", name="currency_is_iso_4217"),
        CheckConstraint("refunded_minor BETWEEN 0 AND price_minor", name="refunded_at_most_all"),
        Index("ix_sale_sold_at", "sold_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    public_id: Mapped[str] = public_id_column()
    login_id: Mapped[int | None] = mapped_column(
        ForeignKey("login.id", ondelete="RESTRICT"), default=None, index=True
    )
    organisation_id: Mapped[int | None] = mapped_column(
        ForeignKey("organisation.id", ondelete="RESTRICT"), default=None, index=True
    )
    kind: Mapped[OfferKind] = mapped_column(words(OfferKind))
    quantity: Mapped[int | None]  # NULL is unlimited
    price_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    terms: Mapped[Terms] = mapped_column(words(Terms))
    reference: Mapped[str] = mapped_column(String(80), default="")  # a PO's or invoice's number
    delivered_through: Mapped[DeliveredThrough] = mapped_column(
        words(DeliveredThrough), default=DeliveredThrough.HERE
    )
    contact_id: Mapped[int | None] = mapped_column(
        ForeignKey("login.id", ondelete="SET NULL"), default=None, index=True
    )
    tax_exemption: Mapped[str] = mapped_column(String(80), default="")  # printed (P7)
    tax_exempt_until: Mapped[datetime | None] = mapped_column(UTCDateTime, default=None)
    sold_at: Mapped[datetime] = mapped_column(UTCDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UTCDateTime, default=None)
    paid_at: Mapped[datetime | None] = mapped_column(UTCDateTime, default=None)
    refunded_minor: Mapped[int] = mapped_column(default=0)
    refunded_at: Mapped[datetime | None] = mapped_column(UTCDateTime, default=None)
    disputed_at: Mapped[datetime | None] = mapped_column(UTCDateTime, default=None)
    note: Mapped[str] = mapped_column(Text, default="")


class DeskRequest(Base, kw_only=True):
    """What somebody asks the house for, on its way over the staff's desk.

    `offer` is what it asks a price of. `covers` is what a pass or contract is asked for: `everything`, `series:<slug>` or
    `presenter:<slug>`. What was quoted stands beside it, since a quote holds 60 days (P8); a
    purchase order names the request whose quote it answers.
    """

    __tablename__ = "desk_request"
    __table_args__ = (
        CheckConstraint("quantity IS NULL OR quantity >= 1", name="quantity_at_least_one"),
        CheckConstraint("due_at >= created_at", name="due_after_creation"),
        CheckConstraint(
            "(state IN ('done', 'declined')) = (closed_at IS NOT NULL)", name="closed_when_ended"
        ),
        CheckConstraint("(file_key IS NULL) = (file_name IS NULL)", name="file_with_a_name"),
        CheckConstraint(
            "(quoted_minor IS NULL) = (quoted_currency IS NULL)", name="quoted_in_a_currency"
        ),
        CheckConstraint("quoted_minor IS NULL OR quoted_minor >= 0", name="quoted_not_negative"),
        Index("ix_desk_request_state_due_at", "state", "due_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    public_id: Mapped[str] = public_id_column()
    kind: Mapped[RequestKind] = mapped_column(words(RequestKind))
    offer: Mapped[OfferKind | None] = mapped_column(words(OfferKind), default=None)
    state: Mapped[RequestState] = mapped_column(words(RequestState), default=RequestState.NEW)
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(320))
    organisation_name: Mapped[str] = mapped_column(String(200), default="")
    login_id: Mapped[int | None] = mapped_column(
        ForeignKey("login.id", ondelete="SET NULL"), default=None, index=True
    )
    organisation_id: Mapped[int | None] = mapped_column(
        ForeignKey("organisation.id", ondelete="SET NULL"), default=None, index=True
    )
    webinar_id: Mapped[int | None] = mapped_column(
        ForeignKey("webinar.id", ondelete="SET NULL"), default=None, index=True
    )
    pool_id: Mapped[int | None] = mapped_column(
        ForeignKey("pool.id", ondelete="SET NULL"), default=None, index=True
    )
    seat_id: Mapped[int | None] = mapped_column(
        ForeignKey("seat.id", ondelete="SET NULL"), default=None, index=True
    )
    sale_id: Mapped[int | None] = mapped_column(
        ForeignKey("sale.id", ondelete="SET NULL"), default=None, index=True
    )
    quote_of_id: Mapped[int | None] = mapped_column(
        ForeignKey("desk_request.id", ondelete="SET NULL"), default=None, index=True
    )
    quantity: Mapped[int | None] = mapped_column(default=None)
    covers: Mapped[str] = mapped_column(String(100), default="")
    delivered_through: Mapped[DeliveredThrough] = mapped_column(
        words(DeliveredThrough), default=DeliveredThrough.HERE
    )
    quoted_minor: Mapped[int | None] = mapped_column(default=None)
    quoted_currency: Mapped[str | None] = mapped_column(String(3), default=None)
    message: Mapped[str] = mapped_column(Text, default="")
    to_email: Mapped[str | None] = mapped_column(String(320), default=None)  # who has a seat next
    to_name: Mapped[str] = mapped_column(String(200), default="")
    reference: Mapped[str] = mapped_column(String(80), default="")  # a purchase order's number
    file_key: Mapped[str | None] = mapped_column(String(200), default=None)
    file_name: Mapped[str | None] = mapped_column(String(200), default=None)
    refusal: Mapped[str] = mapped_column(String(40), default="")  # the code that led here
    answer: Mapped[str] = mapped_column(Text, default="")
    note: Mapped[str] = mapped_column(Text, default="")  # the staff's own
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    due_at: Mapped[datetime] = mapped_column(UTCDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime, default=None)


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
