"""The table of customer requests."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.model_base import Numbered, optional_reference, public_id_column
from lms.models.grants import OfferKind
from lms.models.orders import DeliveredThrough


class RequestKind(StrEnum):
    """What a request is for."""

    REGISTER = "register"
    GROUP = "group"
    SHOWING = "showing"
    INSTITUTION = "institution"
    PASS = "pass"  # noqa: S105  (an all-access pass)
    CONTRACT = "contract"
    RENEWAL = "renewal"
    PURCHASE_ORDER = "purchase_order"
    INVOICE = "invoice"
    CHECK = "check"
    TROUBLE = "trouble"
    MORE_SEATS = "more_seats"
    REASSIGN = "reassign"
    DOMAIN = "domain"
    VENDOR_FORM = "vendor_form"
    BARRIER = "barrier"
    ACCOMMODATION = "accommodation"


class RequestState(StrEnum):
    """The state of a request to our team."""

    NEW = "new"
    IN_HAND = "in_hand"
    DONE = "done"
    DECLINED = "declined"


class DeskRequest(Numbered, kw_only=True):
    """A customer's request to the seller's team.

    `offer` is what it requests a price for. `covers` is the scope of a requested pass or contract:
    `everything`, `series:<slug>` or `presenter:<slug>`. `order_id` is the order it is about: a draft at
    that day's price until staff place it (P8). `owner_id` is the person of our team who answers it.
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
            "(answer_file_key IS NULL) = (answer_file_name IS NULL)",
            name="answer_file_with_a_name",
        ),
        Index("ix_desk_request_state_due_at", "state", "due_at"),
    )

    public_id: Mapped[str] = public_id_column()
    kind: Mapped[RequestKind]
    offer: Mapped[OfferKind | None] = mapped_column(default=None)
    state: Mapped[RequestState] = mapped_column(default=RequestState.NEW)
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(320))
    organization_name: Mapped[str] = mapped_column(String(200), default="")
    login_id: Mapped[int | None] = optional_reference("login.id", "SET NULL")
    owner_id: Mapped[int | None] = optional_reference("login.id", "SET NULL")
    organization_id: Mapped[int | None] = optional_reference("organization.id", "SET NULL")
    webinar_id: Mapped[int | None] = optional_reference("webinar.id", "SET NULL")
    pool_id: Mapped[int | None] = optional_reference("pool.id", "SET NULL")
    seat_id: Mapped[int | None] = optional_reference("seat.id", "SET NULL")
    order_id: Mapped[int | None] = optional_reference("customer_order.id", "SET NULL")
    quantity: Mapped[int | None] = mapped_column(default=None)
    covers: Mapped[str] = mapped_column(String(100), default="")
    delivered_through: Mapped[DeliveredThrough] = mapped_column(default=DeliveredThrough.HERE)
    message: Mapped[str] = mapped_column(Text, default="")
    # who gets the seat next
    to_email: Mapped[str | None] = mapped_column(String(320), default=None)
    to_name: Mapped[str] = mapped_column(String(200), default="")
    reference: Mapped[str] = mapped_column(String(80), default="")  # a purchase order number
    file_key: Mapped[str | None] = mapped_column(String(200), default=None)
    file_name: Mapped[str | None] = mapped_column(String(200), default=None)
    answer_file_key: Mapped[str | None] = mapped_column(String(200), default=None)
    answer_file_name: Mapped[str | None] = mapped_column(String(200), default=None)
    # the refusal code that led to the request
    refusal: Mapped[str] = mapped_column(String(40), default="")
    answer: Mapped[str] = mapped_column(Text, default="")
    note: Mapped[str] = mapped_column(Text, default="")  # for our team only
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    closed_at: Mapped[datetime | None] = mapped_column(default=None)
