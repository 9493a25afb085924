"""Tables of orders: what was agreed, with whom, line by line, and the purchase orders for it."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.model_base import Numbered, optional_reference, public_id_column, reference
from lms.models.grants import NAMES_ITS_TARGET, OfferKind, Scope
from lms.models.tax import ExemptionBasis


class Terms(StrEnum):
    """How an order is paid."""

    CARD = "card"
    INVOICE = "invoice"
    PURCHASE_ORDER = "purchase_order"
    CHECK = "check"
    COMPLIMENTARY = "complimentary"
    HISTORY = "history"


class DeliveredThrough(StrEnum):
    """Where an institution's people watch."""

    HERE = "here"
    LMS = "lms"


class LineAct(StrEnum):
    """What a line does: sell something new, renew a contract (C5), or add seats (P4, C3)."""

    NEW = "new"
    RENEWAL = "renewal"
    MORE_SEATS = "more_seats"


class Order(Numbered, kw_only=True):
    """A cart until `placed_at`, then the agreement: who pays, who is billed, and the terms.

    Its status is computed from its documents and payments and never stored (MONEY.md, M1). `held_at` is
    set while its access is on hold (PRODUCT.md, P9): until staff decide, by `review_due_at`, or without
    that date until it is paid. `is_self_service` is set if a customer created it: with a
    cart (`cart_token_hash`), a quote request, or a request for their organization. While it `awaits_proof`, no one has proved that the
    contact's address is theirs, and nothing is invoiced. `bill_on` is the day on which its invoice is
    issued, if that is later. `exempt_as` is the buyer's reason for tax exemption; proof may follow
    (M13).
    """

    __tablename__ = "customer_order"
    __table_args__ = (
        CheckConstraint(
            "login_id IS NULL OR organization_id IS NULL", name="a_person_or_an_organization"
        ),
        CheckConstraint(
            "placed_at IS NULL OR login_id IS NOT NULL OR organization_id IS NOT NULL",
            name="placed_by_a_payer",
        ),
        CheckConstraint("length(currency) = 3", name="currency_is_iso_4217"),
        CheckConstraint("net_days BETWEEN 0 AND 180", name="net_days_up_to_180"),
        CheckConstraint(
            "review_due_at IS NULL OR held_at IS NOT NULL", name="reviewed_while_access_waits"
        ),
        Index("ix_customer_order_review_due_at", "review_due_at"),
        Index("ix_customer_order_placed_at", "placed_at"),
        Index("ix_customer_order_created_at_id", "created_at", "id"),
    )

    public_id: Mapped[str] = public_id_column()
    login_id: Mapped[int | None] = optional_reference("login.id", "RESTRICT")
    organization_id: Mapped[int | None] = optional_reference("organization.id", "RESTRICT")
    contact_id: Mapped[int | None] = optional_reference("login.id", "SET NULL")
    contact_name: Mapped[str] = mapped_column(String(200), default="")  # as entered for the order
    contact_email: Mapped[str] = mapped_column(String(320), default="")
    # of an organization to create
    organization_name: Mapped[str] = mapped_column(String(200), default="")
    bill_to: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True), default=None)
    terms: Mapped[Terms]
    net_days: Mapped[int] = mapped_column(default=30)
    currency: Mapped[str] = mapped_column(String(3))
    livemode: Mapped[bool] = mapped_column(default=True)
    cart_token_hash: Mapped[str | None] = mapped_column(String(64), default=None, unique=True)
    is_self_service: Mapped[bool] = mapped_column(default=False, server_default=false())
    awaits_proof: Mapped[bool] = mapped_column(default=False, server_default=false())
    exempt_as: Mapped[ExemptionBasis | None] = mapped_column(default=None)
    policies: Mapped[list[int]] = mapped_column(JSON, default_factory=list)  # versions accepted
    note: Mapped[str] = mapped_column(Text, default="")  # for our team only
    created_at: Mapped[datetime]
    placed_at: Mapped[datetime | None] = mapped_column(default=None)
    bill_on: Mapped[date | None] = mapped_column(default=None)
    due_on: Mapped[date | None] = mapped_column(default=None)  # agreed by hand; else net days apply
    held_at: Mapped[datetime | None] = mapped_column(default=None)
    review_due_at: Mapped[datetime | None] = mapped_column(default=None)
    canceled_at: Mapped[datetime | None] = mapped_column(default=None)


