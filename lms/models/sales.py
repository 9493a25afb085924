"""The table of sales: what was sold, to whom, and on which terms."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.model_base import Base, UTCDateTime, public_id_column, words
from lms.models.grants import OfferKind


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


class Sale(Base, kw_only=True):
    """Something sold to a person or an organization, at the price it was sold at (P6).

    `contact_id` is whom letters about it go to; `due_at` is until when it is to be paid, where it
    is paid later. A dispute is open while `disputed_at` stands.
    """

    __tablename__ = "sale"
    __table_args__ = (
        CheckConstraint(
            "(login_id IS NULL) <> (organization_id IS NULL)", name="to_a_person_or_organization"
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
    organization_id: Mapped[int | None] = mapped_column(
        ForeignKey("organization.id", ondelete="RESTRICT"), default=None, index=True
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
