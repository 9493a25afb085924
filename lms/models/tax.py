"""Tables of tax rules, exemptions and coupons: what changes a price in addition to the price list."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.model_base import Numbered, optional_reference, public_id_column, reference
from lms.models.grants import OfferKind


class Supply(StrEnum):
    """What is delivered: live attendance, the recording, or both."""

    LIVE = "live"
    RECORDED = "recorded"
    BOTH = "both"


class TaxRule(Numbered, kw_only=True):
    """A sales tax rate of one jurisdiction, in percent, for [from_on, until_on)."""

    __tablename__ = "tax_rule"
    __table_args__ = (
        CheckConstraint("rate >= 0 AND rate < 100", name="rate_is_a_percentage"),
        CheckConstraint("length(state) = 2", name="state_is_two_letters"),
        CheckConstraint("until_on IS NULL OR until_on > from_on", name="until_after_from"),
        Index("ix_tax_rule_state", "state"),
    )

    public_id: Mapped[str] = public_id_column()
    state: Mapped[str] = mapped_column(String(2))
    name: Mapped[str] = mapped_column(String(120))  # printed, such as "Texas sales tax"
    supply: Mapped[Supply]
    rate: Mapped[Decimal] = mapped_column(Numeric(7, 4))
    from_on: Mapped[date]
    until_on: Mapped[date | None] = mapped_column(default=None)
    created_at: Mapped[datetime]


class Coupon(Numbered, kw_only=True):
    """A code for a discount by a percentage or an amount (M16)."""

    __tablename__ = "coupon"
    __table_args__ = (
        CheckConstraint("(percent IS NULL) <> (amount_minor IS NULL)", name="percent_or_amount"),
        CheckConstraint("percent IS NULL OR percent BETWEEN 1 AND 100", name="percent_up_to_100"),
        CheckConstraint("amount_minor IS NULL OR amount_minor > 0", name="amount_above_zero"),
        CheckConstraint("most_uses IS NULL OR most_uses >= 1", name="most_uses_at_least_one"),
        CheckConstraint("used BETWEEN 0 AND coalesce(most_uses, used)", name="used_at_most_limit"),
        CheckConstraint("ends_at IS NULL OR ends_at > starts_at", name="ends_after_start"),
    )

    public_id: Mapped[str] = public_id_column()
    code: Mapped[str] = mapped_column(String(40), unique=True)
    percent: Mapped[int | None] = mapped_column(default=None)
    amount_minor: Mapped[int | None] = mapped_column(default=None)
    kind: Mapped[OfferKind | None] = mapped_column(default=None)
    webinar_id: Mapped[int | None] = optional_reference("webinar.id", "CASCADE")
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None] = mapped_column(default=None)
    most_uses: Mapped[int | None] = mapped_column(default=None)
    used: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]


class CouponUse(Numbered, kw_only=True):
    """An order's use of a coupon; it is reserved while the checkout is open."""

    __tablename__ = "coupon_use"
    __table_args__ = (UniqueConstraint("coupon_id", "order_id"),)

    coupon_id: Mapped[int] = mapped_column(ForeignKey("coupon.id", ondelete="CASCADE"))
    order_id: Mapped[int] = reference("customer_order.id", "CASCADE")
    reserved_until: Mapped[datetime | None] = mapped_column(default=None)
    used_at: Mapped[datetime | None] = mapped_column(default=None)


class ExemptionBasis(StrEnum):
    """Why a customer pays no sales tax."""

    GOVERNMENT = "government"
    NONPROFIT = "501c3"
    CERTIFICATE = "certificate"
    OTHER = "other"


class Exemption(Numbered, kw_only=True):
    """Why a person or an organization pays no sales tax, with the proof they sent (MONEY.md, M13).

    `states` are two-letter codes separated by spaces; "" means all states. `until` is the last day on
    which it is valid; many have none.
    """

    __tablename__ = "exemption"
    __table_args__ = (
        CheckConstraint(
            "(login_id IS NULL) <> (organization_id IS NULL)", name="of_a_person_or_organization"
        ),
        CheckConstraint("(file_key IS NULL) = (file_name IS NULL)", name="file_with_a_name"),
    )

    public_id: Mapped[str] = public_id_column()
    login_id: Mapped[int | None] = optional_reference("login.id", "RESTRICT")
    organization_id: Mapped[int | None] = optional_reference("organization.id", "RESTRICT")
    basis: Mapped[ExemptionBasis]
    states: Mapped[str] = mapped_column(String(200), default="")
    number: Mapped[str] = mapped_column(String(80), default="")
    file_key: Mapped[str | None] = mapped_column(String(200), default=None)
    file_name: Mapped[str | None] = mapped_column(String(200), default=None)
    until: Mapped[date | None] = mapped_column(default=None)
    created_at: Mapped[datetime]