class OrderLine(Numbered, kw_only=True):
    """One line of an order, with its prices as sold (PRODUCT.md, P6).

    `description` is what it covers, as it was called on that day. `quantity` None means unlimited.
    [`starts_at`, `ends_at`) is the term of a pass or contract. `unit_minor` is the price of one,
    `net_minor` what is charged for all after the discount, before tax. The owner is set when the
    order is placed. `adds_to_id` is the line to which a line of more seats adds. A correction replaces a line
    with another one and keeps the old one.
    """

    __tablename__ = "order_line"
    __table_args__ = (
        UniqueConstraint("order_id", "position"),
        CheckConstraint(NAMES_ITS_TARGET, name="scope_names_its_target"),
        CheckConstraint("quantity IS NULL OR quantity >= 1", name="quantity_at_least_one"),
        CheckConstraint("unit_minor >= 0", name="unit_not_negative"),
        CheckConstraint("discount_minor >= 0", name="discount_not_negative"),
        CheckConstraint("net_minor >= 0", name="net_not_negative"),
        CheckConstraint("login_id IS NULL OR pool_id IS NULL", name="at_most_one_holder"),
        CheckConstraint(
            "starts_at IS NULL OR ends_at IS NULL OR ends_at > starts_at", name="ends_after_start"
        ),
    )

    public_id: Mapped[str] = public_id_column()
    order_id: Mapped[int] = mapped_column(ForeignKey("customer_order.id", ondelete="CASCADE"))
    position: Mapped[int]
    kind: Mapped[OfferKind]
    act: Mapped[LineAct] = mapped_column(default=LineAct.NEW)
    adds_to_id: Mapped[int | None] = optional_reference("order_line.id", "SET NULL")
    scope: Mapped[Scope]
    webinar_id: Mapped[int | None] = optional_reference("webinar.id", "RESTRICT")
    presenter_id: Mapped[int | None] = optional_reference("presenter.id", "RESTRICT")
    series_id: Mapped[int | None] = optional_reference("series.id", "RESTRICT")
    description: Mapped[str] = mapped_column(String(300), default="")
    login_id: Mapped[int | None] = optional_reference("login.id", "RESTRICT")
    pool_id: Mapped[int | None] = optional_reference("pool.id", "RESTRICT")
    quantity: Mapped[int | None]  # NULL means unlimited
    starts_at: Mapped[datetime | None] = mapped_column(default=None)
    ends_at: Mapped[datetime | None] = mapped_column(default=None)
    unit_minor: Mapped[int]
    discount_minor: Mapped[int] = mapped_column(default=0)
    discount_reason: Mapped[str] = mapped_column(String(120), default="")  # printed
    net_minor: Mapped[int]
    delivered_through: Mapped[DeliveredThrough] = mapped_column(default=DeliveredThrough.HERE)
    replaced_at: Mapped[datetime | None] = mapped_column(default=None)


class PurchaseOrder(Numbered, kw_only=True):
    """A purchase order that a customer sent for an order; its amount may differ (MONEY.md, M9)."""

    __tablename__ = "purchase_order"
    __table_args__ = (
        CheckConstraint("amount_minor IS NULL OR amount_minor >= 0", name="amount_not_negative"),
        CheckConstraint("(file_key IS NULL) = (file_name IS NULL)", name="file_with_a_name"),
        Index("ix_purchase_order_organization_id_number", "organization_id", "number"),
    )

    public_id: Mapped[str] = public_id_column()
    order_id: Mapped[int] = reference("customer_order.id", "CASCADE")
    organization_id: Mapped[int | None] = optional_reference(
        "organization.id", "SET NULL", index=False
    )
    number: Mapped[str] = mapped_column(String(80), index=True)
    amount_minor: Mapped[int | None] = mapped_column(default=None)
    file_key: Mapped[str | None] = mapped_column(String(200), default=None)
    file_name: Mapped[str | None] = mapped_column(String(200), default=None)
    received_at: Mapped[datetime]


class Quote(Numbered, kw_only=True):
    """A version of an order's quote; only the newest can be accepted (MONEY.md, M15)."""

    __tablename__ = "quote"
    __table_args__ = (
        UniqueConstraint("order_id", "version"),
        CheckConstraint("version >= 1", name="version_at_least_one"),
        CheckConstraint(
            "(accepted_at IS NULL) = (accepted_name IS NULL)", name="accepted_by_a_name"
        ),
        CheckConstraint(
            "superseded_at IS NULL OR accepted_at IS NULL", name="superseded_or_accepted"
        ),
    )

    order_id: Mapped[int] = mapped_column(ForeignKey("customer_order.id", ondelete="RESTRICT"))
    document_id: Mapped[int] = mapped_column(
        ForeignKey("document.id", ondelete="RESTRICT"), unique=True
    )
    version: Mapped[int]
    expires_at: Mapped[datetime]
    superseded_at: Mapped[datetime | None] = mapped_column(default=None)
    accepted_at: Mapped[datetime | None] = mapped_column(default=None)
    accepted_name: Mapped[str | None] = mapped_column(String(200), default=None)


class OrderLink(Numbered, kw_only=True):
    """An unguessable link to an order's payment page, for the person who pays; no account is needed.

    The token is derived from the secret key, the order and `number`, so that it can be emailed again;
    only its hash is stored. Creating a new link revokes the earlier ones.
    """

    __tablename__ = "order_link"
    __table_args__ = (
        UniqueConstraint("order_id", "number"),
        CheckConstraint("number >= 1", name="number_at_least_one"),
        CheckConstraint("length(token_hash) = 32", name="token_is_a_sha256"),
    )

    order_id: Mapped[int] = mapped_column(ForeignKey("customer_order.id", ondelete="CASCADE"))
    number: Mapped[int]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None] = mapped_column(default=None)
    last_opened_at: Mapped[datetime | None] = mapped_column(default=None)


class NamedPerson(Numbered, kw_only=True):
    """A person whom the buyer named for a seat of an order line; invited once its access is open."""

    __tablename__ = "named_person"
    __table_args__ = (UniqueConstraint("order_line_id", "email_key"),)

    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_line.id", ondelete="CASCADE"))
    email: Mapped[str] = mapped_column(String(320))
    email_key: Mapped[str] = mapped_column(String(320))
    name: Mapped[str] = mapped_column(String(200), default="")


class OrderSession(Numbered, kw_only=True):
    """A browser in which an order was placed without an account (PRODUCT.md, S15).

    It gives access to that order's purchases only, until it expires or the buyer's address is
    confirmed. Its secret is stored as its SHA-256.
    """

    __tablename__ = "order_session"
    __table_args__ = (
        UniqueConstraint("token_hash", "order_id"),
        CheckConstraint("length(token_hash) = 32", name="token_is_a_sha256"),
        CheckConstraint("expires_at > created_at", name="expires_after_creation"),
    )

    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    order_id: Mapped[int] = reference("customer_order.id", "CASCADE")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None] = mapped_column(default=None)


class OrderTakeover(Numbered, kw_only=True):
    """An order that an organization's managers can take over (PRODUCT.md, S16).

    Its buyer proved a mailbox in the organization's verified domain, but the order created another
    organization. `is_accepted` is the managers' answer, NULL until then.
    """

    __tablename__ = "order_takeover"
    __table_args__ = (
        CheckConstraint("(answered_at IS NULL) = (is_accepted IS NULL)", name="answered_at_a_time"),
        Index("ix_order_takeover_organization_id", "organization_id"),
    )

    public_id: Mapped[str] = public_id_column()
    order_id: Mapped[int] = mapped_column(
        ForeignKey("customer_order.id", ondelete="CASCADE"), unique=True
    )
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id", ondelete="CASCADE"))
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None] = mapped_column(default=None)
    is_accepted: Mapped[bool | None] = mapped_column(default=None)
